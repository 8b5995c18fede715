"""What a report says of a dataset, made up: one row, and whatever a test changes."""

from __future__ import annotations

from datetime import date
from typing import Any

from migrate_core.export.report.description import Description, WrittenFormat, class_rows
from migrate_core.export.report.origin import Origin, UsedScene
from migrate_core.export.report.review_evidence import ReviewEvidence
from migrate_core.export.report.settings import Setting
from migrate_core.export.report.statistics import Statistics
from migrate_core.export.request import AboutDataset

ROW: dict[str, Any] = {
    "pair_id": "m_20200131_00000000",
    "mask_id": "m",
    "mask_name": "m.tif",
    "decision": None,
    "split": "train",
    "level": "L2A",
    "baseline": "02.14",
    "tile": "31TDG",
    "crs": "EPSG:32631",
    "cloud_method": "scl",
    "days_offset": -2.5,
    "acquired": "2020-02-02T10:00:00Z",
    "sensed_at": "2020-01-31T10:43:51Z",
    "occluded_labelled": None,
    "cloud_labelled": None,
    "cloud_percent": None,
    "coverage": None,
    "change": None,
    "shift_reliable": None,
    "shift_east_m": None,
    "shift_north_m": None,
    "bands": "B02;B03",
    "edits": 0,
}
EVIDENCE = ReviewEvidence([("decided by persons who looked at them", 1)])


def counted_of(*rows: dict[str, Any], **changes: Any) -> Statistics:
    given = {
        "class_ha": {0: 1.0, 1: 3.0},
        "pairs_with_class": {0: 1, 1: 1},
        "ignored_share": 0.25,
        "split_pixels": {"train": {0: 100, 1: 300, 255: 100}},
    }
    return Statistics(rows or (ROW,), **{**given, **changes})


def description_of(
    counted: Statistics | None = None, evidence: ReviewEvidence = EVIDENCE, **changes: Any
) -> Description:
    """A description; `changes` are fields of it."""
    counted = counted or counted_of()
    text = changes.pop("text", "plain")
    given: dict[str, Any] = {
        "title": text,
        "about": AboutDataset(text, (text,), text, text),
        "written_on": date(2026, 3, 1),
        "formats": [WrittenFormat(text, text, text, text, text, {"train": 1}, None)],
        "classes": class_rows(counted),
        "settings": [Setting(text, text, text)],
        "origins": [Origin(text, 1, 1, text, text, text, text)],
        "scenes": [UsedScene(text, 1)],
        "scenes_not_listed": 0,
        "limits": [text],
        "split_notes": [text],
        "made_by": [text],
    }
    return Description(counted=counted, evidence=evidence, **{**given, **changes})
