"""What metadata say: levels, baselines, offsets, clouds, footprints, grids."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from migrate_core.errors import ProductError
from migrate_core.grid import PixelGrid
from migrate_core.products.footprints import from_positions
from migrate_core.products.metadata.product_xml import ProductMetadata, parse_product, parse_tile
from migrate_core.products.names import parse_name
from migrate_core.products.tiles import tile_extent
from tests.support.builders import BANDS_L1C, Safe, north_up, product_xml, tile_xml

BOMB = b"""<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<bomb>&c;</bomb>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>
<x>&file;</x>"""


def changed(old: str, new: str, safe: Safe | None = None) -> bytes:
    """The product metadata of a product with one thing changed."""
    xml = product_xml(safe or Safe())
    assert old in xml
    return xml.replace(old, new).encode()


def footprint(found: ProductMetadata, safe: Safe | None = None) -> BaseGeometry:
    """The footprint by the product's list of positions, of which nothing was mended."""
    area = from_positions(found.positions, (safe or Safe()).tile)
    assert area.problem is None
    return area.area


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_everything_is_read_at_either_level(level: str) -> None:
    safe = Safe(level=level, baseline="05.10", offset=-1000, cloud_percent=12.5)
    found = parse_product(product_xml(safe).encode(), "X")
    assert found.product_id == safe.product_id
    assert (found.level, found.baseline, found.cloud_percent) == (level, "05.10", 12.5)
    assert found.sensed_at == datetime(2020, 1, 21, 10, 43, 51, 24000, tzinfo=UTC)
    assert dict(found.offsets) == dict.fromkeys(BANDS_L1C, -1000)
    assert footprint(found, safe).equals_exact(safe.lonlat(), 1e-8)


def test_without_offsets_there_are_none() -> None:
    assert parse_product(product_xml(Safe()).encode(), "X").offsets == {}


def test_each_band_has_its_own_offset() -> None:
    xml = product_xml(Safe(offset=-1000))
    for number in range(13):
        xml = xml.replace(f'band_id="{number}">-1000<', f'band_id="{number}">{-100 * number}<')
    found = parse_product(xml.encode(), "X").offsets
    assert found == {band: -100 * number for number, band in enumerate(BANDS_L1C)}


@pytest.mark.parametrize("bad", ["13", "-1", "", "B02"])
def test_an_offset_of_an_unknown_band_is_refused(bad: str) -> None:
    xml = changed('band_id="12"', f'band_id="{bad}"', Safe(offset=-1000))
    with pytest.raises(ProductError, match=r"^X: its metadata hold a value"):
        parse_product(xml, "X")


def test_a_product_without_cloud_cover_has_an_unknown_one() -> None:
    assert parse_product(product_xml(Safe(cloud_percent=None)).encode(), "X").cloud_percent is None


def test_the_pilot_level_2a_counts_as_level_2a() -> None:
    assert parse_product(changed("Level-2A<", "Level-2Ap<"), "X").level == "L2A"


def test_a_product_without_uri_has_no_id_of_its_own() -> None:
    xml = changed("PRODUCT_URI>", "OTHER>")
    assert parse_product(xml, "X").product_id is None


def test_heights_among_the_positions_are_left_out() -> None:
    plain = Safe().lonlat()
    corners = " ".join(f"{lat:.9f} {lon:.9f}" for lon, lat in plain.exterior.coords)
    high = " ".join(f"{lat:.9f} {lon:.9f} 0.0" for lon, lat in plain.exterior.coords)
    found = footprint(parse_product(changed(corners, high), "X"))
    assert found.symmetric_difference(plain).area < 1e-6 * plain.area


def test_a_footprint_across_the_180_degree_meridian_is_cut_there() -> None:
    jumping = Polygon([(178.5, 67.5), (-179, 67.5), (-179, 67), (178.5, 67)])
    safe = Safe(footprint=jumping, tile="60WWV")
    found = footprint(parse_product(product_xml(safe).encode(), "X"), safe)
    expected = MultiPolygon([box(178.5, 67, 180, 67.5), box(-180, 67, -179, 67.5)])
    assert found.symmetric_difference(expected).area < 1e-6


