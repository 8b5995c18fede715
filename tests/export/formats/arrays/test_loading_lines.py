"""The line that a format says loads it does so."""

from __future__ import annotations

from glob import glob
from pathlib import Path
from typing import Any

import datasets
import pytest
import webdataset
import xarray

from migrate_core.export.formats.registry import format_named
from migrate_core.export.request import ChipOptions
from tests.support.exports import exportable

pytestmark = [
    pytest.mark.usefixtures("plots_undrawn"),
    # webdataset leaves closing the files that it reads to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]


def test_the_lines_that_are_named_load_the_formats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    made = exportable(tmp_path / "made")
    names = ("huggingface", "webdataset", "zarr")
    made.export(tmp_path / "out", *names, chips=ChipOptions(32, 32))
    known = {"datasets": datasets, "glob": glob, "webdataset": webdataset, "xarray": xarray}
    loaded: dict[str, Any] = {}
    for name in names:
        line = format_named(name).loads.replace("DEST", str(tmp_path / "out"))
        loaded[name] = eval(line, known)
    counts = (
        len(loaded["huggingface"]["train"]),
        len(list(loaded["webdataset"])),
        loaded["zarr"].sizes["sample"],
    )
    loaded["zarr"].close()
    assert counts == (20, 20, 20)
