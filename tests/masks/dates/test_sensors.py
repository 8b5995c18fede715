"""Sensors, and what a file shares with others by its name."""

from pathlib import Path

import pytest

from migrate_core.errors import MaskError
from migrate_core.masks.checks import IMAGE, UDM
from migrate_core.masks.dates.sensors import SENSORS, beginnings, name_keys, sensor_of
from migrate_core.masks.options import AddOptions
from migrate_core.masks.register.sidecars import Finder
from tests.support.builders import UTM31, north_up, write_raster
from tests.support.masks import PIXELS, added, good, image


@pytest.mark.parametrize(
    ("name", "pixel_m", "expected"),
    [
        ("20200202_101532_1014_3B_AnalyticMS.tif", 3.0, "planetscope"),
        ("20200202_101532_83_24fa_mask.png", None, "planetscope"),
        ("S2A_MSIL2A_20200118T104351_N0214_R008_T31TDG_20200118T134500.tif", 10, "sentinel-2"),
        ("T31TDG_20200118T104351_B02_10m.tif", 10, "sentinel-2"),
        ("ortho_2020.tif", 0.3, "aerial"),
        ("ortho_2020.tif", 3.0, None),
        ("20200202_101532_mask.tif", None, None),
        ("120200202_101532_1014.tif", None, None),
    ],
)
def test_a_sensor_is_known_by_name_or_by_pixels(
    name: str, pixel_m: float | None, expected: str | None
) -> None:
    found = sensor_of(Path(name), pixel_m)
    assert (found.name if found else None) == expected


def test_every_sensor_says_where_its_facts_are_from() -> None:
    assert {sensor.name for sensor in SENSORS} >= {"planetscope", "aerial", "sentinel-2"}
    for sensor in SENSORS:
        assert 0 < sensor.pixel_m[0] <= sensor.pixel_m[1]
        assert sensor.source


def test_a_mask_has_its_sensor_unless_another_is_said(tmp_path: Path) -> None:
    fine = write_raster(tmp_path / "a_20200202.tif", PIXELS, transform=north_up(resolution=0.3))
    degrees = write_raster(
        tmp_path / "b_20200202.tif", PIXELS, crs="EPSG:4326", transform=north_up(2.8, 42.3, 3e-6)
    )
    assert [good(path).source.sensor for path in (fine, degrees)] == ["aerial", "aerial"]
    assert good(fine, sensor="sentinel-2").source.sensor == "sentinel-2"
    coarse = write_raster(tmp_path / "c_20200202.tif", PIXELS)
    assert good(coarse).source.sensor is None
    named = image(tmp_path, "20200202_101532_1014_3B.tif")
    assert good(coarse, image=named).source.sensor == "planetscope"
    assert good(coarse).georeference.crs == UTM31


def test_keys_go_from_the_closest_likeness_to_the_scene() -> None:
    assert list(name_keys(Path("20200202_101532_1014_Water_Mask.tif"))) == [
        "20200202_101532_1014_water_mask",
        "20200202_101532_1014_water",
        "planetscope:20200202_101532_1014",
    ]
    assert list(beginnings("a_1-B c")) == ["a_1-b", "a_1", "a"]
    assert list(beginnings("_a")) == []


# sidecars by these


def found(mask: str, folder: Path, **options: Path) -> tuple[str | None, str | None]:
    """The names of a mask's image and UDM, or what is reported in their place."""
    item = Finder(AddOptions(**options)).sidecars(folder / "masks" / mask)
    if item.obstacles:
        raise MaskError(" ".join(item.obstacles[topic] for topic in (IMAGE, UDM)
                                 if topic in item.obstacles))  # fmt: skip
    return (item.image.name if item.image else None, item.udm.name if item.udm else None)


def files(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_images_and_udms_of_a_scene_may_lie_in_one_folder(tmp_path: Path) -> None:
    scene = "20200202_101532_1014"
    folder = files(
        tmp_path / "scenes", f"{scene}_3B_AnalyticMS_SR.tif", f"{scene}_3B_udm2_clip.tif",
        f"{scene}_metadata.json", "20200203_101532_1014_3B_udm2.tif",
    )  # fmt: skip
    assert found(f"{scene}_mask.tif", tmp_path, image=folder, udm=folder) == (
        f"{scene}_3B_AnalyticMS_SR.tif",
        f"{scene}_3B_udm2_clip.tif",
    )


def test_several_masks_of_one_image_are_told_by_their_beginnings(tmp_path: Path) -> None:
    folder = files(tmp_path / "images", "img1.tif", "img10.tif", "img1_b.tif")
    for mask, expected in (
        ("img1_water.png", "img1.tif"),
        ("img1_mine.png", "img1.tif"),
        ("img1_mask_02.png", "img1.tif"),
        ("img10_water.png", "img10.tif"),
        ("img1_b_water.png", "img1_b.tif"),
        ("img2_water.png", None),
    ):
        assert found(mask, tmp_path, image=folder)[0] == expected


def test_what_fits_equally_well_is_asked_back(tmp_path: Path) -> None:
    folder = files(tmp_path / "images", "a.tif", "a.png", "a_udm.tif", "a-udm2.tif")
    with pytest.raises(MaskError, match=r"several images in .*a\.png, a\.tif.*--mapping"):
        found("a_mask.png", tmp_path, image=folder)
    with pytest.raises(MaskError, match=r"several udms in .*--udm"):
        found("a_mask.png", tmp_path, udm=folder)


def test_what_can_not_be_told_leaves_the_rest_of_the_mask_known(tmp_path: Path) -> None:
    files(tmp_path / "images", "20200202.png", "20200202.jpg")
    path = write_raster(tmp_path / "20200202_mask.tif", PIXELS)
    mask = added(path, image=tmp_path / "images")
    assert "several images" in str(mask.problem)
    assert mask.extent is not None
    assert mask.classes.stored == {"0": 0, "1": 1}
