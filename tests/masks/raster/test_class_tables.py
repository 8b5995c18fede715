"""Names and colours of classes in the forms that people have them in."""

import json
from pathlib import Path

import pytest
import rasterio
from PIL import Image

from migrate_core.errors import WrongUseError
from migrate_core.masks.options import ClassEntry
from migrate_core.masks.raster.class_tables import parse_classes, read_classes
from tests.support.builders import write_raster
from tests.support.masks import NAME, PIXELS, good, image, run

WATER = ClassEntry(1, "water", "#0072b2")
TABLE = (ClassEntry(0, "land", "#aaaaaa"), WATER)
QML_RASTER = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.34"><pipe><rasterrenderer type="paletted" band="1"><colorPalette>
<paletteEntry value="0" color="#aaaaaa" alpha="255" label="land"/>
<paletteEntry value="1" color="#0072b2" alpha="255" label="water"/>
</colorPalette></rasterrenderer></pipe></qgis>"""
QML_VECTOR = """<qgis><renderer-v2 type="categorizedSymbol" attr="class"><categories>
<category render="true" symbol="0" value="1" label="water"/>
<category render="true" symbol="1" value="forest" label="Forest"/>
<category render="true" symbol="2" value="" label=""/></categories></renderer-v2></qgis>"""
QGIS_TEXT = """# QGIS Generated Color Map Export File
INTERPOLATION:EXACT
0,170,170,170,255,land
1,0,114,178,255,water
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"1": "water"}', (ClassEntry(1, "water"),)),
        ('{"water": 1, "land": 0}', (ClassEntry(1, "water"), ClassEntry(0, "land"))),
        ('{"water": "1"}', (ClassEntry(1, "water"),)),
        ('{"1": {"name": "water", "colour": "#0072B2"}}', (WATER,)),
        ('{"water": {"value": 1, "color": [0, 114, 178]}}', (WATER,)),
        ('{"classes": [{"id": 1, "label": "water", "rgb": "0, 114, 178"}]}', (WATER,)),
        ('{"categories": [{"id": 1, "name": "water"}]}', (ClassEntry(1, "water"),)),
        ('["land", "water"]', (ClassEntry(0, "land"), ClassEntry(1, "water"))),
        ('{"1": "#0072b2"}', (ClassEntry(1, None, "#0072b2"),)),
        ('{"1": "#0072b2ff"}', (ClassEntry(1, None, "#0072b2"),)),
        ('{"1": "facade"}', (ClassEntry(1, "facade"),)),
        ('{"-5": "cloud"}', (ClassEntry(-5, "cloud"),)),
        ('[{"name": "water"}]', (ClassEntry(None, "water"),)),
    ],
)
def test_json_may_say_it_in_several_ways(
    tmp_path: Path, text: str, expected: tuple[ClassEntry, ...]
) -> None:
    assert parse_classes(text) == expected
    path = tmp_path / "classes.json"
    path.write_text(text, encoding="utf-8-sig")
    assert parse_classes(str(path)) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "value,name,colour\n0,land,#aaaaaa\n1,water,#0072b2\n"),
        ("t.csv", "Name;Color;Class\nland;170 170 170;0\nwater;#0072B2;1\n"),
        ("t.clr", "0 170 170 170 land\n1 0 114 178 water\n"),
        ("t.txt", QGIS_TEXT),
        ("t.qml", QML_RASTER),
    ],
)
def test_tables_of_other_forms(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_classes(tmp_path / name) == TABLE


def test_the_categories_of_a_vector_style_are_values_or_names(tmp_path: Path) -> None:
    (tmp_path / "t.qml").write_text(QML_VECTOR)
    expected = (ClassEntry(1, "water"), ClassEntry(None, "forest"))
    assert read_classes(tmp_path / "t.qml") == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.json", "{"),
        ("t.json", "[" * 100_000),
        ("t.json", "5"),
        ("t.json", "{}"),
        ("t.json", "[5]"),
        ("t.json", '{"1": null}'),
        ("t.json", '{"1": {"name": "a", "colour": 5}}'),
        ("t.json", '{"1": {"name": "a", "colour": [null, 1, 2]}}'),
        ("t.json", '{"1": {"name": "a", "colour": {"r": 1}}}'),
        ("t.json", '{"1": {"name": "a", "colour": "red"}}'),
        ("t.json", '{"1": {"name": "a", "colour": [1, 2, 300]}}'),
        ("t.json", '[{"value": 1, "name": "a"}, {"value": 1, "name": "b"}]'),
        ("t.csv", "1,water\n"),
        ("t.csv", ""),
        ("t.csv", "value,name\n1," + "x" * 200_000),
        ("t.clr", "1 0 114\n"),
        ("t.clr", "1 0 114 300\n"),
        ("t.clr", "1 0 114 ²\n"),
        ("t.clr", "# nothing\n"),
        ("t.qml", "<qgis>"),
        ("t.qml", "<qgis/>"),
        ("t.qml", '<!DOCTYPE a [<!ENTITY x "y">]><qgis>&x;</qgis>'),
        ("t.xlsx", "PK"),
        ("t.json", "\udcff"),
    ],
)
def test_a_table_that_is_none_is_told_by_name(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(WrongUseError, match=name.replace(".", r"\.")):
        read_classes(tmp_path / name)


def test_a_table_that_is_not_there_is_told() -> None:
    for text in ("none.json", "x" * 5000 + ".json", ""):
        with pytest.raises(WrongUseError, match="table of classes"):
            parse_classes(text)


# on masks


def test_a_table_names_the_classes_that_a_mask_has(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS)
    mask = good(path, classes=(*TABLE, ClassEntry(7, "ice", "#ffffff")))
    assert mask.classes.names == {"0": "land", "1": "water"}
    assert mask.classes.colours == {"0": "#aaaaaa", "1": "#0072b2"}


def test_a_style_beside_a_mask_names_its_classes_and_a_table_beats_it(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS)
    path.with_suffix(".qml").write_text(QML_RASTER)
    assert good(path).classes.names == {"0": "land", "1": "water"}
    assert good(path).classes.colours == {"0": "#aaaaaa", "1": "#0072b2"}
    mask = good(path, classes=(ClassEntry(1, "lake"),))
    assert mask.classes.names == {"0": "land", "1": "lake"}


def test_an_attribute_table_of_gdal_names_classes(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS)
    fields = "".join(
        f'<FieldDefn index="{n}"><Name>{name}</Name></FieldDefn>'
        for n, name in enumerate(("Value", "Count", "Class_Name"))
    )
    path.with_name(f"{NAME}.aux.xml").write_text(
        f'<PAMDataset><PAMRasterBand band="1"><GDALRasterAttributeTable>{fields}'
        '<Row index="0"><F>1</F><F>120</F><F>water</F></Row>'
        '<Row index="1"><F></F><F></F></Row></GDALRasterAttributeTable>'
        "</PAMRasterBand></PAMDataset>"
    )
    assert good(path).classes.names == {"1": "water"}


def test_categories_of_gdal_name_classes(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS)
    path.with_name(f"{NAME}.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><CategoryNames><Category>land</Category>'
        "<Category>water</Category></CategoryNames></PAMRasterBand></PAMDataset>"
    )
    assert good(path).classes.names == {"0": "land", "1": "water"}


@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_a_palette_colours_the_classes(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"20200120.{suffix}"
    if suffix == "tif":
        write_raster(path, PIXELS, photometric="palette")
        with rasterio.open(path, "r+") as dataset:
            dataset.write_colormap(1, {0: (170, 170, 170, 255), 1: (0, 114, 178, 255)})
    else:
        picture = Image.fromarray(PIXELS, "P")
        picture.putpalette([170, 170, 170, 0, 114, 178])
        picture.save(path)
    mask = good(path, image=image(tmp_path))
    assert mask.classes.colours == {"0": "#aaaaaa", "1": "#0072b2"}


def test_the_option_takes_json_or_a_file(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS)
    add = ("masks", "add", path, "--json", "--classes")
    assert run(tmp_path / "w", *add, json.dumps({"1": "water"})).status == 0
    for wrong in ("none.json", "{", "water"):
        answer = run(tmp_path / "w", *add[:3], "--classes", wrong)
        assert answer.status == 2
        assert "classes" in answer.said
