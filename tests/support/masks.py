"""Odd mask files with known answers, and the shortest way to what becomes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from click.testing import CliRunner
from numpy.typing import NDArray

from migrate_core.cli import cli
from migrate_core.masks.options import AddOptions
from migrate_core.masks.raster.content import read_labels
from migrate_core.masks.register.describe import with_content, with_header
from migrate_core.masks.register.sidecars import Finder
from migrate_core.model import Mask
from tests.support.builders import north_up, write_raster

NAME = "20200120_mask.tif"
NOW = datetime(2024, 6, 30, tzinfo=UTC)
# A rectangle of class 1 on background, of no symmetry.
PIXELS: NDArray[np.uint8] = np.zeros((20, 30), np.uint8)
PIXELS[5:15, 8:20] = 1


def inspected(path: Path, options: AddOptions) -> Mask:
    """Everything about one mask file, as `masks add` finds it in two steps."""
    return with_content(with_header(Finder(options).sidecars(path.absolute()), options))


def added(path: Path, **options: Any) -> Mask:
    """The mask of a file with these options."""
    return inspected(path, AddOptions(now=NOW, **options))


def good(path: Path, **options: Any) -> Mask:
    """The mask of a file that must have no problem."""
    mask = added(path, **options)
    assert mask.problem is None
    return mask


def labels_of(path: Path, **options: Any) -> NDArray[np.uint8]:
    """The labels of a file that must have no problem, as a pair would take them."""
    return read_labels(good(path, **options))


def problem_of(path: Path, **options: Any) -> str:
    """What is wrong with a file, which names it."""
    mask = added(path, **options)
    assert mask.problem is not None
    assert mask.state == "problem"
    return mask.problem


def world_file(path: Path, transform: Affine | None = None) -> Path:
    """The six numbers of ESRI's format: steps, then the centre of the first pixel."""
    transform = transform or north_up()
    x, y = transform @ (0.5, 0.5)
    numbers = (transform.a, transform.d, transform.b, transform.e, x, y)
    path.write_text("".join(f"{number:.12f}\n" for number in numbers))
    return path


def image(folder: Path, name: str = "image.tif", **options: Any) -> Path:
    """A source image with the pixels of PIXELS and three bands."""
    return write_raster(folder / name, np.stack([PIXELS + 10, PIXELS + 20, PIXELS + 30]), **options)


@dataclass(frozen=True)
class Answer:
    """What a command gave: its exit status, its document, and what it said."""

    status: int
    document: Any
    said: str


def run(workspace: Path, *arguments: object) -> Answer:
    """Run a command; anything but an orderly end is raised."""
    result = CliRunner().invoke(cli, ["--workspace", str(workspace), *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    document = json.loads(result.stdout) if "--json" in map(str, arguments) else None
    return Answer(result.exit_code, document, result.stderr)
