"""For tests of formats that hold samples as arrays: what is in a chip, by rasterio and numpy alone,
and exports that are killed.
"""

from __future__ import annotations

import hashlib
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.exports import Exportable
from tests.support.requirements import REPOSITORY

_OUTSIDE = {"image": 0, "label": 255, "fractions": 0, "quality": 1}
_KILLED = """
import os, signal, sys
from pathlib import Path
from migrate_core.export import dataset
from migrate_core.export.formats.arrays import shards, zarr_layout
from migrate_core.export.request import ChipOptions, ExportRequest, PixelOptions
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace

root, destination, form, after, limit, values, label = sys.argv[1:]
shards.SHARD_BYTES = zarr_layout.SHARD_BYTES = int(limit)
workspace = Workspace(Path(root))
request = ExportRequest(
    Path(destination), formats=(form,), chips=ChipOptions(32, 32),
    pixels=PixelOptions(values=values, label=label),
)
count = 0
def reader(content, sample, read=dataset.Content.pixels):
    global count
    count += 1
    if count > int(after):
        os.kill(os.getpid(), signal.SIGKILL)
    return read(content, sample)
dataset.Content.pixels = reader
dataset.export_dataset(open_store(workspace), workspace, request, lambda *_: None)
"""


def chip(made: Exportable, sample_id: str, name: str, size: int) -> NDArray[Any]:
    """The pixels of a chip, (bands, size, size), as its pair's file and its id say."""
    found = re.fullmatch(r"(.+)_r(\d+)_c(\d+)", sample_id)
    assert found is not None
    top, left = int(found[2]), int(found[3])
    full = made.read(found[1], name)
    part = full[:, top : top + size, left : left + size]
    expected = np.full((len(full), size, size), _OUTSIDE[name], full.dtype)
    expected[:, : part.shape[1], : part.shape[2]] = part
    return expected


def pixels_equal(
    made: Exportable, sample_id: str, name: str, found: NDArray[Any], size: int
) -> bool:
    """Whether an array of a sample has each pixel of the pair and the pair's data type."""
    expected = chip(made, sample_id, name, size)
    expected = expected[0] if name in ("label", "quality") else expected
    return found.dtype == expected.dtype and np.array_equal(found, expected)


def export_killed(
    made: Exportable,
    destination: Path,
    form: str,
    after: int,
    limit: int,
    values: str = "uint16",
    label: str = "hard",
) -> None:
    """Export in a process that is killed when it wants the pixels of one more sample."""
    root = made.workspace.root
    given = [root, destination, form, after, limit, values, label]
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, *map(str, given)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def digests(folder: Path) -> dict[str, str]:
    """The digest of each file by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
