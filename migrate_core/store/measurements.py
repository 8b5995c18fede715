"""What was measured of the clouds over masks, remembered until a mask changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from .base import Store
from .tables import measurements, upsert


@dataclass(frozen=True)
class MeasuredClouds:
    """Percentages over a mask by the scenes of one acquisition; None where it can't be known.

    `scenes` are ids joined by spaces, in the order in which they complete each other; `mask_state`
    is a digest of what the measurement depends on.
    """

    mask_id: str
    scenes: str
    mask_state: str
    cloud_percent: float | None
    occluded_percent: float | None


def measured_clouds(store: Store) -> list[MeasuredClouds]:
    """All that was measured."""
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(measurements)).mappings()
        return [MeasuredClouds(**row) for row in rows]


def put_measured_clouds(store: Store, found: Iterable[MeasuredClouds]) -> None:
    """Remember more; what was measured of the same mask and scenes is renewed."""
    with store.engine.begin() as connection:
        upsert(connection, measurements, [asdict(one) for one in found])
