"""Clouds of a `cdse` scene by an account alone: one small file of each product, no more."""

from __future__ import annotations

import json
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner, Result
from shapely.geometry import box, mapping

from migrate_core.cli import cli
from migrate_core.demo import DemoCase
from migrate_core.errors import JobCancelledError, SourceError, TransferError
from migrate_core.model import Problem, Scene, SceneQuery
from migrate_core.pairs.run.options import RunOptions
from migrate_core.products.files.granules import find_granules
from migrate_core.products.opening import open_product
from migrate_core.products.pixels.cloud_masks import read_cloud_mask
from migrate_core.scenes.access.opening import open_cloud_files
from migrate_core.scenes.cloud_cover.measure import CloudMeasuring, Unit
from migrate_core.scenes.cloud_cover.scene_clouds import CloudReader
from migrate_core.scenes.search.ranking import Key, Measurement
from migrate_core.scenes.search.search import search
from migrate_core.scenes.sources import open_source
from migrate_core.scenes.sources.cdse.cloud_files import classifications, named_cloud_masks
from migrate_core.scenes.sources.cdse.documents import images_of
from migrate_core.scenes.sources.cdse.fetch import CDSE_LIMITS, CdseFetcher, NoCloudFilesError
from migrate_core.scenes.sources.local import LocalSource
from migrate_core.scenes.sources.protocol import CLOUD_FILES, NotInPlaceError, SceneRequest
from migrate_core.settings import RankingSettings, ServiceSettings
from migrate_core.store.base import open_store
from migrate_core.transfer.product_store import quota_state
from migrate_core.workspace import Workspace
from tests.support import pairs as pair_builders
from tests.support.builders import Safe, a_scene, write_jp2, write_raster, write_safe
from tests.support.jp2 import JP2_OPTIONS
from tests.support.servers.cdse import Cdse, Offered, cdse_running
from tests.support.servers.faulty import Asked, Reply
from tests.support.threads import InThreads
from tests.support.transfer import a_cloud_reader, a_product_store

# 20 m and 60 m pixels divide it.
SIZE = 48
MASK_XML = '<MASK_FILENAME type="MSK_{kind}">GRANULE/other/QI_DATA/{name}</MASK_FILENAME>'
NO_CLOUDS = b'<eop:Mask xmlns:eop="http://www.opengis.net/eop/2.0"/>'


@pytest.fixture
def cdse() -> Iterator[Cdse]:
    with cdse_running() as running:
        yield running


@pytest.fixture
def fetcher(cdse: Cdse, tmp_path: Path) -> CdseFetcher:
    return CdseFetcher(cdse.settings, a_product_store(tmp_path / "workspace"))


def offered(cdse: Cdse, path: Path, number: int = 1, **changes: Any) -> Scene:
    """The scene of a product that the service offers."""
    name = path.name.removesuffix(".SAFE")
    (found,) = find_granules(path)
    cdse.offer(f"u-{number}", path, footprint=mapping(found.footprint), **changes)
    return a_scene(
        name,
        source="cdse",
        href=f"cdse:u-{number}",
        level=found.level,
        tile=found.tile,
        baseline=found.baseline,
        sensed_at=found.sensed_at,
        footprint=found.footprint,
    )


def l2a(tmp_path: Path, **changes: Any) -> Path:
    """A product with both scene classifications; that at 60 m is clouded in its west."""
    safe = Safe(size=SIZE, **changes)
    path = write_safe(tmp_path / "archive", safe)
    classes = np.full((8, 8), 4, dtype=np.uint8)
    classes[:, :4] = 9
    coarse = safe.band_file("SCL").replace("R20m", "R60m").replace("_20m", "_60m")
    write_jp2(path / coarse, classes, safe, "B01")
    return path


