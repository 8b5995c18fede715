"""How wide a boundary buffer should be for the masks of a workspace."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from ...masks.dates.sensors import BY_NAME, sensor_of
from ...store.base import Store
from ...store.derived.revisions import Part, kept
from ...store.selected import position_rows
from .boundary_buffer import position_error_m


def suggested_buffer_m(store: Store) -> float | None:
    """The median, over masks with a selected scene, of the error to expect between both, metres.

    None where no sensor of a mask is known. Found again when masks or scenes have changed.
    """
    return kept(store, "suggested buffer", lambda: _median_error_m(store), (Part.MASKS,))


def _median_error_m(store: Store) -> float | None:
    sensors = (
        (BY_NAME.get(row.sensor or "") or sensor_of(Path(row.path)), row)
        for row in position_rows(store)
    )
    errors = [position_error_m(sensor, row.baseline) for sensor, row in sensors if sensor]
    return median(errors) if errors else None
