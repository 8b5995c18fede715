"""A synthetic L2A product of any size, as directory, zips, in a bucket, and as COGs with an item.

Lossless JPEG 2000 in the tiles of the archive, with ground and noise so that it compresses as real
bands do (about 110 MB a 10 m band at full size). Names and elements are those that products have
(Sentinel-2 Products Specification Document).
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
import rasterio.warp
from affine import Affine
from numpy.typing import NDArray

CRS, TILE = "EPSG:32633", "33UVS"
WEST, NORTH = 399_960, 5_700_000
SENSED = "20210611T101031"
NAME = f"S2A_MSIL2A_{SENSED}_N0301_R022_T{TILE}_20210611T130000"
GRANULE = f"GRANULE/L2A_T{TILE}_A031173_{SENSED}"
RESOLUTION = {
    "B01": 60, "B02": 10, "B03": 10, "B04": 10, "B05": 20, "B06": 20, "B07": 20, "B08": 10,
    "B8A": 20, "B09": 60, "B11": 20, "B12": 20, "SCL": 20,
}  # fmt: skip
FULL_SIZE = 10_980
_TILE_SIZES = {10: 1024, 20: 640, 60: 192}
_BLOCK = 1024

_PRODUCT_XML = """<?xml version="1.0"?><P>
<PRODUCT_START_TIME>2021-06-11T10:10:31Z</PRODUCT_START_TIME>
<PRODUCT_URI>{name}.SAFE</PRODUCT_URI><PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>
<PROCESSING_BASELINE>03.01</PROCESSING_BASELINE>
<BOA_QUANTIFICATION_VALUE>10000</BOA_QUANTIFICATION_VALUE>
<EXT_POS_LIST>{positions}</EXT_POS_LIST>
<Cloud_Coverage_Assessment>0.0</Cloud_Coverage_Assessment></P>"""
_TILE_XML = """<?xml version="1.0"?><T><HORIZONTAL_CS_CODE>{crs}</HORIZONTAL_CS_CODE>
<Size resolution="10"><NROWS>{size}</NROWS><NCOLS>{size}</NCOLS></Size>
<Geoposition resolution="10"><ULX>{west}</ULX><ULY>{north}</ULY><XDIM>10</XDIM><YDIM>-10</YDIM>
</Geoposition></T>"""


# Products in the bucket besides the plain one, and how GDAL writes their bands: with the lengths of
# tiles, and as products are, with those of packets as well and precincts of 256 x 256.
MARKERS = {
    "tlm": {"TLM": "YES"},
    "plt": {"TLM": "YES", "PLT": "YES", "PRECINCTS": ",".join(["{256,256}"] * 6)},
}


@dataclass(frozen=True)
class ProductSet:
    """One product of `size` x `size` pixels of 10 m (a multiple of 6) in a folder, made once."""

    folder: Path
    size: int = FULL_SIZE

    @property
    def safe(self) -> Path:
        """The product as a directory."""
        return self.made(self.folder / "directory" / f"{NAME}.SAFE", {})

    @property
    def bucket(self) -> Path:
        """A folder with the bucket `eodata`: under plain/, and as `MARKERS` has it."""
        for name, options in MARKERS.items():
            self.made(self.folder / "bucket" / "eodata" / name / f"{NAME}.SAFE", options)
        plain = self.folder / "bucket" / "eodata" / "plain" / f"{NAME}.SAFE"
        if not plain.exists():
            plain.parent.mkdir(parents=True, exist_ok=True)
            linked(self.safe, plain)
        return self.folder / "bucket"

    def zipped(self, kind: str) -> Path:
        """The product as a zip, `stored` or `deflated`."""
        path = self.folder / kind / f"{NAME}.zip"
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            method = zipfile.ZIP_STORED if kind == "stored" else zipfile.ZIP_DEFLATED
            temporary = path.with_suffix(".part")
            with zipfile.ZipFile(temporary, "w", method) as archive:
                for file in sorted(self.safe.rglob("*")):
                    archive.write(file, file.relative_to(self.safe.parent))
            temporary.rename(path)
        return path

    @property
    def cogs(self) -> Path:
        """A folder with a COG of each band, in blocks of 1024 as at the public archives."""
        folder = self.folder / "cogs"
        folder.mkdir(parents=True, exist_ok=True)
        for band, path in self.bands().items():
            target = folder / f"{band}.tif"
            if not target.is_file():
                temporary = folder / f"{band}.part"
                rasterio.shutil.copy(
                    path, temporary, driver="COG", compress="deflate", predictor="yes",
                    blocksize=_BLOCK, overview_resampling="average",
                )  # fmt: skip
                temporary.rename(target)
        return folder

    def bands(self, root: Path | None = None) -> dict[str, Path]:
        """The files of the bands, below `root` in place of the product's directory."""
        return {band: (root or self.safe) / band_path(band) for band in RESOLUTION}

    def gdal_names(self, kind: str) -> dict[str, str]:
        """What GDAL opens the bands by, in a `directory` or a zip."""
        if kind == "directory":
            return {band: str(path) for band, path in self.bands().items()}
        archive = f"/vsizip/{{{self.zipped(kind)}}}/{NAME}.SAFE"
        return {band: f"{archive}/{band_path(band)}" for band in RESOLUTION}

    def path(self, kind: str) -> Path:
        """The product as `directory`, `stored` or `deflated`."""
        return self.safe if kind == "directory" else self.zipped(kind)

    def made(self, safe: Path, options: Mapping[str, str]) -> Path:
        """The directory, written unless it is there."""
        if not safe.is_dir():
            temporary = safe.with_suffix(".part")
            self._write(temporary, options)
            temporary.rename(safe)
        return safe

    def _write(self, safe: Path, options: Mapping[str, str]) -> None:
        rng = np.random.default_rng(1)
        for band, resolution in RESOLUTION.items():
            pixels = _pixels(rng, band, self.size * 10 // resolution)
            path = safe / band_path(band)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_jp2(path, pixels, resolution, options)
        positions = " ".join(f"{lat} {lon}" for lon, lat in self.outline)
        (safe / "MTD_MSIL2A.xml").write_text(_PRODUCT_XML.format(name=NAME, positions=positions))
        xml = _TILE_XML.format(crs=CRS, size=self.size, west=WEST, north=NORTH)
        (safe / GRANULE / "MTD_TL.xml").write_text(xml)

    @property
    def outline(self) -> list[tuple[float, float]]:
        """The corners in lon/lat, closed."""
        side = self.size * 10
        corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
        xs, ys = zip(*((WEST + x * side, NORTH - y * side) for x, y in corners), strict=True)
        return list(zip(*rasterio.warp.transform(CRS, "EPSG:4326", xs, ys), strict=True))

    def item(self, url: str) -> dict[str, Any]:
        """A STAC item whose assets are the COGs below `url`, named by band."""
        longitudes, latitudes = zip(*self.outline, strict=True)
        media = "image/tiff; application=geotiff; profile=cloud-optimized"
        return {
            "type": "Feature",
            "stac_version": "1.0.0",
            "stac_extensions": [
                "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
                "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
                "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
            ],
            "id": NAME,
            "collection": "sentinel-2-l2a",
            "geometry": {"type": "Polygon", "coordinates": [self.outline]},
            "bbox": [min(longitudes), min(latitudes), max(longitudes), max(latitudes)],
            "properties": {
                "datetime": "2021-06-11T10:10:31Z",
                "proj:epsg": int(CRS.partition(":")[2]),
                "s2:mgrs_tile": TILE,
                "s2:product_uri": f"{NAME}.SAFE",
                "s2:processing_baseline": "03.01",
                "eo:cloud_cover": 0.0,
            },
            "links": [{"rel": "self", "href": f"{url}/stac/items/{NAME}"}],
            "assets": {
                band: {
                    "href": f"{url}/{band}.tif",
                    "type": media,
                    "roles": ["data"],
                    "proj:shape": [self.size * 10 // resolution] * 2,
                    "proj:transform": [resolution, 0, WEST, 0, -resolution, NORTH],
                    "raster:bands": [{"nodata": 0, "data_type": _dtype(band)}],
                }
                for band, resolution in RESOLUTION.items()
            },
        }

    def write_item(self, path: Path, url: str) -> Path:
        """The item in a file."""
        path.write_text(json.dumps(self.item(url)))
        return path


def band_path(band: str) -> str:
    """Where the file of a band lies in a product."""
    resolution = RESOLUTION[band]
    stem = f"T{TILE}_{SENSED}_{band}_{resolution}m.jp2"
    return f"{GRANULE}/IMG_DATA/R{resolution}m/{stem}"


def _dtype(band: str) -> str:
    return "uint8" if band == "SCL" else "uint16"


def _pixels(rng: np.random.Generator, band: str, size: int) -> NDArray[Any]:
    """Squares of ground with a sensor's noise; classes 4 to 6."""
    cells = size // 60 + 1
    if band == "SCL":
        return _spread(rng.integers(4, 7, (cells, cells), dtype=np.uint8), size)
    ground = _spread(rng.integers(500, 4000, (cells, cells)).astype(np.float32), size)
    noise = rng.standard_normal((size, size), dtype=np.float32)
    return (ground + 40 * noise).clip(1).astype(np.uint16)


def _spread(cells: NDArray[Any], size: int) -> NDArray[Any]:
    return np.repeat(np.repeat(cells, 60, 0), 60, 1)[:size, :size]


def _write_jp2(
    path: Path, pixels: NDArray[Any], resolution: int, options: Mapping[str, str]
) -> None:
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", dtype=pixels.dtype, count=1, width=pixels.shape[1],
        height=pixels.shape[0], crs=CRS,
        transform=Affine(resolution, 0, WEST, 0, -resolution, NORTH),
        blockxsize=_TILE_SIZES[resolution], blockysize=_TILE_SIZES[resolution], QUALITY="100",
        REVERSIBLE="YES", **options,
    ) as dataset:  # fmt: skip
        dataset.write(pixels, 1)


def linked(source: Path, target: Path) -> None:
    """A folder whose files are those of another."""
    for path in source.rglob("*"):
        if path.is_file():
            own = target / path.relative_to(source)
            own.parent.mkdir(parents=True, exist_ok=True)
            own.hardlink_to(path)


def tiles_under(resolution: int, window: tuple[int, ...]) -> int:
    """How many JPEG 2000 tiles a window of a band touches."""
    column, row, width, height = window
    side = _TILE_SIZES[resolution]
    across = (column + width - 1) // side - column // side + 1
    return across * ((row + height - 1) // side - row // side + 1)


def touched_bytes(files: Mapping[str, Path], windows: Mapping[str, tuple[int, ...]]) -> int:
    """The bytes of the blocks of COGs that windows touch, as GDAL says where they lie."""
    return sum(size for band, path in files.items() for size in _blocks(path, windows[band]))


def _blocks(path: Path, window: tuple[int, ...]) -> Iterator[int]:
    column, row, width, height = window
    with rasterio.open(path) as dataset:
        across, down = dataset.block_shapes[0][1], dataset.block_shapes[0][0]
        for y in range(row // down, (row + height - 1) // down + 1):
            for x in range(column // across, (column + width - 1) // across + 1):
                yield int(dataset.get_tag_item(f"BLOCK_SIZE_{x}_{y}", "TIFF", bidx=1) or 0)
