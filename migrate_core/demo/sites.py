"""The six labelled sites: PlanetScope-like images at 3 m and the masks drawn on them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.features import rasterize
from rasterio.transform import Affine
from rasterio.warp import reproject
from shapely import affinity
from shapely.geometry import Polygon, box

from .grids import GROUND_M, UTM, ByteArray, at_pixel, ground_transform, to_utm
from .ground.landscape import Landscape
from .ground.materials import Season
from .ground.mines import Mine
from .raster_file import new_geotiff

# PlanetScope's blue, green, red and near infrared are close to these bands of Sentinel-2.
IMAGE_BANDS = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B8A"}
MASK_NODATA = 255
PIT, POND = 1, 2


@dataclass(frozen=True)
class Site:
    """A labelled site.

    Attributes:
        name: last part of the file names.
        acquired_at: when image and label are from.
        centre: local metres.
        size: (width, height) of image and mask in pixels.
        rotation_deg: turn of the raster itself, clockwise.
        valid_rotation_deg: turn of the valid area inside a north-up raster; None when every
            pixel is valid.
        values: mask value for a pit and for a pond.
    """

    name: str
    acquired_at: datetime
    satellite: str
    centre: tuple[float, float]
    size: tuple[int, int]
    rotation_deg: float = 0
    valid_rotation_deg: float | None = None
    values: tuple[int, int] = (PIT, PIT)

    @property
    def stem(self) -> str:
        """Stem of the mask's and the image's file name, PlanetScope's form."""
        return f"{self.acquired_at:%Y%m%d_%H%M%S}_{self.satellite}_{self.name}"

    @property
    def transform(self) -> Affine:
        """Pixel to UTM; north-up rasters lie on the 3 m grid of the ground."""
        turn = np.radians(self.rotation_deg)
        cosine, sine = GROUND_M * float(np.cos(turn)), GROUND_M * float(np.sin(turn))
        centred_on_zero = Affine(cosine, -sine, 0, -sine, -cosine, 0)
        middle = at_pixel(centred_on_zero, self.size[0] / 2, self.size[1] / 2)
        east, north = to_utm(*self.centre)
        return Affine(cosine, -sine, east - middle[0], -sine, -cosine, north - middle[1])

    def extent(self) -> Polygon:
        """The raster's corners, UTM."""
        width, height = self.size
        corners = ((0, 0), (width, 0), (width, height), (0, height))
        return Polygon([at_pixel(self.transform, *corner) for corner in corners])

    def footprint(self) -> Polygon:
        """The area with valid pixels, UTM."""
        if self.valid_rotation_deg is None:
            return self.extent()
        # The largest upright strip whose turned corners still touch the raster's sides.
        turn = np.radians(abs(self.valid_rotation_deg))
        width, height = (GROUND_M * pixels for pixels in self.size)
        cosine, sine = float(np.cos(turn)), float(np.sin(turn))
        inner = cosine**2 - sine**2
        strip = (width * cosine - height * sine) / inner, (height * cosine - width * sine) / inner
        east, north = to_utm(*self.centre)
        upright = box(
            east - strip[0] / 2, north - strip[1] / 2, east + strip[0] / 2, north + strip[1] / 2
        )
        return affinity.rotate(upright, -self.valid_rotation_deg, origin=(east, north))

    def valid(self) -> NDArray[np.bool_]:
        """Pixels whose centre lies in the footprint, bool (height, width)."""
        if self.valid_rotation_deg is None:
            return np.ones(self.size[::-1], bool)
        return np.asarray(self.burn([self.footprint()], [1]) == 1)

    def burn(self, polygons: list[Polygon], values: list[int]) -> ByteArray:
        """Values of the polygons at pixel centres, later ones over earlier, 0 elsewhere."""
        return np.asarray(
            rasterize(
                zip(polygons, values, strict=True),
                out_shape=self.size[::-1],
                transform=self.transform,
                dtype="uint8",
            )
        )


def _utc(time: str) -> datetime:
    return datetime.fromisoformat(time).replace(tzinfo=UTC)


