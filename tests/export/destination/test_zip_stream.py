"""The zip that is sent while it is read, by zipfile and Info-ZIP's unzip."""

from __future__ import annotations

import io
import shutil
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from migrate_core.errors import ExportError
from migrate_core.export.contents import files_of_dataset
from migrate_core.export.destination.zip_stream import zip_of
from migrate_core.export.journal import Journal, Written
from migrate_core.export.report.card import MADE_WITH, UNFINISHED_CARD
from tests.support.exports import Exportable, exportable

pytestmark = pytest.mark.usefixtures("plots_undrawn")
MB = 1_000_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


def dataset_of(folder: Path, sizes: dict[str, int]) -> Path:
    """A dataset whose files are holes of these sizes in bytes."""
    folder.mkdir()
    (folder / "dataset_card.md").write_text(f"# Dataset card\n\n{MADE_WITH}.\n")
    for name, size in sizes.items():
        with (folder / name).open("wb") as file:
            file.truncate(size)
    with Journal(folder) as journal:
        journal.note(Written("geotiff", "a", "0", tuple(sizes)))
    return folder


def test_it_holds_the_files_of_the_dataset_and_is_as_large_as_was_said(
    made: Exportable, tmp_path: Path
) -> None:
    made.export(tmp_path / "döse", "geotiff")
    found = zip_of(tmp_path / "döse")
    content = b"".join(found.pieces())
    assert len(content) == found.size_bytes
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        inside = {name: archive.read(name) for name in archive.namelist()}
    names = files_of_dataset(tmp_path / "döse")
    assert len(names) > len(made.pair_ids) * 4
    assert inside == {f"döse/{name}": (tmp_path / "döse" / name).read_bytes() for name in names}
    assert found.name == "döse.zip"
    path = tmp_path / "found.zip"
    path.write_bytes(content)
    if unzip := shutil.which("unzip"):
        subprocess.run([unzip, "-tqq", path], check=True)


@pytest.mark.parametrize("limit", [100, 1_000, 5_000, 20_000])
def test_its_size_is_right_where_zip64_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", limit)
    sizes = {f"{number}.tif": number * 97 for number in range(60)}
    found = zip_of(dataset_of(tmp_path / "out", sizes))
    content = b"".join(found.pieces())
    assert len(content) == found.size_bytes
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None


def kept_with_holes(pieces: Iterable[bytes], path: Path) -> Path:
    """The pieces as a file; what is empty becomes a hole again, so that the disk isn't filled."""
    with path.open("wb") as file:
        for piece in pieces:
            if piece.count(0) < len(piece):
                file.write(piece)
            else:
                file.seek(len(piece), io.SEEK_CUR)
    return path


def test_large_files_go_through_a_few_megabytes_of_memory(tmp_path: Path) -> None:
    found = zip_of(dataset_of(tmp_path / "out", {"a.tif": 60 * MB, "b.tif": 20 * MB}))
    tracemalloc.start()
    for _ in found.pieces():
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MB


@pytest.mark.slow
def test_a_file_and_an_offset_beyond_four_gigabytes_are_read_by_others(tmp_path: Path) -> None:
    sizes = {"a.tif": 4300 * MB, "b.tif": 5}
    found = zip_of(dataset_of(tmp_path / "out", sizes))
    path = kept_with_holes(found.pieces(), tmp_path / "found.zip")
    assert path.stat().st_size == found.size_bytes
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename.partition("/")[2]: entry for entry in archive.infolist()}
        assert {name: entries[name].file_size for name in sizes} == sizes
        assert entries["b.tif"].header_offset > 1 << 32
        assert archive.read(entries["b.tif"]) == bytes(5)
    if unzip := shutil.which("unzip"):
        subprocess.run([unzip, "-tqq", path, "*/b.tif"], check=True)


def test_an_unfinished_dataset_is_not_sent(tmp_path: Path) -> None:
    folder = dataset_of(tmp_path / "out", {"a.tif": 10})
    (folder / "dataset_card.md").write_text(UNFINISHED_CARD)
    with pytest.raises(ExportError, match="isn't finished"):
        zip_of(folder)
    with pytest.raises(ExportError, match="Export again"):
        zip_of(tmp_path / "elsewhere")


@pytest.mark.parametrize("change", ["longer", "shorter", "card"])
def test_a_dataset_that_changes_meanwhile_makes_no_whole_zip(tmp_path: Path, change: str) -> None:
    folder = dataset_of(tmp_path / "out", {"a.tif": 3 * MB, "b.tif": 3 * MB})
    pieces = zip_of(folder).pieces()
    sent = [next(pieces)]
    if change == "card":
        (folder / "dataset_card.md").write_text(UNFINISHED_CARD)
    else:
        size = 3 * MB + (1 if change == "longer" else -1)
        with (folder / "b.tif").open("r+b") as file:
            file.truncate(size)
    with pytest.raises(ExportError, match="was changed"):
        sent.extend(pieces)
    assert not zipfile.is_zipfile(io.BytesIO(b"".join(sent)))
