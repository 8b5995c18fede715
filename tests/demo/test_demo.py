"""The synthetic case is what it says: its pixels, metadata and truth agree with each other."""

import json
import xml.etree.ElementTree as ET
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.enums import Resampling
from rasterio.features import rasterize
from rasterio.warp import reproject, transform_geom
from shapely.geometry import shape

from migrate_core.demo import DemoCase, case, make_demo
from migrate_core.demo.acquisitions import ACQUISITIONS
from migrate_core.demo.grids import UTM, granule_transform, ground_transform
from migrate_core.demo.ground.landscape import Landscape
from migrate_core.demo.ground.mines import make_mines
from migrate_core.demo.ground.paint import make_landscape
from migrate_core.demo.product.product import Product as SafeProduct
from migrate_core.demo.product.safe_writer import product_files
from migrate_core.demo.scene import NOISE, PATH_REFLECTANCE
from migrate_core.demo.sites import SITES, image_array, mask_array

# The whole pipeline takes more than a few seconds.
pytestmark = pytest.mark.slow

SEED = 7
CLOUD, SHADOW, CIRRUS, NO_DATA = 1, 2, 3, 255
CLEAR_JUNE, AUGUST = "20210622T101031", "20240815T101031"
SWATH_END, CLOUDED, MISLEADING = "20210607T100559", "20210612T101031", "20210617T100559"
TIMES = (SWATH_END, CLOUDED, MISLEADING, CLEAR_JUNE, AUGUST)


@pytest.fixture(scope="module")
def steps() -> list[tuple[int, int]]:
    """What the making of the demo says of how far it is."""
    return []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]]) -> DemoCase:
    folder = tmp_path_factory.mktemp("workspace") / "demo"
    return make_demo(folder, SEED, progress=lambda *step: steps.append((step[0], step[1])))


@pytest.fixture(scope="module")
def ground() -> Landscape:
    mines = make_mines(np.random.default_rng((SEED, 1)))
    return make_landscape(np.random.default_rng((SEED, 2)), mines)


@pytest.fixture(scope="module")
def truth(demo: DemoCase) -> dict:
    return json.loads((demo.truth / "truth.json").read_text())["masks"]


@pytest.fixture(scope="module")
def objects(demo: DemoCase) -> list[dict]:
    return json.loads((demo.truth / "objects.geojson").read_text())["features"]


class Product:
    """A product of the case, folder or zip, found by level and sensing time."""

    def __init__(self, demo: DemoCase, level: str, time: str) -> None:
        (self.path,) = demo.scenes.glob(f"*MSI{level}_{time}_*")
        self.level = level
        self.zipped = self.path.suffix == ".zip"
        if self.zipped:
            with zipfile.ZipFile(self.path) as archive:
                names = archive.namelist()
            self.root = f"/vsizip/{self.path}"
        else:
            names = [path.relative_to(self.path.parent).as_posix() for path in self.path.rglob("*")]
            self.root = str(self.path.parent)
        self.names = names

    def find(self, ending: str) -> str:
        (name,) = (name for name in self.names if name.endswith(ending))
        return name

    def read(self, ending: str) -> np.ndarray:
        with rasterio.open(f"{self.root}/{self.find(ending)}") as dataset:
            return dataset.read().squeeze()

    def band(self, band: str, metres: int) -> np.ndarray:
        return self.read(f"_{band}_{metres}m.jp2" if self.level == "L2A" else f"_{band}.jp2")

    def xml(self, ending: str) -> ET.Element:
        name = self.find(ending)
        if self.zipped:
            with zipfile.ZipFile(self.path) as archive:
                return ET.fromstring(archive.read(name))
        return ET.fromstring((self.path.parent / name).read_bytes())


def clouds(demo: DemoCase, time: str) -> np.ndarray:
    with rasterio.open(demo.truth / f"clouds_{time}.tif") as dataset:
        assert dataset.transform == granule_transform(10)
        return dataset.read(1)