def test_a_footprint_that_crosses_itself_is_mended() -> None:
    bow_tie = Polygon([(2, 42), (3, 43), (3, 42), (2, 43)])
    found = footprint(parse_product(product_xml(Safe(footprint=bow_tie)).encode(), "X"))
    assert isinstance(found, MultiPolygon)
    assert found.is_valid
    assert found.area == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Level-2A<", "Level-3A<", "Level-3A"),
        ("2020-01-21T10:43:51.024Z", "yesterday", "yesterday"),
        (">1.5<", ">cloudy<", "cloudy"),
        ("PROCESSING_LEVEL>", "LEVEL>", "lack PROCESSING_LEVEL"),
        ("PROCESSING_BASELINE>", "BASELINE>", "lack PROCESSING_BASELINE"),
        ("PRODUCT_START_TIME>", "TIME>", "lack PRODUCT_START_TIME"),
        (">10000<", ">1000<", "quantification value is 1000"),
    ],
)
def test_what_is_missing_or_garbled_is_a_product_error(old: str, new: str, message: str) -> None:
    with pytest.raises(ProductError, match=f"^X: .*{message}"):
        parse_product(changed(old, new), "X")


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"<a><b></a>",
        product_xml(Safe()).encode()[:500],
        BOMB,
        OUTSIDE,
        b'<?xml version="1.0" encoding="no-such-code"?><a/>',
        b'<?xml version="1.0" encoding="UTF-8"?><a>\xff\xfe</a>',
    ],
    ids=["empty", "text", "tangled", "truncated", "bomb", "file", "encoding", "bytes"],
)
@pytest.mark.parametrize("parse", [parse_product, parse_tile])
def test_what_is_no_harmless_xml_is_a_product_error(
    xml: bytes, parse: Callable[[bytes, str], object]
) -> None:
    with pytest.raises(ProductError, match=r"^X: its metadata are not proper XML"):
        parse(xml, "X")


# MTD_TL.xml


@pytest.mark.parametrize("epsg", [32631, 32756])
def test_the_lattice_is_that_of_10_m(epsg: int) -> None:
    safe = Safe(epsg=epsg, west=399960, north=6700000, size=36)
    grid = parse_tile(tile_xml(safe).encode(), "X").grid
    assert grid == PixelGrid(f"EPSG:{epsg}", north_up(399960, 6700000, 10), 36, 36)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<Size resolution="10">', '<Size resolution="15">'),
        ('<Geoposition resolution="10">', '<Geoposition resolution="15">'),
        ("HORIZONTAL_CS_CODE>", "CODE>"),
        ("<XDIM>10</XDIM>", ""),
        ("<ULX>482820</ULX>", ""),
        ("<ULX>482820</ULX>", "<ULX>west</ULX>"),
        ("<NROWS>24</NROWS>", "<NROWS>many</NROWS>"),
        ("<NCOLS>24</NCOLS>", "<NCOLS></NCOLS>"),
        ("EPSG:32631", "EPSG:999999"),
        ("EPSG:32631", "somewhere"),
    ],
)
def test_a_lattice_that_can_not_be_read_is_a_product_error(old: str, new: str) -> None:
    xml = tile_xml(Safe())
    assert old in xml
    with pytest.raises(ProductError, match=r"^X: "):
        parse_tile(xml.replace(old, new).encode(), "X")


SUN = (
    "<Mean_Sun_Angle><ZENITH_ANGLE>62.75</ZENITH_ANGLE><AZIMUTH_ANGLE>172.5</AZIMUTH_ANGLE>"
    "</Mean_Sun_Angle>"
)


def angles(zenith: str, azimuth: str) -> str:
    def values(text: str) -> str:
        return f"<Values_List><VALUES>{text}</VALUES></Values_List>"

    return (
        f"<Sun_Angles_Grid><Zenith>{values(zenith)}</Zenith><Azimuth>{values(azimuth)}</Azimuth>"
        "</Sun_Angles_Grid>"
    )


