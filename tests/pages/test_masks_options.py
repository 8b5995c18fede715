"""The options of adding masks on their page: each reaches the command, and shows what it does."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box
from streamlit.testing.v1 import AppTest

from migrate_core.acquired import Acquired
from migrate_core.job_requests import AddMasks
from migrate_core.jobs.background import latest_job
from migrate_core.masks.options import AddOptions, VectorOptions
from migrate_core.model import Mask
from migrate_core.store.base import Store, open_store
from migrate_core.store.jobs import request_of
from migrate_core.store.masks import MaskFilter, list_masks
from migrate_core.workspace import Workspace
from tests.support.app import open_page
from tests.support.background import note_launches, read
from tests.support.builders import NORTH, WEST, labels, north_up, write_raster

PIXELS = labels("0012", "0112", "2222")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store of an empty workspace, which the app opens; what it starts is done at once."""
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "workspace"))
    note_launches(monkeypatch, at_once=True)
    found = open_store(Workspace(tmp_path / "workspace"))
    yield found
    found.engine.dispose()


def asked(store: Store) -> AddMasks:
    """What the page started last."""
    job = latest_job(store, "masks")
    assert job is not None
    return read(request_of(store, job.job_id))


def opened() -> AppTest:
    return open_page("pages/1_Masks.py")


def shown(app: AppTest) -> AppTest:
    """The page after a run that must not have failed."""
    assert not app.exception
    assert not app.error, app.error[0].value
    return app


def option(app: AppTest, kind: str, name: str, where: str = "folder") -> Any:
    """The widget of an option; that of a choice has its choices in the key."""
    begin = f"masks_option_{where}_{name}"
    (found,) = [w for w in getattr(app, kind) if w.key == begin or w.key.startswith(f"{begin}_")]
    return found


def named(app: AppTest, place: Path) -> AppTest:
    return shown(app.text_input(key="masks_folder").set_value(str(place)).run())


def press(app: AppTest, key: str) -> AppTest:
    return shown(app.button(key=key).click().run())


def by_name(store: Store) -> dict[str, Mask]:
    return {mask.name: mask for mask in list_masks(store, MaskFilter(), 0, 100)}


