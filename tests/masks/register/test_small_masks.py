"""Many small masks are opened once for header and pixels, with the outcome of two readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from migrate_core.masks.options import AddOptions
from migrate_core.masks.raster import opening
from migrate_core.masks.register import rasters as adding
from migrate_core.masks.register import reading
from migrate_core.masks.register.edit import MaskEdit, edited, store_edits
from migrate_core.masks.register.rasters import read_pending, register_headers
from migrate_core.model import Mask
from migrate_core.store.base import Store, open_store
from migrate_core.store.masks import pending_masks
from migrate_core.workspace import Workspace
from tests.support.builders import north_up, write_raster
from tests.support.masks import NOW, PIXELS


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    opened = tuple(open_store(Workspace(tmp_path / name)) for name in ("one", "other"))
    yield opened[0], opened[1]
    for store in opened:
        store.engine.dispose()


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file was opened."""
    counts: Counter[str] = Counter()
    real = opening._open

    def counted(path: Path, driver: str) -> Any:
        counts[path.name] += 1
        return real(path, driver)

    monkeypatch.setattr(opening, "_open", counted)
    return counts


def various(folder: Path) -> list[Path]:
    """Masks of several forms; some have a problem, one is a folder's one-hot with a gap."""
    one_hot = np.stack([PIXELS == 0, PIXELS == 1]).astype(np.uint8)
    gap = one_hot.copy()
    gap[:, 0, 0] = 0
    (folder / "bad_20200202.tif").parent.mkdir(parents=True, exist_ok=True)
    (folder / "bad_20200202.tif").write_bytes(b"II*\0nothing")
    return [
        folder / "bad_20200202.tif",
        write_raster(folder / "plain_20200202.tif", PIXELS, transform=north_up(482_820)),
        write_raster(folder / "again_20200202.tif", PIXELS + 1, transform=north_up(482_850)),
        write_raster(folder / "nowhere_20200202.tif", PIXELS, crs=None),
        write_raster(folder / "undated.tif", PIXELS * np.float32(0.4)),
        write_raster(folder / "whole_20200202.tif", one_hot),
        write_raster(folder / "gap_20200202.tif", gap),
    ]


def add(store: Store, files: list[Path]) -> dict[str, Mask]:
    register_headers(store, [(file,) for file in files], AddOptions(now=NOW), lambda *_: None)
    read_pending(store, lambda *_: None)
    return {mask.mask_id: mask for mask in store.masks()}


def test_the_masks_are_those_of_two_readings(
    stores: tuple[Store, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = various(tmp_path / "m")
    expected = add(stores[0], files)
    assert {mask.state for mask in expected.values()} == {"ready", "problem"}
    monkeypatch.setattr(adding, "_MANY", len(files))
    assert add(stores[1], files) == expected


def test_each_file_is_opened_once(
    stores: tuple[Store, Store],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opens: Counter[str],
) -> None:
    files = various(tmp_path / "m")[1:3]
    add(stores[0], files)
    assert set(opens.values()) == {2}
    opens.clear()
    monkeypatch.setattr(adding, "_MANY", len(files))
    add(stores[1], files)
    assert opens == {file.name: 1 for file in files}


def test_what_a_person_said_before_is_kept(
    stores: tuple[Store, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = various(tmp_path / "m")
    for store in stores:
        monkeypatch.setattr(adding, "_MANY", 1000 if store is stores[0] else len(files))
        before = add(store, files)
        undated = next(mask for mask in before.values() if mask.name == "undated.tif")
        store_edits(store, [(undated, edited(undated, MaskEdit(empty_allowed=True)))])
    one, other = (add(store, files) for store in stores)
    assert one == other
    assert any(mask.empty_allowed for mask in other.values())


def test_large_files_wait_for_their_pixels(
    stores: tuple[Store, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = various(tmp_path / "m")[1:3]
    monkeypatch.setattr(adding, "_MANY", len(files))
    monkeypatch.setattr(reading, "_SMALL_PIXELS", PIXELS.size - 1)
    register_headers(stores[0], [(f,) for f in files], AddOptions(now=NOW), lambda *_: None)
    assert len(pending_masks(stores[0])) == len(files)


def test_the_options_of_gdal_are_set_once_for_all_files(
    stores: tuple[Store, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = various(tmp_path / "m")
    monkeypatch.setattr(adding, "_MANY", len(files))
    made: list[dict[str, Any]] = []
    real = opening.rasterio.Env

    def counted(**options: Any) -> Any:
        made.append(options)
        return real(**options)

    monkeypatch.setattr(opening.rasterio, "Env", counted)
    register_headers(stores[0], [(f,) for f in files], AddOptions(now=NOW), lambda *_: None)
    assert len(made) == 1


def test_masks_that_were_read_at_once_are_told_as_they_are_stored(
    stores: tuple[Store, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = various(tmp_path / "m")
    monkeypatch.setattr(adding, "_MANY", len(files))
    groups = [(file,) for file in files]
    for _ in range(2):
        added = register_headers(stores[0], groups, AddOptions(now=NOW), lambda *_: None)
        stored = {mask.mask_id: mask for mask in stores[0].masks() if not mask.pending}
        assert added.read == stored
        assert len(stored) > len(files) // 2
