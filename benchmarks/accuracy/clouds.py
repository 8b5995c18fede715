"""Clouds and shadows over labels and footprints, by every method, against the true clouds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
from shapely.geometry import Point, mapping

from migrate_core.states import Verdict

from .pipeline import Made, each_scene, migrate
from .tables import percent, table, verdict
from .truth import DemoTruth

METHODS = (("L2A", "scl"), ("L1C", "s2cloudless"), ("L1C", "product"))
# Discs of this radius, so far apart, with so much around them as the mask's footprint.
_RADIUS_M, _STEP_M, _MARGIN_M = 90, 750, 60
_CLOUD, _SHADOW, _CIRRUS = 4, 8, 16
# Truth: 1 cloud, 2 shadow, 3 cirrus.
_KINDS = {"cloud or cirrus": (_CLOUD | _CIRRUS, (1, 3)), "shadow": (_SHADOW, (2,))}


@dataclass
class Counts:
    """Pixels flagged and true (hits), only flagged (false), only true (missed)."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def add(self, flagged: np.ndarray, true: np.ndarray) -> None:
        """Count the pixels of one pair."""
        self.hits += int((flagged & true).sum())
        self.false += int((flagged & ~true).sum())
        self.missed += int((~flagged & true).sum())

    @property
    def precision(self) -> float:
        """The share of the flagged pixels that are so."""
        flagged = self.hits + self.false
        return self.hits / flagged if flagged else float("nan")

    @property
    def recall(self) -> float:
        """The share of the true pixels that were flagged."""
        true = self.hits + self.missed
        return self.hits / true if true else float("nan")


@dataclass
class Verdicts:
    """How labels that are clear, or fully occluded, by the truth were assessed."""

    clear: int = 0
    clear_called_occluded: int = 0
    occluded: int = 0
    occluded_accepted: int = 0


@dataclass
class Judged:
    """What one method said of all pairs of masks and scenes."""

    pixels: Mapping[tuple[str, str], Counts] = field(
        default_factory=lambda: {(k, w): Counts() for k in _KINDS for w in ("footprint", "label")}
    )
    verdicts: Verdicts = field(default_factory=Verdicts)


def probes(case: Path, document: Path) -> None:
    """Discs all over the granule as labels, so that some lie under whatever the clouds holds."""
    cloud_file = next((case / "truth").glob("clouds_*.tif"))
    with rasterio.open(cloud_file) as dataset:
        west, south, east, north = dataset.bounds
        crs = dataset.crs.to_epsg()
    features = [
        {
            "type": "Feature",
            "properties": {"class": 1},
            "geometry": mapping(Point(x, y).buffer(_RADIUS_M)),
        }
        for x in np.arange(west + _STEP_M / 2, east, _STEP_M)
        for y in np.arange(south + _STEP_M / 2, north, _STEP_M)
    ]
    name = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{crs}"}}
    collection = {"type": "FeatureCollection", "crs": name, "features": features}
    document.write_text(json.dumps(collection), encoding="utf-8")


def measure(case: Path, workspace: Path, judged: dict[str, Judged]) -> None:
    """Every probe with every scene of June, by each method."""
    truth = DemoTruth(case / "truth")
    workspace.mkdir()
    discs = workspace / "probes.geojson"
    probes(case, discs)
    for level, method in METHODS:
        place = workspace / f"{level}-{method}"
        fields = ("--class-field", "class", "--date", "2021-06-15", "--margin", _MARGIN_M)
        migrate(place, "masks", "add", discs, *fields)
        source = f"local:{case / 'scenes'}"
        found = migrate(place, "scenes", "search", "--source", source, "--level", level)
        total = judged.setdefault(f"{level}, {method}", Judged())
        for pair in each_scene(place, found, "--clouds", method):
            _judge(pair, truth, total)


def _judge(pair: Made, truth: DemoTruth, total: Judged) -> None:
    quality = pair.read("quality")[0]
    cloud_layers = truth.cloud_layers(pair.scene, pair.transform(), quality.shape)
    known = (cloud_layers != 255) & (quality & 2 == 0)
    places = {"footprint": pair.inside() & known, "label": pair.labelled() & known}
    for kind, (flags, classes) in _KINDS.items():
        for where, pixels in places.items():
            flagged, true = quality & flags != 0, np.isin(cloud_layers, classes)
            total.pixels[kind, where].add(flagged[pixels], true[pixels])
    _judge_verdict(pair, cloud_layers, total.verdicts)


def _judge_verdict(pair: Made, cloud_layers: np.ndarray, verdicts: Verdicts) -> None:
    labelled = pair.labelled()
    if not labelled.any():
        return
    occluded = float(np.mean(cloud_layers[labelled] != 0))
    suggested = pair.row["suggestion"]["verdict"]
    if occluded == 0:
        verdicts.clear += 1
        verdicts.clear_called_occluded += suggested != Verdict.ACCEPT
    elif occluded == 1:
        verdicts.occluded += 1
        verdicts.occluded_accepted += suggested == Verdict.ACCEPT


def report(judged: Mapping[str, Judged]) -> str:
    """The tables, and the aims."""
    rows = [
        (name, kind, where, counts.precision, counts.recall, counts.hits + counts.missed)
        for name, found in judged.items()
        for (kind, where), counts in found.pixels.items()
    ]
    pixels = table(("method", "what", "over", "precision", "recall", "true pixels"), rows)
    verdicts = table(
        ("method", "clear labels not suggested for acceptance", "occluded labels suggested for it"),
        [
            (
                name,
                percent(found.verdicts.clear_called_occluded, found.verdicts.clear),
                percent(found.verdicts.occluded_accepted, found.verdicts.occluded),
            )
            for name, found in judged.items()
        ],
    )
    clear = sum(found.verdicts.clear for found in judged.values())
    wrong = sum(found.verdicts.clear_called_occluded for found in judged.values())
    accepted = sum(found.verdicts.occluded_accepted for found in judged.values())
    return (
        f"{pixels}\n\n{verdicts}\n\n"
        "- Aim: no clear pair called occluded more than 2 % of the time: "
        f"{percent(wrong, clear)}: {verdict(met=wrong <= 0.02 * clear)}.\n"
        "- Aim: no fully occluded label ever suggested for acceptance: "
        f"{accepted}: {verdict(met=accepted == 0)}."
    )
