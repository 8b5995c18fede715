"""Tiny masks, Sentinel-2 products and STAC catalogues with known pixels, written as real ones are.

Everything lies on the grid of tile 31TDG near 3°E unless a test says otherwise.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.errors import NotGeoreferencedWarning
from shapely.geometry import MultiPolygon, Polygon, box, mapping

from migrate_core.grid import PixelGrid, reproject_geometry
from migrate_core.masks.raster.content import Content, read_content
from migrate_core.masks.raster.georeference import own_georeference
from migrate_core.masks.raster.opening import read_header
from migrate_core.model import Acquired, ClassTable, Georeference, Mask, Scene
from tests.support.jp2 import write_jp2_file

UTM31 = "EPSG:32631"
WEST, NORTH = 482820.0, 4690320.0
BANDS_L2A = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
BANDS_L1C = (*BANDS_L2A[:10], "B10", *BANDS_L2A[10:])
RESOLUTION = dict.fromkeys(BANDS_L1C, 20) | {
    **dict.fromkeys(("B02", "B03", "B04", "B08"), 10),
    **dict.fromkeys(("B01", "B09", "B10"), 60),
}
EARTH_SEARCH_NAMES = {
    "B01": "coastal",
    "B02": "blue",
    "B03": "green",
    "B04": "red",
    "B05": "rededge1",
    "B06": "rededge2",
    "B07": "rededge3",
    "B08": "nir",
    "B8A": "nir08",
    "B09": "nir09",
    "B10": "cirrus",
    "B11": "swir16",
    "B12": "swir22",
}


# rasters


def content_of(path: Path) -> Content:
    """The pixels of a mask file, read as those of a mask of which the header is known."""
    return read_content(mask_of(path))


def mask_of(path: Path) -> Mask:
    """A mask file as its header describes it."""
    header = read_header(path)
    return Mask(
        "id",
        path.name,
        str(path),
        width=header.width,
        height=header.height,
        georeference=own_georeference(header),
    )


def north_up(west: float = WEST, north: float = NORTH, resolution: float = 3.0) -> Affine:
    """A transform of square pixels whose outer corner is at (west, north)."""
    return Affine(resolution, 0, west, 0, -resolution, north)


def write_raster(
    path: Path,
    pixels: NDArray[Any],
    *,
    crs: str | None = UTM31,
    transform: Affine | None = None,
    **options: Any,
) -> Path:
    """Write pixels (height, width) or (bands, height, width); north-up 3 m by default.

    `crs=None` writes neither CRS nor transform unless `transform` is given.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    bands = pixels if pixels.ndim == 3 else pixels[np.newaxis]
    if transform is None and crs is not None:
        transform = north_up()
    profile = {
        "driver": {".png": "PNG", ".jpg": "JPEG"}.get(path.suffix, "GTiff"),
        "count": bands.shape[0],
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype.name,
        "crs": crs,
        "transform": transform,
        **options,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile) as dataset:
            dataset.write(bands)
    return path


def labels(*rows: str) -> NDArray[np.uint8]:
    """Digits as a mask: `labels("001", "011")` is 2 x 3 pixels."""
    return np.array([[int(digit) for digit in row] for row in rows], dtype=np.uint8)


def lonlat_box(west: float, south: float, east: float, north: float, crs: str = UTM31) -> Polygon:
    """A rectangle of `crs` with its corners in lon/lat."""
    polygon = reproject_geometry(box(west, south, east, north), crs, "EPSG:4326")
    assert isinstance(polygon, Polygon)
    return polygon


def a_mask(name: str = "20200120_101532_1014_mask.tif", **changes: Any) -> Mask:
    """A ready mask of 300 m x 300 m at the grid's origin, of 2020-01-20 10:15:32 UTC."""
    extent = lonlat_box(WEST, NORTH - 300, WEST + 300, NORTH)
    values: dict[str, Any] = {
        "mask_id": Path(name).stem.lower().replace("_", "-"),
        "name": name,
        "path": f"/masks/{name}",
        "sha256": "0" * 64,
        "georeference": Georeference(UTM31, tuple(north_up())[:6]),
        "width": 100,
        "height": 100,
        "extent": extent,
        "footprint": extent,
        "acquired": Acquired.parse("2020-01-20T10:15:32Z"),
        "classes": ClassTable({"0": 0, "1": 1}),
    }
    return Mask(**{**values, **changes})


