"""What a dataset is not good for: known limits, each with the numbers that it follows from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...masks.dates.sensors import BY_NAME
from ...products.product import RESOLUTION_M
from ...states import Basis, DecisionState
from ...text import format_share
from ..formats.base import SPLITS, ClassOfLabel
from ..selection.entries import Entry
from .statistics import Statistics

_SENTINEL2_POSITION_M = 8
_FAR_DAYS = 5
_MUCH_IGNORED = 0.5
_MUCH_OCCLUDED = 0.3
_SEASON_MONTHS = 6
_MOST_NAMED = 8


def known_limits(
    counted: Statistics,
    chosen: Sequence[Entry],
    classes: Sequence[ClassOfLabel],
    bands: Sequence[str],
) -> tuple[str, ...]:
    """Sentences on what to be careful about, labels first; `bands` are those that go out."""
    return (
        *_of_labels(counted),
        *_of_position(chosen),
        *_of_review(counted),
        *_of_splits(counted, classes),
        *_of_images(counted, bands),
    )


def _of_labels(counted: Statistics) -> Iterator[str]:
    rows = counted.rows
    yield (
        "Labels were drawn on finer images than Sentinel-2's. An object smaller than a pixel of 10 "
        "m has no pixel of its own in the hard label; the area shares (fractions) have it."
    )
    yield from counted.label_notes
    far = sum(abs(days) > _FAR_DAYS for days in counted.numbers("days_offset"))
    if far:
        yield (
            f"{far:,} of {len(rows):,} pairs {'is' if far == 1 else 'are'} more than {_FAR_DAYS} "
            "days apart from the image that the label was drawn on: what grows, floods or is built "
            "meanwhile is labelled as it was."
        )
    occluded = sum(share > _MUCH_OCCLUDED for share in counted.numbers("occluded_labelled"))
    if occluded:
        yield (
            f"In {occluded:,} of {len(rows):,} pairs more than {format_share(_MUCH_OCCLUDED)} of "
            "the label is occluded: the image does not show what the label says."
        )
    unmeasured = len(rows) - len(counted.numbers("change"))
    if unmeasured:
        yield (
            f"Change between source image and Sentinel-2 was not measured for {unmeasured:,} of "
            f"{len(rows):,} pairs."
        )
    if counted.ignored_share > _MUCH_IGNORED:
        yield f"{format_share(counted.ignored_share)} of all pixels have no label (255)."


def _of_position(chosen: Sequence[Entry]) -> Iterator[str]:
    unmeasured = [entry for entry in chosen if not (entry.pair.shift and entry.pair.shift.reliable)]
    if not unmeasured:
        return
    sensors = {
        sensor
        for entry in unmeasured
        if (sensor := BY_NAME.get(entry.provenance["mask"].get("sensor") or ""))
    }
    usual = "".join(
        f", that of {one.title} to {one.position_m:g} m"
        for one in sorted(sensors, key=lambda one: one.title)
    )
    yield (
        f"{len(unmeasured):,} of {len(chosen):,} labels lie where their source images say: no "
        "reliable shift against Sentinel-2 was measured. Sentinel-2's position is good to about "
        f"{_SENTINEL2_POSITION_M} m{usual}; borders can be off by a pixel."
    )


def _of_review(counted: Statistics) -> Iterator[str]:
    rows = counted.rows
    basis = [row["decided_by"] for row in rows]
    unseen = sum(one in (Basis.RULE, Basis.MODEL) for one in basis)
    if unseen:
        yield f"{unseen:,} of {len(rows):,} pairs were decided about by a rule or model alone."
    for state, words in (
        (None, "have not been decided about"),
        (DecisionState.UNSURE, "are in it though reviewers were unsure"),
        (DecisionState.CONFLICT, "are in it though reviewers disagree"),
    ):
        count = sum(row["decision"] == state for row in rows)
        if count:
            yield f"{count:,} of {len(rows):,} pairs {words}."
    yield (
        "Clouds, shadows and snow are found by methods that make mistakes, above all at thin cloud "
        "and at the edges of shadows."
    )


def _of_splits(counted: Statistics, classes: Sequence[ClassOfLabel]) -> Iterator[str]:
    empty = [split for split in SPLITS if not counted.split_pixels.get(split)]
    if empty:
        yield f"No pair is in {' or '.join(empty)}."
    for split in SPLITS:
        if split in empty:
            continue
        missing = [
            one.name
            for one in classes
            if one.value in counted.class_ha and not counted.split_pixels[split].get(one.value)
        ]
        if missing:
            more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
            yield f"{split} has no pixel of {', '.join(missing[:_MOST_NAMED])}{more}."


def _of_images(counted: Statistics, bands: Sequence[str]) -> Iterator[str]:
    rows = counted.rows
    for resolution_m in (20, 60):
        coarse = [band for band in bands if RESOLUTION_M.get(band) == resolution_m]
        if coarse:
            yield (
                f"{', '.join(coarse)} {'are' if len(coarse) > 1 else 'is'} of {resolution_m} m, "
                "brought to 10 m: they show no more detail than before."
            )
    if len(counted.counts("level")) > 1:
        yield (
            "It mixes L1C (reflectance at the top of the atmosphere) and L2A (at the surface): the "
            "same ground has other values in each."
        )
    zones = counted.counts("crs")
    if len(zones) > 1:
        yield (
            f"Pairs lie in {len(zones)} coordinate reference systems: programs that put all on one "
            "grid resample labels and images."
        )
    months = {row["sensed_at"][5:7] for row in rows}
    if len(months) < _SEASON_MONTHS:
        yield (
            f"Scenes are of {len(months)} of the 12 months of the year: a model has not seen the "
            "other seasons."
        )
