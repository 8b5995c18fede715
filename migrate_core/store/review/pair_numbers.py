"""The numbers of finished pairs that the triage learns from, taken out of documents by SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from ...states import PairState
from ..base import Store
from ..tables import masks, pairs


class PairNumbers(NamedTuple):
    """A pair's `numbers`, `suggestion` (a verdict), and classes of its mask.

    `class_pixels` counts pixels by class value in the file, `classes` is the value stored for each.
    Anything unknown is None.
    """

    pair_id: str
    numbers: tuple[float | None, ...]
    suggestion: str | None
    class_pixels: Mapping[str, int] | None
    classes: Mapping[str, int] | None


def pair_numbers(store: Store, paths: Sequence[tuple[str, ...]]) -> list[PairNumbers]:
    """The numbers at `paths` in the documents of all pairs that are done, in order of their ids."""
    document, mask = pairs.c.document, masks.c.document
    query = (
        sa.select(
            pairs.c.pair_id,
            document["suggestion"]["verdict"].as_string(),
            mask["class_pixels"].as_json(),
            mask["classes"].as_json(),
            *(document[path].as_float() for path in paths),
        )
        .outerjoin(masks, masks.c.mask_id == pairs.c.mask_id)
        .where(pairs.c.state == PairState.DONE)
        .order_by(pairs.c.pair_id)
    )
    with store.engine.connect() as connection:
        return [
            PairNumbers(pair_id, tuple(numbers), suggestion, class_pixels, classes)
            for pair_id, suggestion, class_pixels, classes, *numbers in connection.execute(query)
        ]