def a_scene(scene_id: str = "S2A_MSIL2A_20200121T104351_N0214", **changes: Any) -> Scene:
    """A clear L2A scene whose footprint is 6 km around the mask of `a_mask`."""
    values: dict[str, Any] = {
        "scene_id": scene_id,
        "source": "local:/scenes",
        "sensed_at": datetime(2020, 1, 21, 10, 43, 51, tzinfo=UTC),
        "level": "L2A",
        "tile": "31TDG",
        "baseline": "02.14",
        "cloud_percent": 0.0,
        "footprint": lonlat_box(WEST - 3000, NORTH - 3000, WEST + 3000, NORTH + 3000),
        "href": f"/scenes/{scene_id}.SAFE",
    }
    return Scene(**{**values, **changes})


# SAFE products


def ramp(band: str, height: int, width: int) -> NDArray[np.uint16]:
    """Pixels that are different in each place and each band, all above 1000."""
    first = 2000 + 1000 * BANDS_L1C.index(band)
    return (first + np.arange(height * width).reshape(height, width)).astype(np.uint16)


@dataclass(frozen=True)
class Safe:
    """What to write as a SAFE product; `size` is that of the 10 m grid, a multiple of 6.

    `offset` None leaves the offsets out of the metadata, as before baseline 04.00; `footprint` is
    by default the outline of the grid.
    """

    level: str = "L2A"
    tile: str = "31TDG"
    epsg: int = 32631
    west: float = WEST
    north: float = NORTH
    size: int = 24
    sensed: str = "20200121T104351"
    baseline: str = "02.14"
    discriminator: str = "20200121T134500"
    mission: str = "S2A"
    offset: int | None = None
    cloud_percent: float | None = 1.5
    footprint: Polygon | None = None
    pixels: Callable[[str, int, int], NDArray[np.uint16]] = ramp
    # Written in place of what the metadata would say, by element name.
    metadata: Mapping[str, str] = field(default_factory=dict)
    # Bands to write; the others are missing.
    bands: Sequence[str] | None = None

    @property
    def product_id(self) -> str:
        """The product's compact name."""
        number = self.baseline.replace(".", "")
        return (
            f"{self.mission}_MSI{self.level}_{self.sensed}_N{number}_R008_T{self.tile}"
            f"_{self.discriminator}"
        )

    @property
    def grid(self) -> PixelGrid:
        """The 10 m grid."""
        transform = north_up(self.west, self.north, 10)
        return PixelGrid(f"EPSG:{self.epsg}", transform, self.size, self.size)

    @property
    def granule(self) -> str:
        """The granule's folder inside the product."""
        return f"GRANULE/{self.level}_T{self.tile}_A000001_{self.sensed}"

    @property
    def sensing_time(self) -> str:
        """The sensing time as metadata write it."""
        moment = datetime.strptime(self.sensed, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return moment.isoformat().replace("+00:00", ".024Z")

    def band_file(self, band: str) -> str:
        """The path of a band inside the product."""
        folder, stem = f"{self.granule}/IMG_DATA", f"T{self.tile}_{self.sensed}_{band}"
        if self.level == "L1C":
            return f"{folder}/{stem}.jp2"
        resolution = RESOLUTION.get(band, 20)
        return f"{folder}/R{resolution}m/{stem}_{resolution}m.jp2"

    def lonlat(self) -> Polygon:
        """The footprint in lon/lat."""
        if self.footprint is not None:
            return self.footprint
        polygon = reproject_geometry(self.grid.polygon(), self.grid.crs, "EPSG:4326")
        assert isinstance(polygon, Polygon)
        return polygon


def product_xml(safe: Safe) -> str:
    """MTD_MSIL*.xml in the layout of the real ones, reduced to what readers ask for."""
    level_2a = safe.level == "L2A"
    values = {
        "PRODUCT_START_TIME": safe.sensing_time,
        "PRODUCT_STOP_TIME": safe.sensing_time,
        "PRODUCT_URI": f"{safe.product_id}.SAFE",
        "PROCESSING_LEVEL": "Level-2A" if level_2a else "Level-1C",
        "PRODUCT_TYPE": "S2MSI2A" if level_2a else "S2MSI1C",
        "PROCESSING_BASELINE": safe.baseline,
        **safe.metadata,
    }
    info = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    files = "".join(
        f"<IMAGE_FILE>{safe.band_file(band).removesuffix('.jp2')}</IMAGE_FILE>"
        for band in (BANDS_L2A if level_2a else BANDS_L1C)
    )
    tag = "BOA" if level_2a else "RADIO"
    offsets = ""
    if safe.offset is not None:
        offsets = "".join(
            f'<{tag}_ADD_OFFSET band_id="{number}">{safe.offset}</{tag}_ADD_OFFSET>'
            for number in range(13)
        )
        name = "BOA_ADD_OFFSET_VALUES_LIST" if level_2a else "Radiometric_Offset_List"
        offsets = f"<{name}>{offsets}</{name}>"
    quantification = '<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>'
    if level_2a:
        quantification = (
            "<QUANTIFICATION_VALUES_LIST>"
            '<BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>'
            "</QUANTIFICATION_VALUES_LIST>"
        )
    corners = " ".join(f"{lat:.9f} {lon:.9f}" for lon, lat in safe.lonlat().exterior.coords)
    cloud = (
        ""
        if safe.cloud_percent is None
        else f"<Cloud_Coverage_Assessment>{safe.cloud_percent}</Cloud_Coverage_Assessment>"
    )
    root = f"Level-{safe.level[1:]}_User_Product"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
        f'<n1:{root} xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-'
        f'{safe.level[1:]}.xsd">'
        f"<n1:General_Info><Product_Info>{info}"
        '<Query_Options completeSingleTile="true"><PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT>'
        "</Query_Options><Product_Organisation><Granule_List>"
        f'<Granule granuleIdentifier="S2A_OPER_MSI_{safe.level}_TL_TEST_{safe.sensed}_A000001'
        f'_T{safe.tile}_N{safe.baseline}" imageFormat="JPEG2000">{files}</Granule>'
        "</Granule_List></Product_Organisation></Product_Info><Product_Image_Characteristics>"
        f"{quantification}{offsets}</Product_Image_Characteristics></n1:General_Info>"
        "<n1:Geometric_Info><Product_Footprint><Product_Footprint><Global_Footprint>"
        f"<EXT_POS_LIST>{corners}</EXT_POS_LIST></Global_Footprint></Product_Footprint>"
        "</Product_Footprint></n1:Geometric_Info>"
        f"<n1:Quality_Indicators_Info>{cloud}</n1:Quality_Indicators_Info></n1:{root}>"
    )


