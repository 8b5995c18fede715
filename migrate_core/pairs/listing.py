"""The pairs document: one row a pair, as commands and pages show it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring as quoted

from ..store.pair_list import PairLine, PairTexts
from ..workspace import Workspace
from .rasters import RASTERS

_FILES = "".join(f'"{raster.name}": %s, ' for raster in RASTERS)
_NO_FILES = ("null",) * len(RASTERS)
# A row by its JSON texts, in the order of `_row_text`.
_ROW = (
    '{"pair_id": %s, "mask_id": %s, "mask_name": %s, "scene_ids": %s, "state": %s, '
    + _FILES
    + '"occlusion": %s, "days_offset": %s, "suggestion": %s, "shift": %s, "change": %s, '
    '"decision": %s, "error": %s}'
)
_PLAINLY = json.JSONEncoder(ensure_ascii=False)


def row_texts(pairs: Iterable[PairTexts], workspace: Workspace) -> Iterator[str]:
    """The rows of `pairs list` as JSON texts, in which nothing but letters is decoded.

    Paths are relative to the workspace, null until they exist; what an earlier version didn't know
    is null.
    """
    folder = quoted(workspace.relative(workspace.pairs))[:-1]
    for pair in pairs:
        text = _row_text(pair, folder)
        # The store escapes all letters beyond ASCII.
        yield _PLAINLY.encode(json.loads(text)) if "\\u" in text else text


def _row_text(pair: PairTexts, folder: str) -> str:
    """One row; `folder` is a JSON string without its end."""
    pair_id = quoted(pair.pair_id)
    occlusion, suggestion, shift, error = (
        part or "null" for part in (pair.occlusion, pair.suggestion, pair.shift, pair.error)
    )
    days_offset, change = pair.numbers[1:-1].split(",")
    files = _NO_FILES
    if occlusion != "null":
        files = tuple(f'{folder}/{pair_id[1:-1]}/{raster.file}"' for raster in RASTERS)
    return _ROW % (
        *(pair_id, quoted(pair.mask_id), quoted(pair.mask_name), pair.scene_ids),
        *(quoted(pair.state), *files, occlusion, days_offset, suggestion, shift, change.strip()),
        *(quoted(pair.decision) if pair.decision else "null", error),
    )


def label_occluded(pair: PairLine) -> float | None:
    """What occludes the label, 0…1, as `flags.occluded_shares` has it."""
    if pair.label_clear is not None:
        return round(1 - pair.label_clear, 6)
    return pair.label_occluded


def change_words(made: bool, change: float | None, note: str | None) -> str | None:
    """`0.12 of 1`, or `not measured: …` with the reason; None for a pair that isn't made."""
    if not made:
        return None
    if change is not None:
        return f"{change:.2f} of 1"
    return note or "not measured: run `pairs make`, which looks at pairs of before again"
