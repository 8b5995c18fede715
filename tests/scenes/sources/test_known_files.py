"""What was found on disk is known by the stamps of its files: unchanged files aren't read again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from migrate_core.errors import JobCancelledError
from migrate_core.model import Problem, Scene, SearchResult
from migrate_core.scenes.sources.local import LocalSource, known, walk
from migrate_core.scenes.sources.protocol import SceneRequest
from tests.support.builders import (
    Safe,
    stac_item,
    write_catalogue,
    write_item,
    write_metadata,
    write_safe,
    zipped,
)
from tests.support.product_forms import neighbours, write_old

DAYS = [f"202001{day:02}T104351" for day in range(1, 7)]
ANYWHERE = SceneRequest((-180, -90, 180, 90), date.min, date.max, "L2A")


@pytest.fixture(autouse=True)
def old_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of this moment count, which otherwise are too young to be known by their stamps."""
    monkeypatch.setattr(known, "_SETTLED_NS", -3_600_000_000_000)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the JSON files and products that are read, in their order."""
    names: list[str] = []

    def counted(function: Callable[[Path], object]) -> Callable[[Path], object]:
        def call(path: Path) -> object:
            names.append(path.name)
            return function(path)

        return call

    for name in ("_read_json", "find_granules"):
        monkeypatch.setattr(walk, name, counted(getattr(walk, name)))
    return names


def catalogue(folder: Path) -> list[Path]:
    """A static catalogue of some items; their files."""
    items = [stac_item(Safe(sensed=day)) for day in DAYS]
    for item in items:
        write_item(folder, item)
    names = [f"{item['id']}/{item['id']}.json" for item in items]
    write_catalogue(folder, *(f"./{name}" for name in names))
    return [folder / name for name in names]


def products(folder: Path) -> list[Path]:
    """Products as directories, one as a zip, one of several granules."""
    found = [write_metadata(folder, Safe(sensed=day)) for day in DAYS[:2]]
    found.append(zipped(write_metadata(folder, Safe(sensed=DAYS[2]))))
    write_old(folder / "old", neighbours())
    return found


def search(folder: Path, kept: Path, request: SceneRequest = ANYWHERE) -> SearchResult:
    return LocalSource(folder).remembering(kept, refresh=False).search(request)


def exactly(scenes: tuple[Scene, ...]) -> list[tuple[object, ...]]:
    """Scenes with the coordinates of their footprints as they are."""
    return [(replace(s, footprint=None), s.footprint.wkb) for s in scenes]  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [catalogue, products])
@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_a_second_search_reads_nothing_and_finds_the_same(
    tmp_path: Path, read: list[str], make: Callable[[Path], list[Path]], level: str
) -> None:
    make(tmp_path / "scenes")
    request = replace(ANYWHERE, level=level)
    without = LocalSource(tmp_path / "scenes").search(request)
    first = search(tmp_path / "scenes", tmp_path / "known", request)
    assert len(read) > len(DAYS) - 2
    read.clear()
    second = search(tmp_path / "scenes", tmp_path / "known", request)
    assert read == []
    assert exactly(without.scenes) == exactly(first.scenes) == exactly(second.scenes)
    assert second.problems == ()


def test_only_what_changed_is_read_again(tmp_path: Path, read: list[str]) -> None:
    items = catalogue(tmp_path / "scenes")
    search(tmp_path / "scenes", tmp_path / "known")
    read.clear()
    # As long as before, and with the time of writing of before: only its inode tells.
    status, text = items[1].stat(), items[1].read_text()
    changed = text.replace(":51", ":52")
    assert changed != text
    items[1].write_text(changed)
    os.utime(items[1], ns=(status.st_atime_ns, status.st_mtime_ns))
    items[2].unlink()
    found = search(tmp_path / "scenes", tmp_path / "known")
    assert sorted(read) == sorted([items[1].name, items[2].name])
    assert exactly(found.scenes) == exactly(
        LocalSource(tmp_path / "scenes").search(ANYWHERE).scenes
    )
    assert [problem.item for problem in found.problems] == [items[2].name]
    assert sorted(scene.sensed_at.second for scene in found.scenes) == [51, 51, 51, 51, 52]


def test_new_and_removed_items_are_noticed(tmp_path: Path, read: list[str]) -> None:
    folder = tmp_path / "scenes"
    items = catalogue(folder)
    search(folder, tmp_path / "known")
    new = stac_item(Safe(sensed="20200320T104351"))
    write_item(folder, new)
    hrefs = [f"./{path.parent.name}/{path.name}" for path in items[1:]]
    write_catalogue(folder, *hrefs, f"./{new['id']}/{new['id']}.json")
    read.clear()
    found = search(folder, tmp_path / "known")
    assert sorted(read) == sorted(["catalog.json", f"{new['id']}.json"])
    assert [scene.sensed_at.month for scene in found.scenes] == [1] * (len(DAYS) - 1) + [3]


def test_a_product_with_other_metadata_or_files_is_read_again(
    tmp_path: Path, read: list[str]
) -> None:
    folder = tmp_path / "scenes"
    first, second, _ = products(folder)
    search(folder, tmp_path / "known")
    read.clear()
    metadata = next(first.glob("MTD_MSI*.xml"))
    metadata.write_text(metadata.read_text() + "\n")
    (next(second.glob("GRANULE/*")) / "more.xml").write_text("<a/>")
    search(folder, tmp_path / "known")
    assert sorted(read) == sorted([first.name, second.name])
    read.clear()
    shutil.rmtree(first)
    assert len(search(folder, tmp_path / "known").scenes) == 2
    assert read == []


def test_a_product_whose_place_its_pixels_tell_is_known_by_their_stamps(
    tmp_path: Path, read: list[str]
) -> None:
    product = write_safe(tmp_path / "scenes", Safe(sensed=DAYS[0]))
    for metadata in product.rglob("MTD_*.xml"):
        metadata.unlink()
    search(tmp_path / "scenes", tmp_path / "known")
    read.clear()
    search(tmp_path / "scenes", tmp_path / "known")
    assert read == []
    band = next(product.rglob("*B02*.jp2"))
    os.utime(band, ns=(1, 1))
    search(tmp_path / "scenes", tmp_path / "known")
    assert read == [product.name]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\x00", b"[]", b"{}", b'{"form": 1, "paths": ["a"]}', None]
)
def test_a_damaged_file_of_what_is_known_is_made_again(
    tmp_path: Path, read: list[str], content: bytes | None
) -> None:
    catalogue(tmp_path / "scenes")
    expected = search(tmp_path / "scenes", tmp_path / "known").scenes
    (file,) = (tmp_path / "known").iterdir()
    whole = file.read_bytes()
    cut = whole.replace(b'"cloud_percent": [', b'"cloud_percent": [1, ')
    file.write_bytes(cut if content is None else content)
    read.clear()
    found = search(tmp_path / "scenes", tmp_path / "known")
    assert exactly(found.scenes) == exactly(expected)
    assert len(read) == len(DAYS) + 1
    assert file.read_bytes() == whole


def test_refresh_reads_everything_again(tmp_path: Path, read: list[str]) -> None:
    catalogue(tmp_path / "scenes")
    search(tmp_path / "scenes", tmp_path / "known")
    read.clear()
    source = LocalSource(tmp_path / "scenes").remembering(tmp_path / "known", refresh=True)
    assert len(source.search(ANYWHERE).scenes) == len(DAYS)
    assert len(read) == len(DAYS) + 1


def test_what_was_written_just_now_is_read_again(
    tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "_SETTLED_NS", 3_600_000_000_000)
    catalogue(tmp_path / "scenes")
    for _ in range(2):
        read.clear()
        search(tmp_path / "scenes", tmp_path / "known")
        assert len(read) == len(DAYS) + 1


def test_a_search_that_is_cancelled_keeps_what_it_read(tmp_path: Path, read: list[str]) -> None:
    first, second, zipped_product = products(tmp_path / "scenes")

    def cancel(finished: int, total: int) -> None:
        if finished == total - 1:
            raise JobCancelledError("cancelled")

    with pytest.raises(JobCancelledError):
        search(tmp_path / "scenes", tmp_path / "known", replace(ANYWHERE, progress=cancel))
    assert {first.name, second.name} <= set(read)
    before, _ = set(read), read.clear()
    search(tmp_path / "scenes", tmp_path / "known")
    assert set(read).isdisjoint(before)
    assert zipped_product.name in before | set(read)


def test_a_problem_is_told_each_time(tmp_path: Path) -> None:
    items = catalogue(tmp_path / "scenes")
    items[0].write_text("{")
    for _ in range(2):
        (problem,) = search(tmp_path / "scenes", tmp_path / "known").problems
        assert problem == Problem(items[0].name, problem.message)
        assert "STAC JSON" in problem.message