def tile_xml(safe: Safe) -> str:
    """MTD_TL.xml with the grid at each resolution, the 10 m one not first."""
    root = f"Level-{safe.level[1:]}_Tile_ID"
    places = ""
    for resolution in (60, 10, 20):
        pixels = safe.size * 10 // resolution
        places += (
            f'<Size resolution="{resolution}"><NROWS>{pixels}</NROWS><NCOLS>{pixels}</NCOLS></Size>'
            f'<Geoposition resolution="{resolution}"><ULX>{safe.west:g}</ULX>'
            f"<ULY>{safe.north:.0f}</ULY><XDIM>{resolution}</XDIM><YDIM>-{resolution}</YDIM>"
            "</Geoposition>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<n1:{root} xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/Tile.xsd">'
        '<n1:Geometric_Info><Tile_Geocoding metadataLevel="Brief">'
        f"<HORIZONTAL_CS_NAME>WGS84 / UTM zone {safe.epsg % 100}N</HORIZONTAL_CS_NAME>"
        f"<HORIZONTAL_CS_CODE>EPSG:{safe.epsg}</HORIZONTAL_CS_CODE>{places}"
        f"</Tile_Geocoding></n1:Geometric_Info></n1:{root}>"
    )


def scene_classes(height: int, width: int) -> NDArray[np.uint8]:
    """An SCL of all twelve classes in turn."""
    return (np.arange(height * width) % 12).reshape(height, width).astype(np.uint8)


def write_metadata(folder: Path, safe: Safe) -> Path:
    """A SAFE folder without bands, enough for a search; returns it."""
    product = folder / f"{safe.product_id}.SAFE"
    (product / safe.granule).mkdir(parents=True)
    (product / f"MTD_MSI{safe.level}.xml").write_text(product_xml(safe), encoding="utf-8")
    (product / safe.granule / "MTD_TL.xml").write_text(tile_xml(safe), encoding="utf-8")
    return product


