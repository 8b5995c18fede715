"""The pairs document: one row a pair, as commands and pages show it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from json.encoder import encode_basestring_ascii as json_text

from ..store.lists.pairs import PairLine, PairTexts
from ..store.lists.reading import readable
from ..workspace import Workspace
from .rasters import RASTERS

# Of what few values occur.
_known_text = lru_cache(maxsize=64)(json.dumps)


def row_texts(pairs: Iterable[PairTexts], workspace: Workspace) -> Iterator[str]:
    """The rows of `pairs list` as JSON texts, for which no document is decoded.

    Paths are relative to the workspace, null until they exist; what an earlier version didn't know
    is null.
    """
    folder = json_text(workspace.relative(workspace.pairs))[:-1]
    for pair in pairs:
        yield readable(_row_text(pair, folder))


def _row_text(pair: PairTexts, folder: str) -> str:
    """One row; `folder` is a JSON string without its end."""
    pair_id, mask_id, mask_name, state, decision, parts = pair
    scene_ids, occlusion, days_offset, suggestion, shift, change, error = parts
    key = json_text(pair_id)
    files = _NO_FILES if occlusion == "null" else _files(f"{folder}/{key[1:-1]}/")
    return (
        f'{{"pair_id": {key}, "mask_id": {json_text(mask_id)}, '
        f'"mask_name": {json_text(mask_name)}, '
        f'"scene_ids": {scene_ids}, "state": {_known_text(state)}, {files}, '
        f'"occlusion": {occlusion}, "days_offset": {days_offset}, "suggestion": {suggestion}, '
        f'"shift": {shift}, "change": {change}, "decision": {_known_text(decision)}, '
        f'"error": {error}}}'
    )


def _files(start: str) -> str:
    """The members of the rasters of a pair; `start` is a JSON string up to the name of the file."""
    return _FILES.replace("*", start)


_FILES = ", ".join(f'"{raster.name}": *{raster.file}"' for raster in RASTERS)
_NO_FILES = ", ".join(f'"{raster.name}": null' for raster in RASTERS)


def label_occluded(pair: PairLine) -> float | None:
    """What occludes the label, 0…1, as `flags.occluded_shares` has it."""
    if pair.occluded is not None:
        found: float | None = pair.occluded["labelled"]
        return found
    return None if pair.label_clear is None else round(1 - pair.label_clear, 6)


def change_text(made: bool, change: float | None, note: str | None) -> str | None:
    """`0.12 of 1`, or `not measured: …` with the reason; None for a pair that isn't made."""
    if not made:
        return None
    if change is not None:
        return f"{change:.2f} of 1"
    return note or "not measured: run `pairs make`, which looks at pairs of before again"
