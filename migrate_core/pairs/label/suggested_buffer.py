"""How wide an ignore rim should be for the masks of a workspace."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import sqlalchemy as sa

from ...masks.dates.sensors import BY_NAME, sensor_of
from ...store.base import Store
from ...store.tables import candidates, masks, scenes
from .boundary_buffer import position_error_m


def suggested_buffer_m(store: Store) -> float | None:
    """The median, over masks with a selected scene, of the error to expect between both, metres.

    None where no sensor of a mask is known.
    """
    document = masks.c.document
    same = (scenes.c.scene_id == candidates.c.scene_id) & (scenes.c.source == candidates.c.source)
    query = (
        sa.select(
            document["sensor"].as_string().label("sensor"),
            document["path"].as_string().label("path"),
            scenes.c.document["baseline"].as_string().label("baseline"),
        )
        .join(candidates, candidates.c.mask_id == masks.c.mask_id)
        .join(scenes, same)
        .where(candidates.c.selected, masks.c.state == "ready")
    )
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
    sensors = ((BY_NAME.get(row.sensor or "") or sensor_of(Path(row.path)), row) for row in rows)
    errors = [position_error_m(sensor, row.baseline) for sensor, row in sensors if sensor]
    return median(errors) if errors else None
