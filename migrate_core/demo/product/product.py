"""A product to be written: one acquisition at one level, with its names and its quality figures."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rasterio.warp import transform as reproject_points

from ..acquisitions import Level, compact
from ..clouds import CloudClass
from ..grids import TILE, UTM
from ..scene import Scene, bands_of

STATION = "EPAE"
PSD = "https://psd-14.sentinel2.eo.esa.int/PSD"


@dataclass(frozen=True)
class Product:
    """A scene at a level: everything that names and metadata derive from."""

    scene: Scene
    level: Level

    @property
    def name(self) -> str:
        """The product's name without `.SAFE`."""
        return self.scene.acquisition.product_name(self.level)

    @property
    def generated(self) -> str:
        """The time in names when this level was made."""
        return compact(self.scene.acquisition.level_generated_at(self.level))

    @property
    def metadata_name(self) -> str:
        """The product metadata's file name."""
        return f"MTD_MSI{self.level}.xml"

    @property
    def granule(self) -> str:
        """The granule's folder below GRANULE."""
        acquisition = self.scene.acquisition
        start = compact(acquisition.datastrip_start)
        return f"{self.level}_T{TILE}_A{acquisition.absolute_orbit:06}_{start}"

    @property
    def granule_path(self) -> str:
        """The granule's folder below the product."""
        return f"GRANULE/{self.granule}"

    @property
    def datastrip_path(self) -> str:
        """The datastrip's folder below the product."""
        start = compact(self.scene.acquisition.datastrip_start)
        return f"DATASTRIP/DS_{STATION}_{self.generated}_S{start}"

    def datastrip_id(self) -> str:
        """The datastrip's identifier in metadata."""
        acquisition = self.scene.acquisition
        return (
            f"{acquisition.satellite}_OPER_MSI_{self.level}_DS_{STATION}_{self.generated}"
            f"_S{compact(acquisition.datastrip_start)}_N{acquisition.baseline}"
        )

    def tile_id(self) -> str:
        """The granule's identifier in metadata."""
        acquisition = self.scene.acquisition
        return (
            f"{acquisition.satellite}_OPER_MSI_{self.level}_TL_{STATION}_{self.generated}"
            f"_A{acquisition.absolute_orbit:06}_T{TILE}_N{acquisition.baseline}"
        )

    def image_path(self, band: str, resolution_m: int) -> str:
        """Where a band (or SCL) lies in the product, without `.jp2`, as metadata give it."""
        stem = f"T{TILE}_{compact(self.scene.acquisition.sensed_at)}_{band}"
        folder = f"{self.granule_path}/IMG_DATA"
        if self.level == "L1C":
            return f"{folder}/{stem}"
        return f"{folder}/R{resolution_m}m/{stem}_{resolution_m}m"

    def bands(self) -> Iterator[tuple[str, int]]:
        """Band and resolution in metres of every image with digital numbers."""
        for resolution_m, bands in bands_of(self.level, self.scene.acquisition.baseline).items():
            for band in bands:
                yield band, resolution_m

    def images(self) -> Iterator[str]:
        """Every image path that the granule list names."""
        for band, resolution_m in self.bands():
            yield self.image_path(band, resolution_m)
        if self.level == "L2A":
            for resolution_m in self.scene.classification:
                yield self.image_path("SCL", resolution_m)

    def cloud_percent(self) -> float:
        """Cloud and cirrus among the pixels with data, from the truth at 10 m."""
        classes = self.scene.cloud_layers.classes()
        cloudy = np.isin(classes, (CloudClass.CLOUD, CloudClass.CIRRUS))
        return 100 * float(cloudy.sum() / (classes != CloudClass.NO_DATA).sum())

    def footprint(self) -> list[tuple[float, float]]:
        """Corners of the area with data as (latitude, longitude), closed, in degrees."""
        x, y = self.scene.cloud_layers.covered.exterior.coords.xy
        longitudes, latitudes = reproject_points(UTM, "EPSG:4326", list(x), list(y))[:2]
        return list(zip(latitudes, longitudes, strict=True))
