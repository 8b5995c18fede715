"""Whether the inside of a label looks different, on made-up grounds and on the demo's images."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray

from migrate_core.grid import PixelGrid, moved
from migrate_core.model import IGNORE, Mask, PairParameters, SourceImage
from migrate_core.pairs.assessment.change import Change, PairLook, change_of
from migrate_core.pairs.make import make_pair
from tests.pairs.test_make import scene_of, task
from tests.support.ground import BANDS, Ground, disc, mask_grid, mask_on, write_image
from tests.support.pairs import CRS, NORTH, WEST, write_safe

GRID = PixelGrid(CRS, Affine(10, 0, WEST, 0, -10, NORTH), 60, 60)
LABEL = disc(GRID, 120)
# What is in the disc, by band: not like the ground around, of about 2000.
OBJECT = {"B02": 2500.0, "B03": 2900.0, "B04": 3300.0, "B08": 1100.0}


def scene(label: NDArray[np.uint8] = LABEL, seed: int = 1) -> dict[str, NDArray[np.uint16]]:
    """Sentinel-2 with an object where the label is."""
    found = {}
    for band, name in BANDS.items():
        ground = Ground(seed).reflectance(band, GRID)
        found[name] = np.rint(np.where(label == 1, OBJECT[name] + 0.2 * ground, ground))
    return {name: band.astype(np.uint16) for name, band in found.items()}


def looked(
    mask: Mask,
    bands: dict[str, NDArray[np.uint16]] | None = None,
    flags: NDArray[np.uint8] | None = None,
    label: NDArray[np.uint8] = LABEL,
) -> Change:
    flags = np.zeros(GRID.shape, np.uint8) if flags is None else flags
    return change_of(mask, PairLook(GRID, GRID, bands or scene(), label, flags))


def drawn_on(
    folder: Path, bands: dict[str, NDArray[np.uint16]], gain: float = 1, offset: float = 0
) -> Mask:
    """A mask whose source image shows `bands`, in other units."""
    shown = np.stack([bands[name] * gain + offset for name in BANDS.values()])
    image = write_image(folder / "image.tif", shown, GRID.transform)
    return Mask("m", "m.tif", str(folder / "m.tif"), source=SourceImage(path=str(image)))


@pytest.mark.parametrize(("gain", "offset"), [(1, 0), (0.3, 50), (4, 300)])
def test_what_did_not_change_is_low_in_any_units(
    tmp_path: Path, gain: float, offset: float
) -> None:
    found = looked(drawn_on(tmp_path, scene(), gain, offset))
    assert found.method == "source image"
    assert found.value is not None
    assert found.value < 0.05


def test_an_object_that_was_not_there_is_high(tmp_path: Path) -> None:
    found = looked(drawn_on(tmp_path, scene(np.zeros_like(LABEL))))
    assert found.value is not None
    assert found.value > 0.9
    assert "look different" in found.explanation


def test_half_an_object_is_half(tmp_path: Path) -> None:
    half = LABEL.copy()
    half[:, 30:] = 0
    found = looked(drawn_on(tmp_path, scene(half)))
    assert found.value == pytest.approx(0.5, abs=0.1)


def test_what_is_clouded_does_not_count(tmp_path: Path) -> None:
    half = LABEL.copy()
    half[:, 30:] = 0
    flags = np.zeros(GRID.shape, np.uint8)
    flags[:, 30:] = 4
    found = looked(drawn_on(tmp_path, scene(half)), flags=flags)
    assert found.value is not None
    assert found.value < 0.1


def test_too_few_clear_pixels_say_nothing(tmp_path: Path) -> None:
    found = looked(drawn_on(tmp_path, scene()), flags=np.full(GRID.shape, 4, np.uint8))
    assert (found.value, found.method) == (None, "none")
    assert found.explanation.startswith("not measured: ")
    empty = looked(drawn_on(tmp_path, scene()), label=np.full(GRID.shape, IGNORE, np.uint8))
    assert empty.value is None


def test_an_image_of_another_place_says_nothing_and_contrast_is_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    noise = {name: rng.integers(1000, 3000, GRID.shape).astype(np.uint16) for name in OBJECT}
    found = looked(drawn_on(tmp_path, noise))
    assert found.method == "contrast"
    assert "looks like nothing" in found.explanation


def test_without_an_image_an_object_that_stands_out_is_there(tmp_path: Path) -> None:
    mask = replace(
        drawn_on(tmp_path, scene()), source=replace(drawn_on(tmp_path, scene()).source, path=None)
    )
    seen = looked(mask)
    assert (seen.method, seen.value) == ("contrast", pytest.approx(0, abs=0.02))
    assert "No source image was given" in seen.explanation
    gone = looked(mask, scene(np.zeros_like(LABEL)))
    assert gone.value is not None
    assert gone.value > 0.3


def test_a_label_of_one_kind_with_its_surroundings_is_not_told_from_them() -> None:
    rng = np.random.default_rng(5)
    noise = {name: rng.integers(1000, 3000, GRID.shape).astype(np.uint16) for name in OBJECT}
    found = looked(Mask("m", "m.tif", "m.tif"), noise)
    assert found.value is not None
    assert found.value > 0.7


def test_the_source_image_is_looked_at_where_the_mask_came_from(tmp_path: Path) -> None:
    mask = drawn_on(tmp_path, scene())
    # The image lies 80 m too far east, and the mask was moved by as much to the west.
    write_image(
        tmp_path / "image.tif",
        np.stack([scene()[name] for name in BANDS.values()]),
        Affine.translation(80, 0) @ GRID.transform,
    )
    flags = np.zeros(GRID.shape, np.uint8)
    reported = PairLook(GRID, moved(GRID, 80, 0), scene(), LABEL, flags)
    untold = PairLook(GRID, GRID, scene(), LABEL, flags)
    assert change_of(mask, reported).value == pytest.approx(0, abs=0.05)
    assert (change_of(mask, untold).value or 0) > 0.1


@pytest.mark.parametrize("register", [False, True])
def test_a_pair_tells_of_it(tmp_path: Path, register: bool) -> None:
    grid, ground = mask_grid(), Ground()
    image = ground.image(tmp_path / "image.tif", grid)
    product = write_safe(tmp_path, ground.product())
    wanted = task(tmp_path, mask_on(tmp_path, grid, image), [scene_of(product, ground.product())])
    outcome = make_pair(replace(wanted, parameters=PairParameters(register=register)))
    document = json.loads((tmp_path / "a-pair" / "pair.json").read_text())
    assert outcome.change is not None
    assert outcome.change < 0.1
    assert document["change"] == document["change_found"]["value"] == outcome.change
    assert document["change_found"]["method"] == "source image"


@pytest.mark.parametrize("clear", [0, 5, 45, 55, 100])
def test_a_label_of_which_most_is_hidden_is_not_measured(tmp_path: Path, clear: int) -> None:
    flags = np.zeros(GRID.shape, np.uint8)
    rows = np.flatnonzero((LABEL == 1).any(axis=1))
    occluded = rows[: round(len(rows) * (100 - clear) / 100)]
    flags[occluded] = 4
    for mask in (drawn_on(tmp_path, scene()), Mask("m", "m.tif", "m.tif")):
        found = looked(mask, flags=flags)
        if clear > 50:
            assert found.value is not None
            assert found.note is None
        else:
            assert (found.value, found.method) == (None, "none")
            assert (found.note or "").startswith("not measured: of ")
            assert "needed are 10, and 50 %" in found.explanation


def test_a_source_image_of_a_corner_of_the_label_does_not_speak_for_it(tmp_path: Path) -> None:
    bands = scene()
    shown = np.stack([bands[name][:, :26] for name in BANDS.values()])
    image = write_image(tmp_path / "corner.tif", shown, GRID.transform)
    found = looked(Mask("m", "m.tif", "m.tif", source=SourceImage(path=str(image))))
    assert found.method == "contrast"
    assert "doesn't show most of it" in found.explanation
