"""What the command line loads before it knows what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from migrate_core.cli import cli
from migrate_core.cli.lazy import LazyGroup
from migrate_core.pairs.run.options import RunOptions
from tests.support.imports import loaded_after
from tests.support.pairs import Safe, numbered_masks, prepare, write_safe

# Each takes a tenth of a second to a whole one, and only few commands need it.
LATER = (
    "PIL",
    "boto3",
    "dask",
    "geopandas",
    "jinja2",
    "matplotlib",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyogrio",
    "pystac",
    "rasterio",
    "requests",
    "scipy",
    "sentinelsat",
    "streamlit",
)


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--help"], ["status"], ["pairs", "list"]])
def test_it_starts_without_what_few_commands_need(words: list[str], tmp_path: Path) -> None:
    words = ["--workspace", str(tmp_path), *words]
    loaded, _ = loaded_after(_command(words), LATER)
    assert loaded == set()


def _command(words: list[str]) -> str:
    return f"import migrate_core.cli; migrate_core.cli.cli({words}, standalone_mode=False)"


# What a pair of a product on disk that was read before needs nothing of: processes of their own,
# services, other databases, bars for a terminal, and what takes longer to import than it to make.
_FOR_OTHER_PAIRS = (
    "distributed",
    "pandas",
    "rich",
    "scipy.linalg",
    "scipy.ndimage",
    "scipy.sparse",
    "scipy.special",
    "sqlalchemy.dialects.postgresql",
    "streamlit",
)


@pytest.mark.slow
def test_one_more_pair_of_a_product_loads_nothing_for_other_pairs(tmp_path: Path) -> None:
    write_safe(tmp_path / "scenes", Safe())
    case = prepare(
        tmp_path / "workspace", numbered_masks(tmp_path / "masks", 2), tmp_path / "scenes"
    )
    assert case.make(RunOptions(workers=1, masks=frozenset([case.store.masks()[0].mask_id]))).made
    words = ["--workspace", str(case.workspace.root), "pairs", "make", "--yes", "--json"]
    loaded, said = loaded_after(_command(words), _FOR_OTHER_PAIRS)
    assert "1 pairs made, 0 failed, 1 already there." in said
    assert "pairs 2/2" in said.splitlines()
    assert loaded == set()


def test_help_says_of_each_command_what_the_command_says_of_itself() -> None:
    pairs = cli.lazy["pairs"].load()
    assert isinstance(pairs, LazyGroup)
    described = [(group, name) for group in (cli, pairs) for name in group.lazy]
    for group, name in described:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        said = group.lazy[name].help
        assert said == ("" if command.hidden else said)
        own = " ".join((command.help or "").split())
        assert command.hidden or own.startswith(said.rstrip(".")), name


def test_a_command_that_is_not_there_is_named() -> None:
    found = CliRunner().invoke(cli, ["pear"])
    assert (found.exit_code, "No such command 'pear'" in found.output) == (2, True)


def test_an_interrupt_while_it_starts_ends_without_a_traceback() -> None:
    code = """
import sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == "migrate_core.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from migrate_core.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", "Aborted!")