@pytest.mark.parametrize(
    ("said", "sun"),
    [
        ("", None),
        (SUN, (62.75, 172.5)),
        (SUN + angles("10 20", "30 40"), (62.75, 172.5)),
        (angles("10 20 NaN", "30 40 NaN"), (15.0, 35.0)),
        (angles("10", "350 20"), (10.0, 5.0)),
        (angles("NaN", "NaN"), None),
        (SUN.replace("62.75", "NaN") + angles("10", "30"), (10.0, 30.0)),
        ("<Mean_Sun_Angle/>", None),
    ],
)
def test_the_sun_stands_at_its_mean_else_at_that_of_its_grid(
    said: str, sun: tuple[float, float] | None
) -> None:
    xml = tile_xml(Safe()).replace("</n1:Geometric_Info>", f"{said}</n1:Geometric_Info>")
    found = parse_tile(xml.encode(), "X").sun
    if sun is None:
        assert found is None
    else:
        assert found is not None
        assert (found.zenith_deg, found.azimuth_deg) == pytest.approx(sun)


def test_a_garbled_sun_is_a_product_error() -> None:
    bad = SUN.replace("62.75", "high")
    xml = tile_xml(Safe()).replace("</n1:Geometric_Info>", f"{bad}</n1:Geometric_Info>")
    with pytest.raises(ProductError, match="high"):
        parse_tile(xml.encode(), "X")


# real data


def test_offsets_and_baselines_of_real_products_over_twelve_baselines(
    require_data: Callable[[str], Path],
) -> None:
    seen = {}
    for path in sorted(require_data("safe_metadata_T31UFS").rglob("MTD_MSIL*.xml")):
        found = parse_product(path.read_bytes(), path.name)
        name = parse_name(str(found.product_id))
        assert name is not None
        baseline = path.parent.name.split("_N")[1][:4]
        assert found.baseline.replace(".", "") == baseline
        assert found.product_id == path.parent.name.removesuffix(".SAFE")
        assert (found.level, name.tile) == (path.name[7:10], "31UFS")
        assert abs((found.sensed_at - name.sensed_at).total_seconds()) < 1
        expected = dict.fromkeys(BANDS_L1C, -1000) if "0400" <= baseline < "9999" else {}
        assert dict(found.offsets) == expected
        assert found.cloud_percent is not None
        assert 0 <= found.cloud_percent <= 100
        area = from_positions(found.positions, name.tile)
        assert area.problem is None
        assert area.area.difference(tile_extent(name.tile)).area < 0.01 * area.area.area
        seen[baseline] = found
    assert set(seen) == set(
        "0201 0202 0206 0207 0209 0212 0214 0301 0400 0500 0509 9999".split()  # noqa: SIM905
    )


def test_lattices_of_real_products_are_the_tile(require_data: Callable[[str], Path]) -> None:
    paths = sorted(require_data("safe_metadata_T31UFS").rglob("MTD_TL.xml"))
    assert len(paths) >= 12
    for path in paths:
        grid = parse_tile(path.read_bytes(), path.name).grid
        assert grid == PixelGrid("EPSG:32631", north_up(600000, 5700000, 10), 10980, 10980)


def test_the_mean_of_real_sun_grids_is_the_mean_that_is_stated(
    require_data: Callable[[str], Path],
) -> None:
    for path in sorted(require_data("safe_metadata_T31UFS").rglob("MTD_TL.xml")):
        xml = path.read_bytes()
        stated = parse_tile(xml, path.name).sun
        of_grid = parse_tile(xml.replace(b"Mean_Sun_Angle", b"Other"), path.name).sun
        assert stated is not None
        assert of_grid is not None
        assert of_grid.zenith_deg == pytest.approx(stated.zenith_deg, abs=0.05)
        assert of_grid.azimuth_deg == pytest.approx(stated.azimuth_deg, abs=0.2)
