"""The width of a buffer that is suggested for the masks of a workspace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from migrate_core.model import RankedScene, SourceImage
from migrate_core.pairs.label.suggested_buffer import suggested_buffer_m
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask, a_scene
from tests.support.pairs import checkered, placed, registered, write_mask


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(Workspace(tmp_path / "workspace"))


def matched(store: Store, *masks: tuple[str, str | None, str]) -> None:
    """Masks, each by name, sensor and the baseline of its scene."""
    for number, (name, sensor, baseline) in enumerate(masks):
        mask = a_mask(name, source=SourceImage(sensor=sensor))
        scene = a_scene(f"S2A_MSIL2A_2020012{number}T104351", baseline=baseline)
        store.put_masks([mask])
        store.put_scenes([scene])
        store.put_candidates({mask.mask_id: [RankedScene(scene, 1.0, 1.0, 0.9, {}, True)]})


def test_it_is_the_median_of_what_both_positions_leave_uncertain(store: Store) -> None:
    matched(
        store,
        ("20200120_101532_1014_mask.tif", None, "02.14"),  # by its name: 10 m and 11 m
        ("ortho.tif", "aerial", "05.00"),  # 1 m and 8 m
        ("again.tif", "planetscope", "05.00"),  # 10 m and 8 m
        ("unknown.tif", None, "05.00"),
    )
    assert suggested_buffer_m(store) == pytest.approx((10**2 + 8**2) ** 0.5)


def test_nothing_is_suggested_where_no_sensor_is_known(store: Store) -> None:
    assert suggested_buffer_m(store) is None
    matched(store, ("unknown.tif", None, "05.00"))
    assert suggested_buffer_m(store) is None


@pytest.mark.parametrize(
    ("name", "baseline", "expected"),
    [
        ("20200202_101532_1014_mask.tif", "05.09", np.hypot(10, 8)),
        ("20200202_101532_1014_mask.tif", "02.14", np.hypot(10, 11)),
        ("orthophoto.tif", "05.09", np.hypot(1, 8)),
        ("mask.tif", "05.09", None),
    ],
)
def test_of_a_file_it_is_what_name_and_pixels_tell_of_its_sensor(
    store: Store, tmp_path: Path, name: str, baseline: str, expected: float | None
) -> None:
    pixel_m = {"orthophoto.tif": 0.5, "mask.tif": 7}.get(name, 3)
    mask = registered(write_mask(tmp_path / name, checkered(8, 4), placed(5, 5, pixel_m)))
    scene = a_scene("S2A_MSIL2A_20200120T104351", baseline=baseline)
    store.put_masks([mask])
    store.put_scenes([scene])
    store.put_candidates({mask.mask_id: [RankedScene(scene, 1.0, 1.0, 0.9, {}, True)]})
    assert suggested_buffer_m(store) == (expected and pytest.approx(expected))
