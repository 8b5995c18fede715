"""Masks over the product, and workspaces in which they were added and searched for."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from benchmarks.speed.data.product import CRS, NORTH, RESOLUTION, WEST
from benchmarks.speed.measuring.cost import REPOSITORY

DATE = "2021-06-12"
Window = tuple[int, int, int, int]


def write_mask(path: Path, column: float, row: float, size_m: float, degrees: float = 12) -> Path:
    """A mask of 3 m pixels whose middle is at (column, row) of the 10 m grid, turned."""
    pixels = round(size_m / 3)
    transform = (
        Affine.translation(WEST + 10 * column, NORTH - 10 * row)
        @ Affine.rotation(degrees)
        @ Affine.scale(3, -3)
        @ Affine.translation(-pixels / 2, -pixels / 2)
    )
    rows, columns = np.mgrid[:pixels, :pixels] - pixels / 2
    labels = (np.hypot(rows, columns) < pixels / 3).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint8", count=1, width=pixels, height=pixels, crs=CRS,
        transform=transform, compress="deflate",
    ) as dataset:  # fmt: skip
        dataset.write(labels, 1)
    return path


def outline(path: Path) -> list[tuple[float, float]]:
    """The corners of a mask in its CRS, closed."""
    with rasterio.open(path) as mask:
        corners = [(0, 0), (mask.width, 0), (mask.width, mask.height), (0, mask.height), (0, 0)]
        return [mask.transform @ corner for corner in corners]


def band_windows(column: int, row: int, width: int, height: int) -> dict[str, Window]:
    """The pixels of each band that a window of 10 m pixels is made of bilinearly."""
    found = {}
    for band, resolution in RESOLUTION.items():
        factor = resolution // 10
        reach = 0 if factor == 1 or band == "SCL" else 1
        left, top = column // factor - reach, row // factor - reach
        right = math.ceil((column + width) / factor) + reach
        bottom = math.ceil((row + height) / factor) + reach
        found[band] = (left, top, right - left, bottom - top)
    return found


def prepared(root: Path, masks: Sequence[Path], scenes: Path) -> Path:
    """A workspace with the masks, each with a selected scene; made by the command line."""
    migrate(root, "masks", "add", *masks, "--date", DATE)
    migrate(root, "scenes", "search", "--source", f"local:{scenes}")
    return root


def migrate(root: Path, *words: object, environment: Mapping[str, str] | None = None) -> str:
    """A command, not measured. Raises CalledProcessError."""
    command = [sys.executable, "-m", "migrate_core", "--workspace", root, *words, "--json"]
    done = subprocess.run(
        list(map(str, command)), cwd=REPOSITORY, check=True, capture_output=True, text=True,
        env=environment,
    )  # fmt: skip
    return done.stdout