def blocks(array: np.ndarray, factor: int) -> np.ndarray:
    """(rows, columns, pixels) of the blocks of `factor` x `factor` pixels."""
    rows, columns = (side // factor for side in array.shape)
    return array.reshape(rows, factor, columns, factor).swapaxes(1, 2).reshape(rows, columns, -1)


def mask_path(demo: DemoCase, site: str) -> Path:
    (path,) = demo.masks.glob(f"*_{site}.tif")
    return path


def centres(dataset: rasterio.DatasetReader) -> tuple[np.ndarray, np.ndarray]:
    column, row = np.meshgrid(np.arange(dataset.width) + 0.5, np.arange(dataset.height) + 0.5)
    t = dataset.transform
    return t.a * column + t.b * row + t.c, t.d * column + t.e * row + t.f


# --- making it


def test_a_second_call_finds_the_case_and_touches_nothing(demo):
    directory = demo.truth.parent
    before = {path: path.stat().st_mtime_ns for path in directory.rglob("*")}

    assert make_demo(directory, SEED) == demo
    assert {path: path.stat().st_mtime_ns for path in directory.rglob("*")} == before


def test_nothing_is_left_beside_the_case(demo):
    assert [path.name for path in demo.truth.parent.parent.iterdir()] == ["demo"]


def test_each_part_that_is_made_is_told(demo, steps):
    assert demo.truth.is_dir()
    total = len(SITES) + 3 * len(ACQUISITIONS)
    assert steps == [(number, total) for number in range(1, total + 1)]


def test_a_failure_leaves_neither_a_half_case_nor_scratch(tmp_path, monkeypatch):
    def fail(directory: Path, seed: int, progress: object) -> None:
        directory.mkdir()
        (directory / "half").write_text("")
        raise RuntimeError("no more")

    monkeypatch.setattr(case, "_write", fail)

    with pytest.raises(RuntimeError, match="no more"):
        make_demo(tmp_path / "demo")
    assert list(tmp_path.iterdir()) == []


def test_another_seed_in_the_same_directory_is_refused(demo):
    with pytest.raises(FileExistsError, match="seed 7, not of seed 8"):
        make_demo(demo.truth.parent, SEED + 1)


def test_a_directory_with_other_things_is_refused_and_kept(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(FileExistsError, match="isn't a demo case"):
        make_demo(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_same_seed_gives_the_same_masks_and_images(demo, ground):
    mines = make_mines(np.random.default_rng((SEED, 1)))
    for site in SITES:
        with rasterio.open(demo.masks / f"{site.stem}.tif") as mask:
            np.testing.assert_array_equal(mask.read(1), mask_array(site, mines))
        with rasterio.open(demo.images / f"{site.stem}.tif") as image:
            np.testing.assert_array_equal(image.read(), image_array(site, ground, SEED))


def test_the_same_seed_gives_the_same_bytes_of_a_product(demo, ground):
    mines = make_mines(np.random.default_rng((SEED, 1)))
    scene = case._acquire(ground.average_shares(), mines, SEED, ACQUISITIONS[-1])
    files = product_files(SafeProduct(scene, "L1C"))
    folder = Product(demo, "L1C", AUGUST).path

    assert len(files) == 13 + 5
    for path, content in files.items():
        assert (folder / path).read_bytes() == content


def test_another_seed_gives_other_mines():
    one, other = (make_mines(np.random.default_rng((seed, 1))) for seed in (SEED, SEED + 1))

    assert one == make_mines(np.random.default_rng((SEED, 1)))
    assert not one[0].pit.polygon().equals(other[0].pit.polygon())


# --- products


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("level", ["L1C", "L2A"])
@pytest.mark.parametrize("time", TIMES)
def test_gdal_reads_every_product_through_its_metadata(demo, level, time):
    product = Product(demo, level, time)
    name = product.find(f".SAFE/MTD_MSI{level}.xml")
    with rasterio.open(f"{product.root}/{name}") as dataset:
        assert dataset.driver == "SENTINEL2"
        subdatasets = {text.split(":")[-2]: text for text in dataset.subdatasets}
    with rasterio.open(subdatasets["20m"]) as dataset:
        assert dataset.crs == UTM
        assert dataset.transform == granule_transform(20)
        first = next(i for i, text in enumerate(dataset.descriptions, 1) if text.startswith("B5"))
        np.testing.assert_array_equal(dataset.read(first), product.band("B05", 20))


def test_one_zip_is_stored_and_one_deflated_and_both_have_the_safe_folder_as_root(demo):
    methods = set()
    for path in demo.scenes.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            methods |= {member.compress_type for member in archive.infolist()}
            assert {name.split("/")[0] for name in archive.namelist()} == {f"{path.stem}.SAFE"}
    assert methods == {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@pytest.mark.parametrize("level", ["L1C", "L2A"])
@pytest.mark.parametrize("time", TIMES)
def test_metadata_name_the_files_and_the_lattice(demo, level, time):
    product = Product(demo, level, time)
    metadata, tile = product.xml(f".SAFE/MTD_MSI{level}.xml"), product.xml("MTD_TL.xml")

    images = {f"{element.text}.jp2" for element in metadata.iter("IMAGE_FILE")}
    assert images == {
        name.partition(".SAFE/")[2] for name in product.names if "/IMG_DATA/" in name
        and name.endswith(".jp2")
    }  # fmt: skip
    assert metadata.findtext(".//PRODUCT_URI") == product.names[0].split("/")[0]
    sensed = datetime.strptime(time, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    start = datetime.fromisoformat(metadata.findtext(".//PRODUCT_START_TIME"))
    assert start.replace(microsecond=0) == sensed
    for metres in (10, 20, 60):
        size = tile.find(f".//Size[@resolution='{metres}']")
        position = tile.find(f".//Geoposition[@resolution='{metres}']")
        assert size.findtext("NCOLS") == size.findtext("NROWS") == str(6000 // metres)
        transform = granule_transform(metres)
        assert float(position.findtext("ULX")) == transform.c
        assert float(position.findtext("ULY")) == transform.f


@pytest.mark.parametrize(("level", "tag"), [("L1C", "RADIO_ADD_OFFSET"), ("L2A", "BOA_ADD_OFFSET")])
def test_only_the_new_baseline_has_an_offset_for_all_thirteen_bands(demo, level, tag):
    new = Product(demo, level, AUGUST).xml(f".SAFE/MTD_MSI{level}.xml")
    old = Product(demo, level, CLEAR_JUNE).xml(f".SAFE/MTD_MSI{level}.xml")

    assert [(e.get("band_id"), e.text) for e in new.iter(tag)] == [
        (str(band_id), "-1000") for band_id in range(13)
    ]
    assert list(old.iter(tag)) == []


@pytest.mark.parametrize("time", [CLEAR_JUNE, MISLEADING, AUGUST])
@pytest.mark.parametrize(("band", "metres"), [("B04", 10), ("B8A", 20), ("B01", 60)])
def test_a_clear_pixel_is_the_area_average_of_the_ground(demo, ground, time, band, metres):
    season = "august" if time == AUGUST else "june"
    expected = np.zeros((6000 // metres,) * 2, np.float32)
    reproject(
        ground.reflectance((band,), season)[0],
        expected,
        src_transform=ground_transform(),
        src_crs=UTM,
        dst_transform=granule_transform(metres),
        dst_crs=UTM,
        resampling=Resampling.average,
    )
    offset = -1000 if time == AUGUST else 0
    found = (Product(demo, "L2A", time).band(band, metres).astype(float) + offset) / 10000
    clear = (blocks(clouds(demo, time), metres // 10) == 0).all(axis=-1)
    error = (found - expected)[clear]

    assert clear.mean() > 0.5
    assert abs(error.mean()) < NOISE / 20
    assert error.std() == pytest.approx(NOISE, rel=0.05)
    assert np.abs(error).max() < 6 * NOISE


def test_levels_differ_by_the_air_alone_and_only_l1c_has_b10(demo):
    surface, top = Product(demo, "L2A", CLEAR_JUNE), Product(demo, "L1C", CLEAR_JUNE)
    difference = top.band("B02", 10).astype(int) - surface.band("B02", 10)

    assert np.abs(difference - 10000 * PATH_REFLECTANCE[1]).max() <= 1
    assert not any("B10" in name for name in surface.names)


def test_b10_shows_cirrus_and_not_the_ground(demo):
    b10 = Product(demo, "L1C", SWATH_END).band("B10", 60)
    classes = blocks(clouds(demo, SWATH_END), 6)
    cirrus, clear = (classes == CIRRUS).all(-1), (classes == 0).all(-1)

    assert b10[cirrus].mean() > b10[clear].mean() + 50


# --- the clouds


@pytest.mark.parametrize("time", TIMES)
def test_the_scene_classification_agrees_with_the_true_sky(demo, time):
    scl = Product(demo, "L2A", time).band("SCL", 20)
    cloud_layers = blocks(clouds(demo, time), 2)

    no_data = (cloud_layers == NO_DATA).any(-1)
    cloud = (cloud_layers == CLOUD).any(-1) & ~no_data
    shadow = (cloud_layers == SHADOW).any(-1) & ~cloud & ~no_data
    cirrus = (cloud_layers == CIRRUS).any(-1) & ~shadow & ~cloud & ~no_data
    np.testing.assert_array_equal(scl == 0, no_data)
    np.testing.assert_array_equal(np.isin(scl, (8, 9)), cloud)
    np.testing.assert_array_equal(scl == 3, shadow)
    np.testing.assert_array_equal(scl == 10, cirrus)
    assert np.isin(scl[(cloud_layers == 0).all(-1)], (4, 5, 6)).all()


@pytest.mark.parametrize("level", ["L1C", "L2A"])
@pytest.mark.parametrize("time", TIMES)
def test_the_metadata_give_the_true_cloud_percentage(demo, level, time):
    cloud_layers = clouds(demo, time)
    cloudy = 100 * np.isin(cloud_layers, (CLOUD, CIRRUS)).sum() / (cloud_layers != NO_DATA).sum()
    product = Product(demo, level, time)
    metadata, tile = product.xml(f".SAFE/MTD_MSI{level}.xml"), product.xml("MTD_TL.xml")

    percent = float(metadata.findtext(".//Cloud_Coverage_Assessment"))
    assert percent == pytest.approx(cloudy, abs=1e-5)
    assert float(tile.findtext(".//CLOUDY_PIXEL_PERCENTAGE")) == percent


@pytest.mark.parametrize("time", [SWATH_END, CLOUDED, MISLEADING, AUGUST])
def test_shadows_lie_where_the_sun_of_the_metadata_throws_them(demo, time):
    sun = Product(demo, "L1C", time).xml("MTD_TL.xml").find(".//Mean_Sun_Angle")
    zenith, azimuth = (
        np.radians(float(sun.findtext(tag))) for tag in ("ZENITH_ANGLE", "AZIMUTH_ANGLE")
    )
    height_m = 700 if time == MISLEADING else 1000
    length = height_m * np.tan(zenith) / 10
    right, down = round(-length * np.sin(azimuth)), round(length * np.cos(azimuth))
    cloud_layers = clouds(demo, time)
    # Away from the edges, so that no cloud outside the granule takes part.
    row, column = (index[200:400, 200:400] for index in np.indices(cloud_layers.shape))
    source = cloud_layers[row - down, column - right] == CLOUD
    here = cloud_layers[200:400, 200:400]

    seen = ~np.isin(here, (CLOUD, NO_DATA))
    assert source[seen].any()
    np.testing.assert_array_equal(here[seen] == SHADOW, source[seen])


@pytest.mark.parametrize("time", [SWATH_END, CLOUDED])
def test_the_vector_cloud_mask_is_half_covered_60_m_pixels(demo, time):
    root = Product(demo, "L1C", time).xml("MSK_CLOUDS_B00.gml")
    gml = "{http://www.opengis.net/gml/3.2}"
    areas: dict[str, list] = {"OPAQUE": [], "CIRRUS": []}
    for feature in root.iter("{http://www.opengis.net/eop/2.0}MaskFeature"):
        rings = [
            np.array(ring.text.split(), float).reshape(-1, 2)
            for ring in feature.iter(f"{gml}posList")
        ]
        areas[feature[0].text].append(shapely.Polygon(rings[0], rings[1:]))
    cloud_layers = blocks(clouds(demo, time), 6)
    opaque = (cloud_layers == CLOUD).mean(-1) >= 0.5
    cirrus = ((cloud_layers == CIRRUS).mean(-1) >= 0.5) & ~opaque

    for kind, expected in (("OPAQUE", opaque), ("CIRRUS", cirrus)):
        found = rasterize(areas[kind], expected.shape, transform=granule_transform(60))
        np.testing.assert_array_equal(found == 1, expected)


def test_a_clear_scene_has_a_cloud_mask_without_members(demo):
    root = Product(demo, "L2A", CLEAR_JUNE).xml("MSK_CLOUDS_B00.gml")

    assert [element.tag.rpartition("}")[2] for element in root] == ["name"]


def test_the_raster_cloud_mask_has_opaque_cirrus_and_snow(demo):
    opaque, cirrus, snow = Product(demo, "L1C", AUGUST).read("MSK_CLASSI_B00.jp2")
    cloud_layers = blocks(clouds(demo, AUGUST), 6)

    np.testing.assert_array_equal(opaque == 1, (cloud_layers == CLOUD).mean(-1) >= 0.5)
    assert cirrus.any()
    assert not (cirrus & opaque).any()
    assert not snow.any()


def test_where_the_swath_ends_all_bands_are_zero_and_the_footprint_says_so(demo):
    product = Product(demo, "L1C", SWATH_END)
    text = product.xml(".SAFE/MTD_MSIL1C.xml").findtext(".//EXT_POS_LIST")
    latitude, longitude = np.array(text.split(), float).reshape(-1, 2).T
    footprint = transform_geom(
        "EPSG:4326",
        UTM,
        {"type": "Polygon", "coordinates": [list(zip(longitude, latitude, strict=True))]},
    )
    inside = rasterize([footprint], (600, 600), transform=granule_transform(10)) == 1
    no_data = clouds(demo, SWATH_END) == NO_DATA

    # A corner of the footprint may fall to the other side of a pixel's centre by rounding.
    assert (inside == no_data).sum() <= 2
    assert 0.05 < no_data.mean() < 0.15
    np.testing.assert_array_equal(product.band("B08", 10) == 0, no_data)
    np.testing.assert_array_equal(product.band("B01", 60) == 0, blocks(no_data, 6).any(-1))


# --- masks and images


def test_each_mask_has_an_image_of_the_same_stem_and_grid(demo):
    names = sorted(path.name for path in demo.masks.iterdir())

    assert len(names) == 6
    assert sorted(path.name for path in demo.images.iterdir()) == names
    for name in names:
        with rasterio.open(demo.masks / name) as mask, rasterio.open(demo.images / name) as image:
            assert (mask.dtypes, image.dtypes) == (("uint8",), ("uint16",) * 4)
            assert (mask.shape, mask.transform, mask.crs) == (
                image.shape,
                image.transform,
                image.crs,
            )
            assert image.nodata == 0


@pytest.mark.parametrize(
    ("site", "values", "nodata"),
    [
        ("north_pit", {0, 1}, None),
        ("east_quarry", {0, 1}, None),
        ("west_pit", {0, 1, 255}, 255),
        ("edge_quarry", {0, 1}, None),
        ("twin_pits", {0, 1, 2}, None),
        ("south_mine", {0, 255}, None),
    ],
)
def test_a_mask_is_the_class_at_its_pixel_centres(demo, truth, objects, site, values, nodata):
    with rasterio.open(mask_path(demo, site)) as dataset:
        mask = dataset.read(1)
        x, y = centres(dataset)
        assert dataset.nodata == nodata
    assert set(np.unique(mask).tolist()) == values

    record = truth[mask_path(demo, site).stem]
    expected = np.zeros_like(mask)
    for kind in ("pit", "pond"):
        for feature in objects:
            if feature["properties"]["kind"] == kind:
                inside = shapely.contains_xy(shape(feature["geometry"]), x, y)
                expected[inside] = record["mask_values"][kind]
    if nodata is not None:
        expected[~shapely.contains_xy(shape(record["footprint"]), x, y)] = nodata
    # A centre on an outline, to the centimetre, may go either way.
    assert (mask != expected).sum() <= 3


def test_one_mask_is_rotated_by_its_transform_and_one_inside_its_raster(demo):
    with rasterio.open(mask_path(demo, "east_quarry")) as dataset:
        t = dataset.transform
        assert np.degrees(np.arctan2(-t.d, t.a)) == pytest.approx(12)
        assert np.hypot(t.a, t.d) == pytest.approx(3)
    path = mask_path(demo, "west_pit")
    with rasterio.open(path) as mask, rasterio.open(demo.images / path.name) as image:
        assert mask.transform.b == 0
        outside = mask.read(1) == 255
        np.testing.assert_array_equal((image.read() == 0).all(axis=0), outside)
    assert outside[0, 0]
    assert outside[-1, -1]
    assert 0.2 < outside.mean() < 0.5


def test_one_label_reaches_over_the_edge_of_the_granule(demo):
    with rasterio.open(mask_path(demo, "edge_quarry")) as dataset:
        x, _ = centres(dataset)
        labelled = x[dataset.read(1) == 1]
    edge = granule_transform(10).c + 6000

    assert (labelled > edge).any()
    assert (labelled < edge).mean() > 0.5


@pytest.mark.parametrize("site", [site.name for site in SITES])
def test_pits_are_brighter_than_what_surrounds_them_in_the_image(demo, objects, site):
    path = mask_path(demo, site)
    with rasterio.open(path) as mask, rasterio.open(demo.images / path.name) as image:
        red = image.read(3)
        pits = [o["geometry"] for o in objects if o["properties"]["kind"] == "pit"]
        ponds = [o["geometry"] for o in objects if o["properties"]["kind"] == "pond"]
        pit = rasterize(pits, mask.shape, transform=mask.transform) == 1
        pond = rasterize(ponds, mask.shape, transform=mask.transform) == 1 if ponds else pit & False

    assert np.median(red[pit & ~pond & (red > 0)]) > 1.5 * np.median(red[~pit & (red > 0)])


# --- the truth


def test_the_truth_holds_the_story_of_the_case(truth):
    june = {stem: record for stem, record in truth.items() if stem.startswith("2021")}
    best = {record["site"]: record["best"][:10] for record in truth.values()}

    assert best == {
        "north_pit": "2021-06-17",
        "east_quarry": "2021-06-07",
        "west_pit": "2021-06-17",
        "edge_quarry": "2021-06-17",
        "twin_pits": "2021-06-17",
        "south_mine": "2024-08-15",
    }
    for record in june.values():
        closest = min(record["scenes"], key=lambda item: abs(item["days_offset"]))
        assert closest["sensed_at"].startswith("2021-06-12")
        assert closest["label"]["cloud"] > 0.7
    usable = {record["site"]: len(record["usable"]) for record in truth.values()}
    assert usable["edge_quarry"] == 0
    assert min(count for site, count in usable.items() if site != "edge_quarry") >= 1


def test_the_misleading_scene_is_cloudy_everywhere_but_over_the_labels(demo, truth):
    cloud_layers = clouds(demo, MISLEADING)

    assert 0.25 < (cloud_layers == CLOUD).mean() < 0.35
    for record in truth.values():
        for item in record["scenes"]:
            if item["sensed_at"].startswith("2021-06-17"):
                assert set(item["label"].values()) == {0.0}


def test_cloud_shares_are_those_under_the_masks_own_pixels(demo, truth):
    for stem, record in truth.items():
        with rasterio.open(demo.masks / f"{stem}.tif") as dataset:
            mask = dataset.read(1)
            x, y = centres(dataset)
        labelled = np.isin(mask, list(record["mask_values"].values()))
        if record["nodata"] is not None:
            labelled &= mask != record["nodata"]
        t = granule_transform(10)
        column = np.floor((x - t.c) / 10).astype(int)
        row = np.floor((t.f - y) / 10).astype(int)
        inside = labelled & (column < 600) & (row < 600)
        for item in record["scenes"]:
            time = item["sensed_at"][:19].replace("-", "").replace(":", "")
            cloud_layers = clouds(demo, time)[row[inside], column[inside]]
            valid = cloud_layers[cloud_layers != NO_DATA]
            assert item["label"]["nodata"] == pytest.approx(
                (cloud_layers == NO_DATA).mean(), abs=0.01
            )
            for name, value in (("cloud", CLOUD), ("shadow", SHADOW), ("cirrus", CIRRUS)):
                share = (valid == value).mean() if len(valid) else 0
                assert item["label"][name] == pytest.approx(share, abs=0.01)


def test_objects_name_their_crs_and_ponds_lie_in_their_pits(demo, objects):
    document = json.loads((demo.truth / "objects.geojson").read_text())
    pits = {o["properties"]["name"]: shape(o["geometry"]) for o in objects[::-1]
            if o["properties"]["kind"] == "pit"}  # fmt: skip
    ponds = [o for o in objects if o["properties"]["kind"] == "pond"]

    assert document["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::32633"
    assert len(ponds) == 3
    for pond in ponds:
        assert pits[pond["properties"]["name"]].contains(shape(pond["geometry"]))