def layer(path: Path) -> Path:
    """Two fields with crop and date, 500 m apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shapes = [box(WEST + x, NORTH - 200, WEST + x + 100, NORTH - 100) for x in (0, 500)]
    columns = {"crop": ["maize", "wheat"], "seen": ["2020-05-01", "2020-06-01"]}
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:32631").to_file(path, driver="GPKG")
    return path


def test_a_pattern_is_shown_at_work_on_the_files_of_the_folder(
    store: Store, tmp_path: Path
) -> None:
    write_raster(tmp_path / "masks" / "a_12.05.2020.tif", PIXELS)
    write_raster(tmp_path / "masks" / "b.tif", PIXELS)
    app = named(opened(), tmp_path / "masks")
    option(app, "text_input", "date-pattern").set_value("*_DD.MM.YYYY*")
    shown(app.run())
    assert any("1 of 2 names have a date there" in item.value for item in app.caption)
    table = app.dataframe[0].value
    dates = table["date"].fillna("none")
    assert dict(zip(table["file"], dates, strict=True)) == {
        "b.tif": "none",
        "a_12.05.2020.tif": "2020-05-12",
    }
    press(app, "masks_add_folder")
    assert str(by_name(store)["a_12.05.2020.tif"].acquired) == "2020-05-12"


def test_a_pattern_that_is_none_is_told_at_once(store: Store, tmp_path: Path) -> None:
    app = opened()
    option(app, "text_input", "date-pattern").set_value("nothing")
    app.run()
    assert "doesn't say where the date is" in app.error[0].value


def test_the_columns_of_a_layer_can_be_chosen(store: Store, tmp_path: Path) -> None:
    app = named(opened(), layer(tmp_path / "fields" / "fields.gpkg"))
    for name, column in (("class-field", "crop"), ("date-field", "seen")):
        box_ = option(app, "selectbox", name)
        assert {"crop", "seen"} <= set(box_.options)
        box_.set_value(column)
    app.run()
    option(app, "radio", "areas").set_value("Each feature")
    app.run()
    option(app, "number_input", "margin").set_value(50.0)
    press(shown(app.run()), "masks_add_folder")
    first, second = by_name(store).values()
    assert (first.classes.stored, second.classes.stored) == ({"maize": 1}, {"wheat": 2})
    assert [str(mask.acquired) for mask in (first, second)] == ["2020-05-01", "2020-06-01"]
    assert first.vector is not None
    assert first.vector.area.bounds == (WEST - 50, NORTH - 250, WEST + 150, NORTH - 50)
    assert any("one mask for each of the 2 features" in item.value for item in app.info)
    assert not app.text_input(key="masks_name").value


def test_every_option_reaches_the_process(store: Store, tmp_path: Path) -> None:
    masks = tmp_path / "masks"
    write_raster(masks / "a.tif", (PIXELS / 2).astype(np.float32))
    app = named(opened(), masks)
    for name, value in (("date", "2020-05-01/2020-05-09"), ("crs", "EPSG:32631"), ("udm", "")):
        option(app, "text_input", name).set_value(value)
    option(app, "number_input", "threshold").set_value(0.5)
    option(app, "selectbox", "sensor").set_value("aerial")
    option(app, "checkbox", "mosaic").check()
    option(app, "checkbox", "allow-empty").check()
    app.run()
    option(app, "radio", "areas").set_value("A grid of chips")
    app.run()
    option(app, "number_input", "chip-size").set_value(500.0)
    press(shown(app.run()), "masks_add_folder")
    assert asked(store) == AddMasks(
        (masks,),
        AddOptions(
            date=Acquired.parse("2020-05-01/2020-05-09"),
            crs="EPSG:32631",
            threshold=0.5,
            sensor="aerial",
            mosaic=True,
            allow_empty=True,
            vector=VectorOptions(chip_size_m=500.0),
            udm=None,
        ),
    )
    mask = by_name(store)["a.tif"]
    assert (mask.problem, mask.source.sensor, mask.classes.stored) == (
        None,
        "aerial",
        {"0": 0, "1": 1},
    )
    assert str(mask.acquired) == "2020-05-01/2020-05-09"


def sent(app: AppTest, key: str, name: str, content: bytes) -> None:
    app.file_uploader(key=key).set_value((name, content, "application/octet-stream"))


def content_of_file(path: Path) -> bytes:
    return path.read_bytes()


def test_what_is_sent_with_the_masks_is_used(store: Store, tmp_path: Path) -> None:
    image = write_raster(tmp_path / "a_20200501.tif", PIXELS + 7)
    udm = write_raster(tmp_path / "a_20200501_udm.tif", PIXELS * 0)
    mask = write_raster(tmp_path / "a_20200501_mask.png", PIXELS, crs=None)
    app = opened()
    sent(app, "masks_upload_masks_0", mask.name, content_of_file(mask))
    sent(app, "masks_upload_images_0", image.name, content_of_file(image))
    sent(app, "masks_upload_udm_0", udm.name, content_of_file(udm))
    sent(app, "masks_option_upload_classes", "names.json", b'{"1": "mine", "2": "lake"}')
    press(shown(app.run()), "masks_add_files")
    found = by_name(store)[mask.name]
    assert (found.problem, found.classes.names) == (None, {"1": "mine", "2": "lake"})
    assert [Path(path or "").name for path in (found.source.path, found.source.udm)] == [
        image.name,
        udm.name,
    ]
    assert [entry.name for entry in asked(store).options.classes] == ["mine", "lake"]


def test_a_zipped_shapefile_offers_its_columns_and_is_added(store: Store, tmp_path: Path) -> None:
    frame = gpd.read_file(layer(tmp_path / "fields.gpkg"))
    frame.to_file(tmp_path / "fields.shp")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in tmp_path.glob("fields.*"):
            if path.suffix != ".gpkg":
                archive.write(path, path.name)
    app = opened()
    sent(app, "masks_upload_masks_0", "fields.zip", packed.getvalue())
    shown(app.run())
    assert {"crop", "seen"} <= set(option(app, "selectbox", "class-field", "upload").options)
    option(app, "selectbox", "class-field", "upload").set_value("crop")
    option(app, "text_input", "date", "upload").set_value("2020-05-01")
    press(shown(app.run()), "masks_add_files")
    (mask,) = by_name(store).values()
    assert (mask.name, mask.problem) == ("fields.shp", None)
    assert mask.classes.stored == {"maize": 1, "wheat": 2}
    assert mask.georeference.crs == "EPSG:32631"


def test_a_mask_without_place_says_what_helps(store: Store, tmp_path: Path) -> None:
    write_raster(tmp_path / "masks" / "a_20200501.png", PIXELS, crs=None, transform=north_up())
    press(named(opened(), tmp_path / "masks"), "masks_add_folder")
    assert "--image" in str(by_name(store)["a_20200501.png"].problem)


def test_values_of_no_data_are_given_and_set_right_later(store: Store, tmp_path: Path) -> None:
    pixels = PIXELS.astype(np.int16)
    pixels[0, 0], pixels[0, 1] = -1, 255
    write_raster(tmp_path / "masks" / "a_20200202.tif", pixels)
    app = named(opened(), tmp_path / "masks")
    option(app, "text_input", "nodata").set_value("255")
    shown(app.run())
    press(app, "masks_add_folder")
    assert asked(store).options.nodata == (255,)
    assert by_name(store)["a_20200202.tif"].classes.stored == {"-1": 3, "0": 0, "1": 1, "2": 2}
    app = opened()
    assert any("the value -1 looks like no data" in item.value for item in app.info)
    press(app, "masks_values_0")
    assert asked(store).options == AddOptions(nodata=(-1, 255))
    mask = by_name(store)["a_20200202.tif"]
    assert (mask.classes.stored, mask.raster.nodata) == ({"0": 0, "1": 1, "2": 2}, (-1, 255))
    # And by the form of the mask, where anything can be said.
    app = opened()
    (field,) = [w for w in app.text_input if w.label == "Values that stand for no data"][-1:]
    assert field.value == "-1, 255"
    field.set_value("none")
    (save,) = [w for w in app.button if "masks_nodata" in w.key]
    shown(save.click().run())
    assert by_name(store)["a_20200202.tif"].raster.nodata == ()


def test_a_label_under_a_wrong_tag_is_offered_to_be_read(store: Store, tmp_path: Path) -> None:
    pixels = np.where(PIXELS > 0, 255, 0).astype(np.uint8)
    write_raster(tmp_path / "masks" / "a_20200202.tif", pixels, nodata=255)
    app = named(opened(), tmp_path / "masks")
    app.button(key="masks_add_folder").click().run()
    app = opened()
    assert any("which the file declares as no data" in item.value for item in app.warning)
    press(app, "masks_values_problem")
    mask = by_name(store)["a_20200202.tif"]
    assert (mask.problem, mask.classes.stored) == (None, {"0": 0, "255": 1})


def test_masks_of_one_name_are_listed_with_their_folders(store: Store, tmp_path: Path) -> None:
    for folder in ("y2020", "y2021"):
        write_raster(tmp_path / "masks" / folder / "a_20200202.tif", PIXELS)
    write_raster(tmp_path / "masks" / "b_20200202.tif", PIXELS)
    press(named(opened(), tmp_path / "masks"), "masks_add_folder")
    app = opened()
    assert any("is an exact copy of" in item.value for item in app.info)
    names = list(app.dataframe[0].value["mask"])
    assert names == [
        "a_20200202.tif (in masks/y2020)",
        "a_20200202.tif (in masks/y2021)",
        "b_20200202.tif",
    ]
