"""The notebook way: what `import migrate_core` gives, and the page of the documentation, run."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import rasterio

import migrate_core
from migrate_core import notebook
from tests.support.pairs import Safe, checkered, placed, write_mask, write_safe

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "notebook.md"


def run_script(folder: Path, source: str) -> str:
    """Run source text as a file in a folder, as a person would; what it prints."""
    script = folder / "script.py"
    script.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def blocks_of(page: Path) -> str:
    """The Python of a page, one block after the other."""
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S))


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> migrate_core.Session:
    monkeypatch.chdir(tmp_path)
    return migrate_core.open_workspace("work")


@pytest.fixture
def searched(ws: migrate_core.Session) -> migrate_core.Session:
    """A workspace with one mask and its scene."""
    write_mask(Path("masks/20200202_lake.tif"), checkered(8, 4), placed(2, 3, 10))
    write_safe(Path("scenes"), Safe(cloud_percent=1.5))
    migrate_core.add_masks(ws, ["masks"])
    assert migrate_core.search_scenes(ws, ["local:scenes"]) == ()
    return ws


def test_the_import_of_the_package_loads_nothing_else_of_it(tmp_path: Path) -> None:
    loaded = run_script(
        tmp_path,
        "import sys, migrate_core\n"
        "print([name for name in sys.modules if name.startswith(('migrate_core.', 'numpy'))])",
    )

    assert loaded.strip() == "[]"


def test_the_package_gives_what_the_module_gives() -> None:
    assert set(migrate_core.__all__) == {*notebook.__all__, "__version__"}
    for name in notebook.__all__:
        assert getattr(migrate_core, name) is getattr(notebook, name)
    assert set(migrate_core.__all__) <= set(dir(migrate_core))
    with pytest.raises(AttributeError, match="no attribute 'add_mask'"):
        _ = migrate_core.add_mask


def test_all_functions_have_an_example() -> None:
    functions = [getattr(notebook, name) for name in notebook.__all__ if name[0].islower()]

    assert len(functions) == 13
    for function in functions:
        assert f"migrate_core.{function.__name__}(" in (function.__doc__ or "")


def test_masks_are_added_with_an_image_and_a_date(ws: migrate_core.Session) -> None:
    for folder in ("masks", "images"):
        write_mask(Path(folder) / "lake.tif", checkered(8, 4), placed(2, 3, 10))

    added = migrate_core.add_masks(ws, "masks", image="images", date="2020-02-02")

    (row,) = migrate_core.list_masks(ws)
    assert row["mask_id"] == added.masks[0].mask_id
    assert row["acquired"] == "2020-02-02"
    assert row["image"] == str(Path("images/lake.tif").absolute())
    assert (added.refused, added.problems) == ((), ())


def test_what_cannot_be_used_is_in_the_result_and_stops_nothing(ws: migrate_core.Session) -> None:
    write_mask(Path("masks/20200202_lake.tif"), checkered(8, 4), placed(2, 3, 10))
    Path("masks/broken.tif").write_bytes(b"II*\0 and no more")

    added = migrate_core.add_masks(ws, ["masks"])

    assert {mask.name: mask.state for mask in added.masks} == {
        "20200202_lake.tif": "ready",
        "broken.tif": "problem",
    }
    assert [problem.item for problem in added.problems] == ["broken.tif"]


def test_wrong_use_is_an_error_with_a_sentence(searched: migrate_core.Session) -> None:
    ws = searched
    with pytest.raises(migrate_core.WrongUseError, match=r"^nowhere is not there\."):
        migrate_core.add_masks(ws, "nowhere")
    with pytest.raises(migrate_core.WrongUseError, match="No source is named"):
        migrate_core.search_scenes(ws, [])
    with pytest.raises(migrate_core.WrongUseError, match="is not a candidate of"):
        migrate_core.select_scene(ws, migrate_core.list_scenes(ws)[0]["mask_id"], "S2X")
    with pytest.raises(migrate_core.WrongUseError, match="'lake' is no mask; `masks list`"):
        migrate_core.select_scene(ws, "lake", "S2X")
    with pytest.raises(migrate_core.WrongUseError, match="'accepted' is no verdict"):
        migrate_core.decide(ws, "p", "accepted")
    with pytest.raises(migrate_core.WrongUseError, match="'accept' is no choice of pairs"):
        migrate_core.export_dataset(ws, "dataset", include="accept")


def test_a_search_without_an_answer_keeps_what_was_found(searched: migrate_core.Session) -> None:
    before = migrate_core.list_scenes(searched)
    Path("empty").mkdir()

    with pytest.raises(migrate_core.MigrateError, match="empty"):
        migrate_core.search_scenes(searched, ["local:empty"])

    assert migrate_core.list_scenes(searched) == before


def test_progress_goes_to_whoever_wants_it(searched: migrate_core.Session) -> None:
    heard: list[tuple[str, int, int]] = []
    ws = migrate_core.open_workspace("work", lambda *report: heard.append(report))

    migrate_core.search_scenes(ws, ["local:scenes"])

    assert heard[-1] == ("search", 100, 100)


@pytest.mark.slow
def test_decided_pairs_are_not_set_aside_unasked(searched: migrate_core.Session) -> None:
    assert migrate_core.make_pairs(searched, workers=1).made == 1
    (pair,) = migrate_core.list_pairs(searched)
    decided = migrate_core.decide(searched, pair["pair_id"], "accept", reviewer="ann")
    assert (decided.decision, decided.reviewers) == ("accepted", ("ann",))
    other = migrate_core.PairParameters(ignore_rim_m=10.0)

    with pytest.raises(migrate_core.WrongUseError, match="set_aside=True"):
        migrate_core.make_pairs(searched, other, workers=1)
    assert len(migrate_core.list_pairs(searched)) == 1

    assert migrate_core.make_pairs(searched, other, workers=1, set_aside=True).made == 1
    assert migrate_core.undo(searched, pair["pair_id"], reviewer="ann").decision is None


@pytest.mark.slow
def test_the_page_of_the_documentation_makes_the_dataset_it_promises(tmp_path: Path) -> None:
    source = blocks_of(PAGE)
    assert len([line for line in source.splitlines() if line.strip()]) <= 20

    printed = run_script(tmp_path, source)

    dataset = tmp_path / "my_dataset"
    with (dataset / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert {row["decision"] for row in rows} == {"accepted"}
    assert f"{len(rows)} pairs are in my_dataset" in printed
    for row in rows:
        with rasterio.open(dataset / "images" / f"{row['pair_id']}.tif") as image:
            assert image.descriptions[:4] == ("B01", "B02", "B03", "B04")
        assert (dataset / "labels" / f"{row['pair_id']}.tif").is_file()
    assert "Contains modified Copernicus Sentinel data" in (dataset / "dataset_card.md").read_text()
