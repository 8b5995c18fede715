"""The whole pipeline on the demo, measured against its known truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from rasterio.windows import Window

from migrate_core.demo import DemoCase
from migrate_core.masks.options import AddOptions
from migrate_core.masks.register.discovery import mask_files
from migrate_core.model import PairParameters, SceneQuery
from migrate_core.pairs.make import PairTask, make_pair
from migrate_core.scenes.search.search import search
from migrate_core.scenes.sources import open_source
from migrate_core.settings import RankingSettings
from tests.support.masks import inspected

# The whole pipeline takes more than a few seconds.
pytestmark = [pytest.mark.slow, pytest.mark.workers]

CLOUD, SHADOW, CIRRUS = 1, 2, 3


@pytest.fixture(scope="module")
def truth(demo: DemoCase) -> dict[str, Any]:
    return json.loads((demo.truth / "truth.json").read_text())


@pytest.fixture(scope="module")
def pairs(demo: DemoCase, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """A pair of every mask with every L2A scene within 30 days: folder by (stem, sensing time)."""
    folder = tmp_path_factory.mktemp("demo_pairs")
    masks = [
        inspected(path, AddOptions(image=demo.images)) for path in mask_files([demo.masks]).files
    ]
    assert [mask.problem for mask in masks] == [None] * 6
    source = open_source(f"local:{demo.scenes}")
    found = search(masks, [source], SceneQuery(days=30), RankingSettings())
    made = {}
    for mask in masks:
        for ranked in found.ranked[mask.mask_id]:
            moment = f"{ranked.scene.sensed_at:%Y%m%dT%H%M%S}"
            target = folder / f"{mask.mask_id}_{moment}"
            made[Path(mask.path).stem, moment] = target
            task = PairTask(
                target.name,
                mask,
                (ranked.scene,),
                PairParameters(),
                str(target),
                ranked.days_offset,
                ranked.coverage,
            )
            make_pair(task)
    return made


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as dataset:
        return dataset.read()


def true_shares(demo: DemoCase, raster: Path, classes: list[int]) -> np.ndarray:
    """The exact share of the true objects of some classes in each pixel."""
    objects = gpd.read_file(demo.truth / "objects.geojson")
    objects = objects[objects["class"].isin(classes)][["geometry"]].dissolve()
    with rasterio.open(raster) as dataset:
        bounds, shape = dataset.bounds, dataset.shape
    grid = NumPyRasterSource(np.zeros(shape), *bounds)
    shares = np.zeros(shape)
    for found in exact_extract(grid, objects, ["cell_id", "coverage"]):
        cells = np.asarray(found["properties"]["cell_id"], dtype=int)
        np.add.at(shares.reshape(-1), cells, found["properties"]["coverage"])
    return shares


def test_labels_lie_where_the_objects_are(
    demo: DemoCase, pairs: dict[tuple[str, str], Path]
) -> None:
    for folder in {stem: path for (stem, _), path in pairs.items()}.values():
        shares = read(folder / "fractions.tif")
        whole = shares.sum(axis=0) > 0.999
        # Ponds lie in pits: the truth of "anything" is the pits'.
        exact = true_shares(demo, folder / "fractions.tif", [1, 2])
        found = shares[1:].sum(axis=0)
        # The mask's own 3 m raster is all that is lost: a tenth of the pixels on a buffer.
        assert np.abs(found - exact)[whole].mean() < 0.005, folder.name
        rows, columns = np.nonzero(whole)
        offset_px = [
            np.average(axis, weights=found[whole]) - np.average(axis, weights=exact[whole])
            for axis in (rows, columns)
        ]
        assert np.hypot(*offset_px) < 0.1, folder.name


def test_ponds_and_pits_are_told_apart(demo: DemoCase, pairs: dict[tuple[str, str], Path]) -> None:
    folder = next(path for (stem, _), path in pairs.items() if stem.endswith("twin_pits"))
    with rasterio.open(folder / "fractions.tif") as dataset:
        assert dataset.descriptions == ("class 0", "class 1", "class 2")
        shares = dataset.read()
    whole = shares.sum(axis=0) > 0.999
    exact = true_shares(demo, folder / "fractions.tif", [2])
    assert exact[whole].sum() > 10
    assert np.abs(shares[2] - exact)[whole].mean() < 0.005


def test_flags_follow_the_true_clouds_and_shadows(
    demo: DemoCase, pairs: dict[tuple[str, str], Path]
) -> None:
    """Against the truth at 10 m; the scene classification itself is at 20 m."""
    hits = {flag: np.zeros(3) for flag in (4, 8, 16)}
    for (_, moment), folder in pairs.items():
        with rasterio.open(folder / "quality.tif") as dataset:
            flags, bounds = dataset.read(1), dataset.bounds
        with rasterio.open(demo.truth / f"clouds_{moment}.tif") as dataset:
            column, row = (round(n) for n in ~dataset.transform @ (bounds.left, bounds.top))
            window = Window(column, row, flags.shape[1], flags.shape[0])
            true = dataset.read(1, window=window, boundless=True, fill_value=255)
        known = true != 255
        for flag, value in ((4, CLOUD), (8, SHADOW), (16, CIRRUS)):
            flagged, there = flags[known] & flag > 0, true[known] == value
            hits[flag] += [(flagged & there).sum(), flagged.sum(), there.sum()]
    for both, flagged, there in hits.values():
        assert there > 1000
        assert both / flagged > 0.9
        assert both / there > 0.9


def test_no_hidden_label_is_suggested_and_no_clear_one_refused(
    truth: dict[str, Any], pairs: dict[tuple[str, str], Path]
) -> None:
    verdicts = set()
    for stem, mask in truth["masks"].items():
        for scene in mask["scenes"]:
            moment = scene["sensed_at"][:19].replace("-", "").replace(":", "")
            if (stem, moment) not in pairs:
                continue
            label = scene["label"]
            occluded = label["cloud"] + label["shadow"] + label["nodata"]
            document = json.loads((pairs[stem, moment] / "pair.json").read_text())
            verdict = document["suggestion"]["verdict"]
            verdicts.add(verdict)
            if occluded > 0.5:
                assert verdict == "reject", (stem, moment)
            if occluded + label["cirrus"] == 0 and scene["coverage"] == 1:
                assert verdict == "accept", (stem, moment)
    assert verdicts == {"accept", "reject", "unsure"}


def test_the_offset_of_baseline_05_11_is_gone_from_the_pixels(
    pairs: dict[tuple[str, str], Path],
) -> None:
    """Dark ground of the scene of 2024 is as dark as that of the scenes without an offset."""
    darkest: dict[str, list[float]] = {}
    for folder in pairs.values():
        image, flags = read(folder / "image.tif"), read(folder / "quality.tif")[0]
        document = json.loads((folder / "pair.json").read_text())
        clear = flags == 0
        if clear.sum() > 5000:
            baseline = document["scenes"][0]["baseline"]
            darkest.setdefault(baseline, []).append(np.percentile(image[1:4, clear], 1))
    assert set(darkest) == {"03.01", "05.11"}
    assert max(darkest["05.11"]) < 700
    assert abs(np.mean(darkest["05.11"]) - np.mean(darkest["03.01"])) < 300


def test_a_mask_beyond_the_granule_is_flagged_there_and_covered_by_its_share(
    truth: dict[str, Any], pairs: dict[tuple[str, str], Path]
) -> None:
    stem = next(stem for stem in truth["masks"] if stem.endswith("edge_quarry"))
    scene = next(
        s for s in truth["masks"][stem]["scenes"] if s["sensed_at"].startswith("2021-06-2")
    )
    folder = pairs[stem, scene["sensed_at"][:19].replace("-", "").replace(":", "")]
    document = json.loads((folder / "pair.json").read_text())
    assert document["coverage"] == pytest.approx(scene["coverage"], abs=0.005)
    flags = read(folder / "quality.tif")[0]
    inside = flags & 1 == 0
    assert np.mean(flags[inside] & 2 > 0) == pytest.approx(1 - scene["coverage"], abs=0.01)
