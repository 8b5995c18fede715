"""The other candidates of a pair's mask, each with a picture of its own that is read meanwhile."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial
from typing import Any

from shapely.geometry.base import BaseGeometry

from migrate_core.errors import MigrateError, WrongUseError
from migrate_core.files.disk import keep_newest
from migrate_core.masks.label_outline import label_outline
from migrate_core.model import Mask, Pair
from migrate_core.scenes.access.picture import MaskShape, mask_picture
from migrate_core.scenes.listing import candidate_row
from migrate_core.settings import Settings
from migrate_core.store.base import Candidate, Store
from migrate_core.store.candidates import candidates_of, scenes_named
from migrate_core.store.lists.candidates import CandidateLine
from migrate_core.store.masks import find_mask
from migrate_core.store.serialize import to_json
from migrate_core.text import (
    CLOUD_IN_SCENE,
    CLOUD_OVER_MASK,
    _,
    format_percent,
    format_short_offset,
    format_time,
)
from migrate_core.workspace import Workspace, written_then_renamed
from pages.shared.readers import Readers

# For how long an answer waits for a picture; whoever asks comes again.
_WAIT_S = 2.0
# Count up when pictures are drawn otherwise.
_FORMAT = 3
# Some 15 kB each.
_KEPT = 5000
_READERS: Readers[bytes] = Readers()


def film_strip(store: Store, pair: Pair) -> list[dict[str, Any]]:
    """The candidates of the pair's mask, best first, as `scenes list` has them, and in words.

    `present` marks the one that the pair is made of.
    """
    return [
        {
            **candidate_row(CandidateLine.of(candidate)),
            "usable": candidate.ranked.usable,
            "present": candidate.ranked.scene_ids == pair.scene_ids,
            "day": format_time(candidate.ranked.scene.sensed_at),
            "offset": format_short_offset(candidate.ranked.days_offset),
            "clouds": _clouds(candidate),
        }
        for candidate in candidates_of(store, pair.mask_id)
    ]


def _clouds(candidate: Candidate) -> str:
    """`cloud over mask 3.4 %` once that was measured, else the cloud of the whole scene."""
    over_mask = candidate.ranked.cloud_over_mask_percent
    if over_mask is not None:
        return f"{_(CLOUD_OVER_MASK)} {format_percent(over_mask)}"
    return f"{_(CLOUD_IN_SCENE)} {format_percent(candidate.ranked.scene.cloud_percent)}"


def candidate_picture(
    store: Store, workspace: Workspace, settings: Settings, mask_id: str, scene_id: str
) -> bytes | None:
    """The WebP of a mask in one of its candidates; None while it is being read.

    Pictures are kept in the workspace. Raises WrongUseError when there is no such candidate,
    MigrateError when it can't be read, or not without a download.
    """
    mask, candidate = find_mask(store, mask_id), _candidate(store, mask_id, scene_id)
    if mask is None or mask.extent is None or candidate is None:
        raise WrongUseError(f"{scene_id!r} is no candidate of the mask {mask_id!r}.")
    path = workspace.candidate_picture(_name(mask, candidate))
    if path.is_file():
        return path.read_bytes()
    shape, ranked = partial(_shape, mask, mask.extent), candidate.ranked
    scenes = scenes_named(store, ranked.scene_ids, ranked.scene.source)

    def read() -> bytes:
        found = mask_picture(scenes, shape(), settings.services, workspace.products)
        with written_then_renamed(path) as temporary:
            temporary.write_bytes(found)
        keep_newest(path.parent, _KEPT)
        return found

    future: Future[bytes] = _READERS.ask((str(path),), read)
    wait([future], _WAIT_S)
    # So many may have been asked for since that this one was dropped; it can be asked for again.
    return future.result() if future.done() and not future.cancelled() else None


def _candidate(store: Store, mask_id: str, scene_id: str) -> Candidate | None:
    found = candidates_of(store, mask_id)
    return next((one for one in found if one.ranked.scene.scene_id == scene_id), None)


def _shape(mask: Mask, extent: BaseGeometry) -> MaskShape:
    """What is drawn of a mask; without its label where that can't be read."""
    label = None
    with suppress(MigrateError):
        label = label_outline(mask)
    return MaskShape(mask.footprint or extent, label)


def _name(mask: Mask, candidate: Candidate) -> str:
    """A name that differs where the picture would."""
    ranked = candidate.ranked
    area = to_json(mask.footprint or mask.extent)
    ingredients = (
        _FORMAT,
        mask.mask_id,
        ranked.scene_ids,
        ranked.scene.source,
        ranked.scene.href,
        area,
    )
    return hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()[:32]
