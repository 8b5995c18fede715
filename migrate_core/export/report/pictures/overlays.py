"""Pictures of the worst and the best pairs of a dataset: Sentinel-2 plain, and with the label."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ....errors import PairError
from ....pairs.view.drawing import Colour
from ....pairs.view.quicklook import NO_LABEL, ViewOptions, read_pair, render
from ....text import format_share
from ....workspace import Workspace
from ...manifest import Row
from ...selection.entries import Entry

# So many of each, so that the report stays small whatever the number of pairs.
MOST = 6
_SIDE = 260
_GAP = 4
ORDER = (
    "by the share of the label that anything occludes; among equals by measured change, then by "
    "the days between mask and scene"
)


@dataclass(frozen=True)
class Overlay:
    """A pair of the dataset, its row of the manifest, and its picture as a WebP file."""

    row: Row
    summary: str
    picture: bytes


@dataclass(frozen=True)
class Overlays:
    """The worst pairs, the worst first, and the best, the best first; none is in both."""

    worst: Sequence[Overlay] = ()
    best: Sequence[Overlay] = ()


def overlays(
    workspace: Workspace,
    chosen: Sequence[Entry],
    rows: Mapping[str, Row],
    colours: Mapping[int, Colour],
) -> Overlays:
    """Draw the pairs at both ends of `ORDER`. Those whose files can't be read are left out."""
    ordered = sorted(chosen, key=lambda entry: _badness(rows[entry.pair.pair_id]), reverse=True)
    count = min(MOST, (len(ordered) + 1) // 2)
    worst, best = ordered[:count], ordered[count:][::-1][:count]
    options = ViewOptions(size=_SIDE, occlusion=True, colours=tuple(colours.items()))
    return Overlays(
        *(
            tuple(
                found
                for entry in entries
                if (found := _overlay(workspace, rows[entry.pair.pair_id], options))
            )
            for entries in (worst, best)
        )
    )


def _badness(row: Row) -> tuple[float, float, float, str]:
    return (
        row["occluded_labelled"] or 0.0,
        row["change"] or 0.0,
        abs(row["days_offset"] or 0.0),
        row["pair_id"],
    )


def _overlay(workspace: Workspace, row: Row, options: ViewOptions) -> Overlay | None:
    try:
        pixels = read_pair(workspace.pair(row["pair_id"]), options.bands, options.size)
    except PairError:
        return None
    plain = render(pixels, ViewOptions(size=options.size, label=NO_LABEL)).rgb
    drawn = render(pixels, options).rgb
    gap = np.full((plain.shape[0], _GAP, 3), 255, dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(np.hstack([plain, gap, drawn])).save(file, "WEBP", quality=80, method=2)
    return Overlay(row, _summary(row), file.getvalue())


def _summary(row: Row) -> str:
    occluded = format_share(row["occluded_labelled"])
    return (
        f"Pair {row['pair_id']}: Sentinel-2 on the left, the same with the outlined label and what "
        f"occludes the ground on the right; label occluded {occluded}."
    )
