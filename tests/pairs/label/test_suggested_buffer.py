"""The width of a buffer that is suggested for the masks of a workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate_core.model import RankedScene, SourceImage
from migrate_core.pairs.label.suggested_buffer import suggested_buffer_m
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask, a_scene


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
