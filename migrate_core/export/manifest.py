"""The manifest: one row a pair, as CSV and as GeoParquet with footprints."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..escaping import from_csv_cell, write_csv
from ..model import LONLAT, Pair, iso
from ..pairs.assessment.notes import format_change
from ..pairs.flags import occluded_shares
from ..workspace import written_then_renamed
from .selection.entries import Entry

Row = dict[str, Any]
# The tables of a dataset.
TABLES = ("manifest.csv", "manifest.parquet", "mask_S2_match.csv")


def manifest_row(entry: Entry, split: str) -> Row:
    """What is known of a pair; shares are 0…1, percentages 0…100, times ISO 8601 UTC."""
    pair, scene, grid = entry.pair, entry.scene, entry.provenance["grid"]
    labelled = pair.occlusion.labelled if pair.occlusion else None
    return {
        "pair_id": pair.pair_id,
        "mask_name": pair.mask_name,
        "scene_id": scene["scene_id"],
        "sensed_at": scene["sensed_at"],
        "acquired": entry.provenance["mask"]["acquired"],
        "acquired_end": entry.provenance["mask"].get("acquired_end"),
        "days_offset": pair.days_offset,
        "cloud_percent": scene["cloud_percent"],
        "cloud_labelled": labelled.cloud if labelled else None,
        "shadow_labelled": labelled.shadow if labelled else None,
        "cirrus_labelled": labelled.cirrus if labelled else None,
        "snow_labelled": labelled.snow if labelled else None,
        "nodata_labelled": labelled.nodata if labelled else None,
        "source_labelled": _in_source_image(pair),
        "occluded_labelled": occluded_shares(pair.occluded, pair.occlusion_by_sensor).labelled,
        "coverage": pair.coverage,
        "decision": entry.review_status.decision,
        "reviewer": ";".join(entry.review_status.deciders),
        "crs": grid["crs"],
        "width": grid["width"],
        "height": grid["height"],
        "split": split,
        "mask_id": pair.mask_id,
        "scene_ids": ";".join(pair.scene_ids),
        "level": scene["level"],
        "tile": scene["tile"],
        "baseline": scene["baseline"],
        "source": scene["source"],
        "bands": ";".join(entry.provenance["bands"]),
        "cloud_method": _cloud_method(entry.provenance),
        **_shift(pair),
        "change": pair.change,
        "change_note": None if pair.change is not None else format_change(pair),
        "edits": len(pair.edits),
        **_how_decided(entry),
    }


def _how_decided(entry: Entry) -> Row:
    """On what the decision rests: a person, a rule or a model; which, since when, and why."""
    reasons = dict.fromkeys(one.reason for one in entry.decided if one.reason)
    return {
        "decided_by": entry.review_status.basis,
        "decision_rule": entry.rule,
        "decided_at": iso(max(one.decided_at for one in entry.decided)) if entry.decided else None,
        "decision_reason": "; ".join(reasons) or None,
    }


def _in_source_image(pair: Pair) -> float | None:
    """The share of the label that was occluded in the source image; None where nothing tells."""
    recorded = (
        pair.occlusion_by_sensor is not None and pair.occlusion_by_sensor.labelled.both is not None
    )
    return pair.occlusion.labelled.source if pair.occlusion and recorded else None


def _cloud_method(provenance: Mapping[str, Any]) -> str | None:
    """What clouds were assessed by; several where the parts of an image allow different methods."""
    methods = {found["method"] for found in provenance.get("clouds", ()) if found["method"]}
    return ";".join(sorted(methods)) or None


def _shift(pair: Pair) -> Row:
    """What registration measured in metres; the mask was moved by it where it is reliable."""
    shift = pair.shift
    return {
        "shift_east_m": shift.east_m if shift else None,
        "shift_north_m": shift.north_m if shift else None,
        "shift_ci_m": shift.ci_m if shift else None,
        "shift_reliable": shift.reliable if shift else None,
    }


def write_manifest(folder: Path, rows: Sequence[Row], footprints: Sequence[Any]) -> None:
    """Write manifest.csv and manifest.parquet (GeoParquet, EPSG:4326)."""
    import geopandas as gpd

    write_csv(folder / "manifest.csv", list(rows[0]), rows)
    frame = gpd.GeoDataFrame(list(rows), geometry=list(footprints), crs=LONLAT)
    with written_then_renamed(folder / "manifest.parquet") as temporary:
        frame.to_parquet(temporary)


def exported_before(folder: Path) -> list[str]:
    """The pair ids of an earlier export into `folder`."""
    path = folder / "manifest.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[Mapping[str, str]] = list(csv.DictReader(file))
    return [from_csv_cell(row["pair_id"]) for row in rows if row.get("pair_id")]
