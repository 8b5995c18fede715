"""Adding many masks: headers first, again, after a kill, and over a worker that dies."""

import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from migrate_core.errors import JobCancelledError
from migrate_core.masks.checks import FILE
from migrate_core.masks.dates.patterns import compile_pattern
from migrate_core.masks.options import AddOptions, ClassEntry
from migrate_core.masks.register import rasters as adding
from migrate_core.masks.register.describe import with_content, with_header
from migrate_core.masks.register.edit import MaskEdit, edited, store_edits
from migrate_core.masks.register.rasters import read_pending, register_headers
from migrate_core.masks.register.sidecars import Sidecars
from migrate_core.model import Acquired, Mask
from migrate_core.store.base import Store, open_store
from migrate_core.store.masks import any_pending, pending_masks
from migrate_core.workspace import Workspace
from tests.support.builders import north_up, write_raster
from tests.support.masks import NOW, PIXELS, image, run

DAY = Acquired.parse("2020-02-02")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Workspace(tmp_path / "workspace"))
    yield opened
    opened.engine.dispose()


def silent(finished: int, total: int) -> None:
    """Progress that nobody looks at."""


def headers(store: Store, *files: Path | tuple[Path, ...], **options: Any) -> list[str]:
    groups = [file if isinstance(file, tuple) else (file,) for file in files]
    return list(register_headers(store, groups, AddOptions(now=NOW, **options), silent).mask_ids)


def add(store: Store, *files: Path, **options: Any) -> list[Mask]:
    ids = headers(store, *files, **options)
    read_pending(store, silent)
    known = {mask.mask_id: mask for mask in store.masks()}
    return [known[mask_id] for mask_id in ids]


