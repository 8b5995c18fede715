"""The map of footprints: marks where pairs are, and few of them however many pairs there are."""

from __future__ import annotations

import re

import numpy as np
import pytest
import shapely

from migrate_core.export.report.pictures.footprint_map import FootprintMap, footprint_map


def marks(shown: FootprintMap, split: str) -> list[tuple[float, float]]:
    (layer,) = [layer for layer in shown.layers if layer.split == split]
    return [(float(x), float(y)) for x, y in re.findall(r"M(-?[\d.]+) (-?[\d.]+)", layer.marks)]


def lonlat(shown: FootprintMap, x: float, y: float) -> tuple[float, float]:
    """Where a point of the map lies, by the names of two meridians and two parallels."""

    def degrees(name: str) -> float:
        number = float(name.rstrip("NSEW").rstrip("°"))
        return -number if name[-1] in "SW" else number

    meridians = [line for line in shown.graticule if line.x1 == line.x2]
    parallels = [line for line in shown.graticule if line.y1 == line.y2]
    assert len(meridians) >= 2
    assert len(parallels) >= 2
    lon = np.polyfit([m.x1 for m in meridians], [degrees(m.name) for m in meridians], 1)
    lat = np.polyfit([p.y1 for p in parallels], [degrees(p.name) for p in parallels], 1)
    return float(np.polyval(lon, x)), float(np.polyval(lat, y))


@pytest.mark.parametrize(("west", "south"), [(2.0, 42.0), (-70.5, -33.0), (100.0, 0.1)])
def test_marks_lie_where_the_graticule_says(west: float, south: float) -> None:
    places = {"a": (west, south), "b": (west + 3, south + 1), "c": (west + 1, south + 2)}
    footprints = {name: shapely.Point(place).buffer(0.01) for name, place in places.items()}
    shown = footprint_map(footprints, {"a": "train", "b": "val", "c": "test"})
    for name, split in (("a", "train"), ("b", "val"), ("c", "test")):
        ((x, y),) = marks(shown, split)
        assert lonlat(shown, x, y) == pytest.approx(places[name], abs=0.05)


def test_all_marks_are_inside_the_frame() -> None:
    rng = np.random.default_rng(3)
    places = rng.uniform((-170, -60), (170, 70), (500, 2))
    footprints = {str(n): shapely.Point(place).buffer(0.01) for n, place in enumerate(places)}
    shown = footprint_map(footprints, dict.fromkeys(footprints, "train"))
    left, top, width, height = shown.frame
    for x, y in marks(shown, "train"):
        assert left <= x <= left + width
        assert top <= y <= top + height


def test_many_pairs_make_a_small_map() -> None:
    rng = np.random.default_rng(3)
    places = rng.uniform((-10, 36), (30, 60), (20_000, 2))
    footprints = {str(n): shapely.box(x, y, x + 0.02, y + 0.02) for n, (x, y) in enumerate(places)}
    splits = {name: ("train", "val", "test")[int(name) % 3] for name in footprints}
    shown = footprint_map(footprints, splits)
    assert sum(layer.pairs for layer in shown.layers) == 20_000
    assert sum(len(layer.marks) + len(layer.outlines) for layer in shown.layers) < 1_200_000


def test_pairs_on_both_sides_of_the_antimeridian_are_near_each_other() -> None:
    footprints = {
        "fiji": shapely.box(179.5, -17, 179.6, -16.9),
        "taveuni": shapely.box(-179.9, -17, -179.8, -16.9),
    }
    shown = footprint_map(footprints, {"fiji": "train", "taveuni": "test"})
    ((west, _),), ((east, _),) = marks(shown, "train"), marks(shown, "test")
    assert west < east
    names = {line.name for line in shown.graticule}
    assert any(name.endswith("W") for name in names)
    assert any(name.endswith("E") for name in names)


def test_a_single_small_footprint_is_in_the_middle_with_its_outline() -> None:
    shown = footprint_map({"a": shapely.box(2, 42, 2.005, 42.005)}, {"a": "val"})
    ((x, y),) = marks(shown, "val")
    left, top, width, height = shown.frame
    assert (x, y) == pytest.approx((left + width / 2, top + height / 2), abs=4)
    (layer,) = [layer for layer in shown.layers if layer.split == "val"]
    assert layer.outlines.count("M") == 1
    assert "1 val" in shown.summary