def l1c(tmp_path: Path, baseline: str, mask: str | None, *named: str) -> Path:
    """A product with a cloud mask of this name, whose metadata name others."""
    safe = Safe(level="L1C", size=SIZE, baseline=baseline)
    path = write_safe(tmp_path / "archive", safe)
    granule = path / safe.granule
    (granule / "QI_DATA").mkdir()
    if mask is not None and mask.endswith(".jp2"):
        layers = np.zeros((3, 8, 8), dtype=np.uint8)
        layers[0, :, :4] = 1
        write_jp2(granule / "QI_DATA" / mask, layers, safe, "B01")
    elif mask is not None:
        (granule / "QI_DATA" / mask).write_bytes(NO_CLOUDS)
    tile = granule / "MTD_TL.xml"
    masks = "".join(MASK_XML.format(kind=name[4:10], name=name) for name in named)
    text = tile.read_text()
    end = text.rindex("</")
    tile.write_text(f"{text[:end]}<Pixel_Level_QI>{masks}</Pixel_Level_QI>{text[end:]}")
    return path


def asked_for(cdse: Cdse) -> list[str]:
    """The names of the single files that were asked for."""
    assert cdse.server is not None
    return [
        asked.path.removesuffix("/$value").rpartition("Nodes(")[2].removesuffix(")")
        for asked in cdse.server.asked_for("$value")
    ]


