"""Adding masks as a whole: what folders hold beside masks."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate_core.masks.options import AddOptions
from migrate_core.masks.run import add
from migrate_core.model import named_problem
from migrate_core.session import Session
from migrate_core.settings import Settings
from tests.support.builders import labels, write_raster

PIXELS = labels("0012", "0112", "2222")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    opened = Session(Settings(workspace=tmp_path / "workspace"))
    yield opened
    opened.store.engine.dispose()


def zipped(path: Path, *files: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.write(file, file.name)
    return path


def rasters(folder: Path) -> list[Path]:
    names = ("a_20200203.tif", "b_20200203.tif")
    return [write_raster(folder / name, PIXELS) for name in names]


def test_a_zip_of_rasters_in_a_folder_is_named_and_the_masks_beside_it_are_added(
    session: Session, tmp_path: Path
) -> None:
    zipped(tmp_path / "m" / "deep.zip", *rasters(tmp_path / "elsewhere"))
    write_raster(tmp_path / "m" / "c_20200203.tif", PIXELS)
    added = add(session, [tmp_path / "m"], AddOptions())
    assert [mask.name for mask in added.masks] == ["c_20200203.tif"]
    assert [named_problem(one) for one in added.refused] == [
        "deep.zip: this zip in a folder isn't unpacked; it holds 2 files that may be masks. "
        "Unzip it there, or add the zip by itself."
    ]


def test_a_folder_with_nothing_but_a_zip_of_rasters_says_what_to_do(
    session: Session, tmp_path: Path
) -> None:
    zipped(tmp_path / "m" / "all.ZIP", *rasters(tmp_path / "elsewhere"))
    added = add(session, [tmp_path / "m"], AddOptions())
    assert not added.masks
    assert "add the zip by itself" in added.refused[0].message


def test_a_zip_of_rasters_that_is_named_itself_is_read(session: Session, tmp_path: Path) -> None:
    path = zipped(tmp_path / "m" / "all.zip", *rasters(tmp_path / "elsewhere"))
    added = add(session, [path], AddOptions())
    assert [mask.name for mask in added.masks] == ["a_20200203.tif", "b_20200203.tif"]
    assert not added.refused


def test_a_zip_without_masks_in_a_folder_is_passed_over(session: Session, tmp_path: Path) -> None:
    (note := tmp_path / "note.txt").write_text("no mask")
    write_raster(tmp_path / "m" / "c_20200203.tif", PIXELS)
    zipped(tmp_path / "m" / "notes.zip", note)
    assert not add(session, [tmp_path / "m"], AddOptions()).refused