def many(folder: Path, count: int) -> list[Path]:
    """Masks of different content, named so that their order isn't that of their ids."""
    return [
        write_raster(
            folder / f"{count - number:03}_20200202.tif",
            np.array([[0, 1], [number % 9 + 1, number // 9 + 1]], np.uint8),
            transform=north_up(482_820 + 30 * number),
        )
        for number in range(count)
    ]


# headers first


def test_a_header_is_listed_before_the_pixels_are_read(store: Store, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a_20200202.tif", PIXELS)
    headers(store, path)
    [mask] = store.masks()
    assert mask.pending
    assert (mask.classes.stored, mask.footprint) == (None, None)
    assert (mask.width, mask.height, mask.state) == (30, 20, "ready")
    assert mask.extent is not None
    [read] = read_pending(store, silent)
    assert store.masks() == [read]
    assert read.classes.stored == {"0": 0, "1": 1}
    assert not any_pending(store)
    assert read_pending(store, silent) == []


def test_ids_come_in_the_order_of_the_files(store: Store, tmp_path: Path) -> None:
    paths = many(tmp_path / "m", 5)
    assert [Path(mask.path) for mask in add(store, *paths[::-1])] == paths[::-1]


@pytest.mark.parametrize("command", ["add", "geocode", "search"])
def test_what_a_kill_left_unread_is_read_by_the_next_command(
    store: Store, tmp_path: Path, command: str
) -> None:
    headers(store, *many(tmp_path / "m", 3))
    assert len(pending_masks(store)) == 3
    arguments: dict[str, Sequence[object]] = {
        "add": ("masks", "add", write_raster(tmp_path / "x_20200202.tif", PIXELS)),
        "geocode": ("masks", "geocode", tmp_path / "out"),
        "search": ("scenes", "search", "--source", f"local:{tmp_path / 'm'}"),
    }
    run(tmp_path / "workspace", *arguments[command])
    assert not any_pending(store)
    assert all(mask.classes.stored for mask in store.masks())


def test_pairs_finish_what_a_kill_left_unread(store: Store, tmp_path: Path) -> None:
    headers(store, *many(tmp_path / "m", 2))
    answer = run(tmp_path / "workspace", "pairs", "make")
    assert answer.status == 2  # no scene was searched for
    assert not any_pending(store)


def test_stopping_keeps_what_was_read(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "_BATCH", 2)

    def stop(finished: int, total: int) -> None:
        if finished >= 4:
            raise JobCancelledError("stopped")

    paths = many(tmp_path / "m", 9)
    groups = [(path,) for path in paths]
    with pytest.raises(JobCancelledError):
        register_headers(store, groups, AddOptions(now=NOW), stop)
    assert len(store.masks()) == 4
    headers(store, *paths)
    with pytest.raises(JobCancelledError):
        read_pending(store, stop)
    assert len(pending_masks(store)) == 5


@pytest.mark.workers
@pytest.mark.slow
def test_many_are_read_in_batches_and_come_in_their_order(store: Store, tmp_path: Path) -> None:
    paths = many(tmp_path / "m", 65)  # more than one batch
    found = add(store, *paths)
    assert [mask.path for mask in found] == [str(path) for path in paths]
    for number, mask in enumerate(found):
        expected = {0, 1, number % 9 + 1, number // 9 + 1}
        assert mask.classes.stored == {str(value): value for value in sorted(expected)}


def die_over_the_third(mask: Mask) -> Mask:
    """Stands in for a library that crashes over one file."""
    if mask.name.startswith("003"):
        os.kill(os.getpid(), signal.SIGKILL)
    return with_content(mask)


def contents_with_a_crash(masks: Sequence[Mask]) -> list[Mask]:
    return [die_over_the_third(mask) for mask in masks]


@pytest.mark.workers
@pytest.mark.slow
def test_a_worker_that_dies_is_the_problem_of_the_file_it_died_over(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "_BATCH", 3)
    monkeypatch.setattr(adding, "read_contents", contents_with_a_crash)
    headers(store, *many(tmp_path / "m", 7))
    read_pending(store, silent)
    states = {mask.name[:3]: mask.state for mask in store.masks()}
    assert states == {f"{n:03}": "problem" if n == 3 else "ready" for n in range(1, 8)}
    assert "died over it" in str(store.masks()[2].problem)
    assert not any_pending(store)


def test_pixels_that_do_not_fit_into_memory_are_the_problem_of_their_file(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(mask: Mask) -> None:
        raise MemoryError

    monkeypatch.setattr("migrate_core.masks.register.describe.read_content", too_much)
    item = Sidecars(write_raster(tmp_path / "a_20200202.tif", PIXELS))
    assert "memory" in str(with_content(with_header(item, AddOptions(now=NOW))).problem)


# again


def test_what_options_said_is_kept_when_the_same_file_is_added_again(
    store: Store, tmp_path: Path
) -> None:
    path = write_raster(
        tmp_path / "a.tif", PIXELS * np.float32(0.4), crs=None, transform=north_up()
    )
    udm = write_raster(tmp_path / "udm.tif", PIXELS)
    said: dict[str, Any] = {
        "crs": "EPSG:32631",
        "threshold": 0.3,
        "date": DAY,
        "udm": udm,
        "image": image(tmp_path),
        "classes": (ClassEntry(1, "water", "#0000ff"),),
    }
    [first] = add(store, path, **said)
    assert first.problem is None
    [again] = add(store, path)
    assert replace(again, user_set=tuple(sorted(again.user_set))) == first


def test_colours_that_were_said_are_kept(store: Store, tmp_path: Path) -> None:
    table = np.array([[0, 0, 0], [200, 10, 10]], np.uint8)
    path = write_raster(tmp_path / "20200202.tif", np.moveaxis(table[PIXELS], -1, 0))
    entries = (ClassEntry(0, None, "#000000"), ClassEntry(1, "mine", "#c80a0a"))
    [first] = add(store, path, classes=entries)
    assert first.problem is None
    [again] = add(store, path)
    assert again == first


def test_what_is_said_anew_takes_effect(store: Store, tmp_path: Path) -> None:
    bands = np.where(PIXELS, 0.6, 0.4).astype(np.float32)
    path = write_raster(tmp_path / "a.tif", bands)
    [one] = add(store, path, threshold=0.5, date=DAY, classes=(ClassEntry(1, "water"),))
    assert one.classes.pixels == {"0": 480, "1": 120}
    [two] = add(
        store,
        path,
        threshold=0.3,
        date=Acquired.parse("2021-01-01"),
        classes=(ClassEntry(1, "lake"),),
    )
    assert two.mask_id == one.mask_id
    assert two.classes.pixels == {"1": 600}
    assert str(two.acquired) == "2021-01-01"
    assert two.classes.names == {"1": "lake"}
    assert len(store.masks()) == 1


def test_what_was_typed_in_the_page_is_kept(store: Store, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a_20190101.tif", PIXELS, crs=None, transform=north_up())
    [mask] = add(store, path)
    change = MaskEdit(acquired=DAY, crs="EPSG:32631", class_names={"1": "water"})
    store_edits(store, [(mask, edited(mask, change))])
    [again] = add(store, path)
    assert again.problem is None
    assert (again.acquired, again.georeference.crs, again.classes.names) == (
        DAY,
        "EPSG:32631",
        {"1": "water"},
    )
    [more] = add(store, path, classes=(ClassEntry(1, "lake"),))
    assert more.classes.names == {"1": "lake"}


def test_a_date_by_pattern_is_kept(store: Store, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a 02.03.2020.tif", PIXELS)
    [first] = add(store, path, date_pattern=compile_pattern("DD.MM.YYYY"))
    assert str(first.acquired) == "2020-03-02"
    [again] = add(store, path)
    assert again.acquired == first.acquired


def test_other_content_at_the_same_place_starts_afresh(store: Store, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a_20200202.tif", PIXELS * np.float32(0.4))
    add(store, path, threshold=0.3, classes=(ClassEntry(1, "water"),))
    write_raster(path, PIXELS * 2)
    [mask] = add(store, path)
    assert (mask.classes.stored, mask.raster.threshold) == ({"0": 0, "2": 2}, None)
    assert mask.classes.names is None
    assert len(store.masks()) == 1


def test_a_file_that_was_mended_is_ready(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a_20200202.tif"
    path.touch()
    [broken] = add(store, path)
    assert broken.state == "problem"
    write_raster(path, PIXELS)
    [mended] = add(store, path)
    assert mended.problem is None
    assert store.masks() == [mended]


def test_files_may_change_places(store: Store, tmp_path: Path) -> None:
    one, two = (tmp_path / folder / "a_20200202.tif" for folder in "xy")
    write_raster(one, PIXELS)
    add(store, one)
    two.parent.mkdir()
    one.rename(two)
    write_raster(one, PIXELS * 3)
    found = add(store, one, two)
    assert [mask.classes.stored for mask in found] == [{"0": 0, "3": 3}, {"0": 0, "1": 1}]
    assert {mask.path for mask in store.masks()} == {str(one), str(two)}
    # And both at once.
    spare = tmp_path / "spare.tif"
    one.rename(spare)
    two.rename(one)
    spare.rename(two)
    found = add(store, one, two)
    assert [mask.classes.stored for mask in found] == [{"0": 0, "1": 1}, {"0": 0, "3": 3}]


def test_the_same_content_under_two_names_is_two_masks(store: Store, tmp_path: Path) -> None:
    paths = [write_raster(tmp_path / name, PIXELS) for name in ("a_20200202.tif", "b_20200202.tif")]
    assert len({mask.mask_id for mask in add(store, *paths)}) == 2


def test_one_hot_masks_of_a_folder_count_their_bands_alike(store: Store, tmp_path: Path) -> None:
    """That one of them has no background at all is chance."""
    full = np.ones_like(PIXELS)
    pixels = {
        "a_20200202.tif": np.stack([PIXELS, full * 0]),
        "b_20200202.tif": np.stack([PIXELS, full - PIXELS]),
    }
    paths = [write_raster(tmp_path / name, bands) for name, bands in pixels.items()]
    found = add(store, *paths)
    assert [mask.classes.stored for mask in found] == [{"0": 0, "1": 1}, {"1": 1, "2": 2}]


def test_a_gone_image_of_before_is_let_go(store: Store, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a_20200202.tif", PIXELS)
    source = image(tmp_path)
    [first] = add(store, path, image=source)
    assert first.source.path == str(source)
    source.unlink()
    [again] = add(store, path)
    assert again == replace(first, source=replace(first.source, path=None))


def test_a_file_cut_in_half_is_damaged_and_not_without_georeference(
    store: Store, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(1).integers(0, 2, (300, 300)).astype(np.uint8)
    paths = [
        write_raster(tmp_path / "cut_20200202.png", pixels, crs=None),
        write_raster(tmp_path / "cut_20200202.tif", pixels, crs=None),
    ]
    for path in paths:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    register_headers(store, [(path,) for path in paths], AddOptions(), lambda *_: None)
    for mask in read_pending(store, lambda *_: None):
        assert list(mask.problems) == [FILE]
        assert "damaged or cut off" in (mask.problem or "")