def files_in(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


# which files


def test_the_coarsest_classification_comes_first_named_or_not() -> None:
    bands = [f"GRANULE/g/IMG_DATA/R{r}m/T_{b}_{r}m" for b, r in (("B05", 20), ("B09", 60))]
    named = [f"GRANULE/g/IMG_DATA/R{r}m/T_SCL_{r}m" for r in (20, 60)]
    assert classifications([*bands, *named]) == named[::-1]
    assert classifications(bands) == named[::-1]
    assert classifications([*bands, named[1]]) == named[::-1]
    assert classifications(["GRANULE/g/IMG_DATA/T_B05"]) == []


def test_masks_are_named_by_metadata_wherever_these_say_that_they_lie() -> None:
    names = ("MSK_DEFECT_B01.gml", "MSK_CLOUDS_B00.gml", "MSK_CLASSI_B00.jp2")
    masks = "".join(MASK_XML.format(kind=name[4:10], name=name) for name in names)
    xml = f"<a>{masks}{masks}<MASK_FILENAME>../../evil.jp2</MASK_FILENAME></a>".encode()
    assert named_cloud_masks(xml, "P") == list(names[1:])


def test_real_metadata_name_the_files(require_data: Callable[[str], Path]) -> None:
    folder = require_data("safe_metadata_T31UFS")
    masks = []
    for path in folder.rglob("MTD_TL.xml"):
        root = path.parents[2]
        if (main := root / "MTD_MSIL2A.xml").exists():
            first, second = classifications(images_of(main.read_bytes(), root.name))
            assert first.endswith("_SCL_60m")
            assert second.endswith("_SCL_20m")
        masks += named_cloud_masks(path.read_bytes(), root.name)
        assert len(named_cloud_masks(path.read_bytes(), root.name)) == 1
    assert set(masks) == {"MSK_CLASSI_B00.jp2", "MSK_CLOUDS_B00.gml"}


# fetching


def test_of_an_l2a_product_the_smallest_classification_is_fetched(
    cdse: Cdse, fetcher: CdseFetcher, tmp_path: Path
) -> None:
    scene = offered(cdse, l2a(tmp_path))
    fetched = fetcher.fetch(scene, CLOUD_FILES)
    assert asked_for(cdse) == ["MTD_MSIL2A.xml", "T31TDG_20200121T104351_SCL_60m.jp2"]
    folder = Path(fetched.href)
    assert folder == tmp_path / "workspace/products" / f"{scene.scene_id}.clouds"
    assert files_in(folder) == {"SCL_60m.jp2"}
    product = open_cloud_files(scene, folder)
    assert product.grid == Safe(size=SIZE).grid
    assert product.bands == ()
    assert product.scene_classification is not None
    assert product.scene_classification.resolution_m == 60
    fetched.release()
    fetcher.fetch(scene, CLOUD_FILES).release()
    assert len(asked_for(cdse)) == 2


def test_without_the_smallest_classification_the_other_one_is_fetched(
    cdse: Cdse, fetcher: CdseFetcher, tmp_path: Path
) -> None:
    scene = offered(cdse, write_safe(tmp_path / "archive", Safe(size=SIZE)))
    fetched = fetcher.fetch(scene, CLOUD_FILES)
    assert files_in(Path(fetched.href)) == {"SCL_20m.jp2"}
    assert open_cloud_files(scene, Path(fetched.href)).grid == Safe(size=SIZE).grid


RASTER, POLYGONS, TILE = "MSK_CLASSI_B00.jp2", "MSK_CLOUDS_B00.gml", "MTD_TL.xml"


@pytest.mark.parametrize(
    ("baseline", "mask", "named", "fetched"),
    [
        ("04.00", RASTER, [RASTER], [RASTER]),
        ("05.00", POLYGONS, [POLYGONS], [RASTER, TILE, POLYGONS]),
        ("02.09", POLYGONS, [POLYGONS], [TILE, POLYGONS]),
        ("02.09", POLYGONS, [], [TILE, RASTER, POLYGONS]),
        ("02.09", RASTER, [POLYGONS], [TILE, POLYGONS, RASTER]),
    ],
)
def test_of_an_l1c_product_its_cloud_mask_is_fetched(
    cdse: Cdse,
    fetcher: CdseFetcher,
    tmp_path: Path,
    baseline: str,
    mask: str,
    named: list[str],
    fetched: list[str],
) -> None:
    path = l1c(tmp_path, baseline, mask, *named)
    scene = offered(cdse, path)
    cloud_classes = open_cloud_files(scene, Path(fetcher.fetch(scene, CLOUD_FILES).href))
    assert asked_for(cdse) == ["MTD_MSIL1C.xml", *fetched]
    whole = open_product(str(path))
    assert cloud_classes.grid == whole.grid
    found = read_cloud_mask(cloud_classes, whole.grid.coarser(2))
    assert found is not None
    np.testing.assert_array_equal(found, read_cloud_mask(whole, whole.grid.coarser(2)))
    assert found.any() == (mask == RASTER)


def test_a_product_without_any_mask_is_told(cdse: Cdse, tmp_path: Path) -> None:
    scene = offered(cdse, l1c(tmp_path, "04.00", None))
    with pytest.raises(NoCloudFilesError, match="neither a scene classification nor a cloud mask"):
        CdseFetcher(cdse.settings, a_product_store(tmp_path / "w")).fetch(scene, CLOUD_FILES)
    places = a_cloud_reader(cdse.settings, tmp_path / "w")
    with pytest.raises(NotInPlaceError, match="neither a scene classification nor a cloud mask"):
        places.open(scene)


def test_a_cloud_mask_that_could_not_be_fetched_goes_on_where_it_was_interrupted(
    cdse: Cdse, fetcher: CdseFetcher, tmp_path: Path
) -> None:
    scene = offered(cdse, l2a(tmp_path))
    cdse.fault = lambda asked: Reply(403) if "SCL" in asked.path else None
    with pytest.raises(TransferError, match="403"):
        fetcher.fetch(scene, CLOUD_FILES)
    assert not (tmp_path / "workspace/products" / f"{scene.scene_id}.clouds").exists()
    cdse.fault = lambda _: None
    fetcher.fetch(scene, CLOUD_FILES).release()
    assert asked_for(cdse).count("MTD_MSIL2A.xml") == 1


@pytest.mark.parametrize("there", [True, False])
def test_bands_bring_the_cloud_mask_along_where_there_is_one(
    cdse: Cdse, fetcher: CdseFetcher, tmp_path: Path, there: bool
) -> None:
    scene = offered(cdse, l1c(tmp_path, "04.00", RASTER if there else None, RASTER))
    product = open_product(fetcher.fetch(scene, "bands").href)
    assert len(product.bands) == 13
    assert (product.cloud_mask is not None) is there


def test_a_cloud_mask_is_no_product(cdse: Cdse, fetcher: CdseFetcher, tmp_path: Path) -> None:
    skies = [
        fetcher.fetch(offered(cdse, path, number), CLOUD_FILES)
        for number, path in enumerate((l2a(tmp_path), l1c(tmp_path, "02.09", POLYGONS)))
    ]
    assert len(skies) == 2
    source = LocalSource(tmp_path / "workspace/products")
    day = a_scene().sensed_at.date()
    everything = SceneRequest((-180, -90, 180, 90), day.replace(year=2015), day, "L2A")
    with pytest.raises(SourceError, match="no Sentinel-2 product was found"):
        source.search(everything)


# measuring


def measured(
    places: CloudReader, scenes: list[Scene], masks: list[Any]
) -> tuple[dict[Key, Measurement], tuple[Problem, ...]]:
    found: dict[Key, Measurement] = {}
    wanted = [Unit((scene,), tuple(masks)) for scene in scenes]
    problems = CloudMeasuring(places, scenes).run(wanted, found.update, lambda *_: None)
    return found, problems


def days(tmp_path: Path, count: int) -> list[Path]:
    return [l2a(tmp_path, sensed=f"202001{day:02d}T104351") for day in range(1, count + 1)]


@pytest.fixture
def masks(tmp_path: Path) -> list[Any]:
    """Three masks, of which clouds cover two and the western half of the third."""
    return list(pair_builders.numbered_masks(tmp_path / "masks", 3))


def test_a_product_that_is_fetched_as_bands_without_a_mask_is_measured_all_the_same(
    cdse: Cdse, tmp_path: Path
) -> None:
    path = l1c(tmp_path, "04.00", RASTER)
    scene = offered(cdse, path)
    here = Workspace(tmp_path / "workspace")
    shutil.copytree(path, here.products / path.name, ignore=lambda *_: {"QI_DATA"})
    assert CloudReader(cdse.settings, here, open_store(here)).open(scene).cloud_mask is not None


def test_what_is_offline_or_broken_is_told_and_the_others_go_on(
    cdse: Cdse, tmp_path: Path, masks: list[Any]
) -> None:
    paths = days(tmp_path, 8)
    scenes = [offered(cdse, path, n, Online=n > 4) for n, path in enumerate(paths)]
    broken = scenes[6].scene_id

    def fault(asked: Asked) -> Reply | None:
        return Reply(403) if broken in asked.path and "SCL" in asked.path else None

    cdse.fault = fault
    found, problems = measured(a_cloud_reader(cdse.settings, tmp_path / "w"), scenes, masks)
    good = {scenes[5].scene_id, scenes[7].scene_id}
    assert {scene_ids[0] for _, scene_ids in found} == good
    ids = [mask.mask_id for mask in masks]
    for scene_id in good:
        over = [found[mask_id, (scene_id,)].cloud_over_mask_percent for mask_id in ids]
        assert over == [100, 100, 50]
    assert {problem.item for problem in problems} == {"cdse", broken}
    (hint,) = (problem.message for problem in problems if problem.item == "cdse")
    assert "not measured for 5 scenes: the service has the product in its archive" in hint
    assert cdse.server is not None
    assert not any(f"Products(u-{n})/Nodes" in a.path for a in cdse.server.asked for n in range(5))


def test_a_wrong_password_is_tried_once_and_told_once(
    cdse: Cdse, tmp_path: Path, masks: list[Any]
) -> None:
    scenes = [offered(cdse, path, n) for n, path in enumerate(days(tmp_path, 12))]
    wrong = replace(cdse.settings, cdse_password="wrong")
    found, (problem,) = measured(a_cloud_reader(wrong, tmp_path / "w"), scenes, masks)
    assert not found
    assert "for 12 scenes: cdse: CDSE_USERNAME and CDSE_PASSWORD were not" in problem.message
    assert cdse.grants == ["password"]
    assert cdse.server is not None
    # Each thread may have looked one product up before the refusal.
    assert len(cdse.server.asked) <= 1 + 4


def test_without_an_account_nothing_is_asked_and_the_hint_names_both_ways(
    cdse: Cdse, tmp_path: Path, masks: list[Any]
) -> None:
    scenes = [offered(cdse, path, n) for n, path in enumerate(days(tmp_path, 2))]
    nobody = replace(cdse.settings, cdse_username=None)
    _, (problem,) = measured(a_cloud_reader(nobody, tmp_path / "w"), scenes, masks)
    assert "an account (CDSE_USERNAME and CDSE_PASSWORD) or an S3 key" in problem.message
    assert cdse.server is not None
    assert cdse.server.asked == []


def test_a_cancellation_is_heard_while_the_service_makes_it_wait(
    cdse: Cdse, tmp_path: Path, masks: list[Any]
) -> None:
    scenes = [offered(cdse, path, n) for n, path in enumerate(days(tmp_path, 6))]
    waiting = threading.Event()

    def fault(asked: Asked) -> Reply | None:
        if "SCL" not in asked.path:
            return None
        waiting.set()
        return Reply(503, headers={"Retry-After": "50"})

    def cancel(finished: int, total: int) -> None:
        if waiting.is_set():
            raise JobCancelledError("stop")

    cdse.fault = fault
    wanted = [Unit((scene,), tuple(masks)) for scene in scenes]
    places = a_cloud_reader(cdse.settings, tmp_path / "w")
    ended = threading.Event()

    def run() -> None:
        with pytest.raises(JobCancelledError):
            CloudMeasuring(places, scenes).run(wanted, lambda _: None, cancel)
        ended.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ended.wait(20)
    assert len([name for name in asked_for(cdse) if "SCL" in name]) <= 4


def test_pairs_are_made_of_bands_after_measuring(
    cdse: Cdse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    safe = pair_builders.Safe()
    path = pair_builders.write_safe(tmp_path / "archive", safe)
    cdse.offer("u-1", path, footprint=mapping(box(2.5, 42.0, 3.5, 43.0)))
    case = pair_builders.open_case(tmp_path / "workspace")
    case.store.put_masks(pair_builders.numbered_masks(tmp_path / "masks", 3))
    sources = [open_source("cdse", cdse.settings)]
    outcome = search(case.store.masks(), sources, SceneQuery(), RankingSettings())
    case.store.put_scenes(outcome.scenes)
    case.store.put_candidates(outcome.ranked)
    places = CloudReader(cdse.settings, case.workspace, case.store)
    found, problems = measured(places, list(outcome.scenes), case.store.masks())
    assert not problems
    assert len(found) == 3
    made = case.make(RunOptions(workers=1, services=cdse.settings))
    assert (made.made, made.failed) == (3, 0)
    document = json.loads(
        (case.workspace.pair(case.store.pairs()[0].pair_id) / "pair.json").read_text()
    )
    assert document["scenes"][0]["pixels_from"]["access"] == "bands"
    names = {entry.name for entry in case.workspace.products.iterdir()}
    assert {f"{safe.name}.SAFE", f"{safe.name}.clouds"} <= names
    case.store.engine.dispose()


# the demo, by an account and on this machine


def searched(workspace: Path, *words: object) -> Result:
    command = ["--workspace", str(workspace), "scenes", "search", *map(str, words)]
    return CliRunner().invoke(cli, [*command, "--measure-clouds", "--json"])


def unpacked(demo: DemoCase, level: str, folder: Path) -> Iterator[Path]:
    """The demo's products of a level as folders."""
    for path in sorted(demo.scenes.glob(f"*_MSI{level}_*")):
        if path.suffix != ".zip":
            yield path
            continue
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        yield folder / f"{path.stem}.SAFE"


def percentages(result: Result) -> dict[tuple[str, str], tuple[float, float]]:
    """Cloud over the mask and occluded label in percent, by mask and scene."""
    assert result.exit_code == 0, result.stderr
    return {
        (item["mask_id"], scene["scene_id"]): (
            scene["cloud_over_mask_percent"],
            100 * (1 - scene["terms"]["clear_label"]),
        )
        for item in json.loads(result.stdout)
        for scene in item["scenes"]
    }


def with_account(monkeypatch: pytest.MonkeyPatch, services: ServiceSettings) -> None:
    for name in ("odata_url", "download_url", "token_url", "username", "password"):
        monkeypatch.setenv(f"CDSE_{name.upper()}", str(getattr(services, f"cdse_{name}")))


def as_coarse(product: Path, folder: Path) -> None:
    """A copy of an L2A product whose classification at 20 m says what that at 60 m does."""
    copy = Path(shutil.copytree(product, folder / product.name))
    (fine,) = copy.rglob("*_SCL_20m.jp2")
    (coarse,) = copy.rglob("*_SCL_60m.jp2")
    with rasterio.open(coarse) as dataset:
        pixels = np.kron(dataset.read(1), np.ones((3, 3), dtype=np.uint8))
        place = {
            "crs": dataset.crs.to_string(),
            "transform": dataset.transform @ Affine.scale(1 / 3),
        }
    write_raster(fine, pixels, **place, **JP2_OPTIONS)


@pytest.mark.parametrize("level", ["L2A", "L1C"])
def test_the_demo_is_measured_alike_by_an_account_and_on_this_machine(
    cdse: Cdse, demo: DemoCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    offers = list(unpacked(demo, level, tmp_path / "unpacked"))
    for number, path in enumerate(offers):
        (found,) = find_granules(path)
        cdse.offer(f"u-{number}", path, footprint=mapping(found.footprint))
        if level == "L2A":
            as_coarse(path, tmp_path / "coarse")
    with_account(monkeypatch, cdse.settings)
    here, there = tmp_path / "here", tmp_path / "there"
    for workspace in (here, there):
        command = ["--workspace", str(workspace), "masks", "add", str(demo.masks)]
        assert CliRunner().invoke(cli, command).exit_code == 0
    local = searched(here, "--source", f"local:{demo.scenes}", "--level", level)
    remote = searched(there, "--source", "cdse", "--level", level)
    # The same scenes are chosen.
    assert selected(remote) == selected(local)
    over, wanted = percentages(remote), percentages(local)
    assert over.keys() == wanted.keys()
    if level == "L1C":
        assert over == wanted
    else:
        # Classes of 60 m are those of the worst pixel in them.
        more = np.array([over[key] for key in over]) - [wanted[key] for key in over]
        assert more.min() >= 0
        assert more.max() < 7
        coarse = searched(here, "--source", f"local:{tmp_path / 'coarse'}", "--refresh")
        assert over == percentages(coarse)
    # What it took: one login, each file once, and what the quota is told of is what they have.
    assert cdse.grants == ["password"]
    names = asked_for(cdse)
    assert len(names) == {"L2A": 2 * 5, "L1C": 1 * 2 + 4 * 3}[level]
    assert not any("_B" in name and name.startswith("T33") for name in names)
    received = quota_state(open_store(Workspace(there)), CDSE_LIMITS).bytes
    assert 0 < received < 0.1 * sum(len(offer.content) for offer in cdse.products.values())
    assert received == sum(map(size_of, cdse.products.values()))
    # Never again, not even to measure again.
    for again in ((), ("--refresh",)):
        found = searched(there, "--source", "cdse", "--level", level, *again)
        assert percentages(found) == over
    assert asked_for(cdse) == names
    assert cdse.grants == ["password"]


def size_of(offer: Offered) -> int:
    """The bytes of what is fetched of a product."""
    raster = any(name.endswith(RASTER) for name in offer.files)
    mask = "MTD_TL.xml", POLYGONS
    needed = ("_SCL_60m.jp2",) if "MSIL2A" in offer.entry["Name"] else (RASTER,) if raster else mask
    return sum(
        len(content)
        for name, content in offer.files.items()
        if name.endswith(needed) or name.startswith("MTD_MSIL")
    )


def selected(result: Result) -> dict[str, str]:
    """The chosen scene of each mask."""
    return {
        item["mask_id"]: scene["scene_id"]
        for item in json.loads(result.stdout)
        for scene in item["scenes"]
        if scene["selected"]
    }
