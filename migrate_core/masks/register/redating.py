"""Dates of registered masks by a pattern of their file names: seen first, then applied."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...model import Acquired
from ...store.base import Store
from ...store.masks import MaskFilter, masks_of, names_and_dates
from ..dates.patterns import date_by_pattern
from .edit import MaskEdit, edited, store_edits

# So many masks are written at once: what a kill may lose.
_BATCH = 200


@dataclass(frozen=True)
class Redating:
    """What a pattern makes of a mask: its date now (ISO 8601) and the one found, each or None."""

    mask_id: str
    name: str
    now: str | None
    found: Acquired | None

    @property
    def changes(self) -> bool:
        """Whether the mask would get another date."""
        return self.found is not None and str(self.found) != self.now


def redatings(
    store: Store, wanted: MaskFilter, pattern: re.Pattern[str], *, undated_only: bool
) -> list[Redating]:
    """What a pattern makes of the masks that fit, by name."""
    return [
        Redating(mask_id, name, now, date_by_pattern(name, pattern))
        for mask_id, name, now in names_and_dates(store, wanted)
        if not (undated_only and now)
    ]


def redate(store: Store, found: Sequence[Redating], progress: Callable[[int, int], None]) -> int:
    """Give the masks the dates that were found for them; returns how many got another one.

    `progress(finished, total)` may raise to end it; what was written before is kept.
    """
    changes = {item.mask_id: item.found for item in found if item.changes}
    ids, count = list(changes), 0
    for first in range(0, len(ids), _BATCH):
        masks = masks_of(store, ids[first : first + _BATCH])
        pairs = [(mask, edited(mask, MaskEdit(changes[mask.mask_id]))) for mask in masks]
        count += store_edits(store, pairs)
        progress(first + len(pairs), len(ids))
    return count