def write_safe(folder: Path, safe: Safe) -> Path:
    """A SAFE folder with JPEG 2000 bands; returns it."""
    product = write_metadata(folder, safe)
    complete = BANDS_L2A if safe.level == "L2A" else BANDS_L1C
    for band in complete if safe.bands is None else safe.bands:
        pixels = safe.size * 10 // RESOLUTION[band]
        write_jp2(product / safe.band_file(band), safe.pixels(band, pixels, pixels), safe, band)
    if safe.level == "L2A":
        pixels = safe.size // 2
        write_jp2(product / safe.band_file("SCL"), scene_classes(pixels, pixels), safe, "SCL")
    return product


def write_jp2(path: Path, pixels: NDArray[Any], safe: Safe, band: str) -> Path:
    """One band file, placed on the product's grid."""
    transform = north_up(safe.west, safe.north, RESOLUTION.get(band, 20))
    return write_jp2_file(path, pixels, f"EPSG:{safe.epsg}", transform)


def zipped(product: Path) -> Path:
    """The SAFE folder as a zip beside it, named as the archive names it; the folder is removed."""
    archive = shutil.make_archive(
        str(product.with_suffix("")), "zip", root_dir=product.parent, base_dir=product.name
    )
    shutil.rmtree(product)
    return Path(archive)


# STAC catalogues


def stac_item(safe: Safe, **properties: Any) -> dict[str, Any]:
    """An item in the layout of Earth Search v1 for the COGs that `write_stac` writes."""
    item_id = f"{safe.mission}_{safe.tile}_{safe.sensed[:8]}_0_{safe.level}"
    footprint = safe.lonlat()
    assets = {EARTH_SEARCH_NAMES[band]: {"href": f"./{band}.tif"} for band in BANDS_L2A}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": item_id,
        "geometry": mapping(footprint),
        "bbox": list(footprint.bounds),
        "properties": {
            "datetime": safe.sensing_time,
            "eo:cloud_cover": safe.cloud_percent,
            "grid:code": f"MGRS-{safe.tile}",
            "s2:processing_baseline": safe.baseline,
            "s2:product_uri": f"{safe.product_id}.SAFE",
            "earthsearch:boa_offset_applied": True,
            **properties,
        },
        "links": [],
        "assets": {**assets, "scl": {"href": "./SCL.tif"}},
    }


def write_item(folder: Path, item: Mapping[str, Any]) -> Path:
    """An item file without its assets, enough for a search; returns it."""
    path = folder / str(item["id"]) / f"{item['id']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(item), encoding="utf-8")
    return path


def write_stac(folder: Path, safe: Safe, **properties: Any) -> Path:
    """An item with its COGs; returns the item file."""
    path = write_item(folder, stac_item(safe, **properties))
    for band in BANDS_L2A:
        pixels = safe.size * 10 // RESOLUTION[band]
        _write_cog(path.with_name(f"{band}.tif"), safe.pixels(band, pixels, pixels), safe, band)
    pixels = safe.size // 2
    _write_cog(path.with_name("SCL.tif"), scene_classes(pixels, pixels), safe, "SCL")
    return path


def _write_cog(path: Path, pixels: NDArray[Any], safe: Safe, band: str) -> None:
    transform = north_up(safe.west, safe.north, RESOLUTION.get(band, 20))
    write_raster(path, pixels, crs=f"EPSG:{safe.epsg}", transform=transform, nodata=0)


def write_catalogue(folder: Path, *links: str, rel: str = "item", name: str = "catalog") -> Path:
    """A catalog.json with links to items or children; returns it."""
    document = {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "test",
        "description": "test",
        "links": [
            {"rel": "root", "href": "./catalog.json"},
            *({"rel": rel, "href": href} for href in links),
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


# oracles


def to_lonlat(crs: str, x: float, y: float) -> tuple[float, float]:
    """A point of `crs` in lon/lat, by pyproj."""
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    return float(lon), float(lat)


def area_m2(geometry: Polygon | MultiPolygon, crs: str = UTM31) -> float:
    """The area of a lon/lat geometry in square metres of `crs`."""
    return float(reproject_geometry(geometry, "EPSG:4326", crs).area)