SITES = (
    Site("north_pit", _utc("2021-06-13 09:30:21"), "1014", (1500, 1200), (600, 500)),
    Site(
        "east_quarry",
        _utc("2021-06-11 09:41:07"),
        "103c",
        (4350, 1320),
        (500, 480),
        rotation_deg=12,
    ),
    Site(
        "west_pit",
        _utc("2021-06-13 09:30:24"),
        "1014",
        (2949, 2850),
        (640, 560),
        valid_rotation_deg=13,
    ),
    Site("edge_quarry", _utc("2021-06-12 09:25:50"), "2277", (5550, 3501), (500, 460)),
    Site(
        "twin_pits",
        _utc("2021-06-13 09:30:27"),
        "1014",
        (1500, 4500),
        (650, 560),
        values=(PIT, POND),
    ),
    Site(
        "south_mine",
        _utc("2024-08-13 09:52:33"),
        "24b7",
        (3750, 4650),
        (480, 480),
        values=(255, 255),
    ),
)


def mask_array(site: Site, mines: tuple[Mine, ...]) -> ByteArray:
    """The label: at each pixel the class at its centre, 255 outside the valid area if there is one.

    All mines count, not only the site's own: a label doesn't stop where a neighbour begins.
    """
    pit_value, pond_value = site.values
    pits = [mine.pit.polygon() for mine in mines]
    ponds = [mine.pond.polygon() for mine in mines if mine.pond is not None]
    values = [pit_value] * len(pits) + [pond_value] * len(ponds)
    mask = site.burn([*pits, *ponds], values)
    mask[~site.valid()] = MASK_NODATA
    return mask


def image_array(site: Site, ground: Landscape, seed: int) -> NDArray[np.uint16]:
    """The source image, reflectance * 10000, 0 outside the valid area, uint16 (4, height, width).

    On the ground's own grid it's the ground itself, else bilinear between its pixels.
    """
    season: Season = "june" if site.acquired_at.month == 6 else "august"
    window, transform = _ground_window(site)
    part = Landscape(ground.cover[window], ground.mix[window], ground.shade[window])
    image = np.zeros((len(IMAGE_BANDS), *site.size[::-1]), np.float32)
    reproject(
        part.reflectance(tuple(IMAGE_BANDS.values()), season),
        image,
        src_transform=transform,
        src_crs=UTM,
        dst_transform=site.transform,
        dst_crs=UTM,
        resampling=Resampling.bilinear,
    )
    rng = np.random.default_rng((seed, site.acquired_at.toordinal(), *site.size))
    image += 0.0025 * rng.standard_normal(image.shape, np.float32)
    digital_numbers = np.rint(image * 10000).clip(1, 65535).astype(np.uint16)
    digital_numbers[:, ~site.valid()] = 0
    return digital_numbers


def _ground_window(site: Site) -> tuple[tuple[slice, slice], Affine]:
    """The window of the ground that holds a site, and the window's transform."""
    west, south, east, north = site.extent().bounds
    ground = ground_transform()
    # Two pixels more on each side, for the interpolation.
    left = max(0, int((west - ground.c) / GROUND_M) - 2)
    top = max(0, int((ground.f - north) / GROUND_M) - 2)
    right = int((east - ground.c) / GROUND_M) + 3
    bottom = int((ground.f - south) / GROUND_M) + 3
    corner = at_pixel(ground, left, top)
    transform = Affine(GROUND_M, 0, corner[0], 0, -GROUND_M, corner[1])
    return (slice(top, bottom), slice(left, right)), transform


def write_site(
    site: Site, ground: Landscape, mines: tuple[Mine, ...], folders: tuple[Path, Path], seed: int
) -> None:
    """Write a site's mask and image as GeoTIFF into the (masks, images) folders."""
    masks, images = folders
    width, height = site.size
    profile = {
        "driver": "GTiff",
        "width": width,
        "height": height,
        "crs": UTM,
        "transform": site.transform,
        "compress": "deflate",
        "predictor": 2,
    }
    nodata = None if site.valid_rotation_deg is None else MASK_NODATA
    path = masks / f"{site.stem}.tif"
    with new_geotiff(path, count=1, dtype="uint8", nodata=nodata, **profile) as mask:
        mask.write(mask_array(site, mines), 1)
    path = images / f"{site.stem}.tif"
    with new_geotiff(
        path, count=4, dtype="uint16", nodata=0, photometric="minisblack", **profile
    ) as image:
        image.write(image_array(site, ground, seed))
        image.descriptions = tuple(IMAGE_BANDS)
        image.colorinterp = [
            *(ColorInterp.blue, ColorInterp.green, ColorInterp.red),
            ColorInterp.undefined,
        ]
        image.update_tags(TIFFTAG_DATETIME=f"{site.acquired_at:%Y:%m:%d %H:%M:%S}")
