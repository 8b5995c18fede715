"""What the sensor records of ground and clouds: reflectances, digital numbers, classifications."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .acquisitions import Acquisition, Level
from .clouds import CloudClass, CloudLayers
from .grids import RESOLUTIONS_M, ByteArray, FloatArray, any_in_block, coarsen
from .ground.materials import BANDS

QUANTIFICATION = 10000
NOISE = 0.0012

# By band, in the order of BANDS.
CLOUD_REFLECTANCE = np.array(
    [0.66, 0.66, 0.65, 0.66, 0.67, 0.68, 0.69, 0.69, 0.69, 0.45, 0.002, 0.46, 0.36], np.float32
)
# Blue clouds lights shadows, so they are deepest in the infrared.
SHADOW_DEPTH = np.array(
    [0.42, 0.46, 0.53, 0.58, 0.60, 0.62, 0.64, 0.65, 0.66, 0.66, 0.0, 0.70, 0.72], np.float32
)
# Light scattered into the view by the air, which L2A has taken away.
PATH_REFLECTANCE = np.array(
    [0.105, 0.080, 0.050, 0.032, 0.027, 0.021, 0.017, 0.015, 0.012, 0.006, 0.0005, 0.003, 0.001],
    np.float32,
)
# B10 sees what is above the water vapour, that is cirrus.
CIRRUS_IN_B10 = 0.07

# The tile's metadata give the share of each class of the SCL.
SCL_PERCENTAGES = {
    1: "SATURATED_DEFECTIVE_PIXEL_PERCENTAGE",
    2: "DARK_FEATURES_PERCENTAGE",
    3: "CLOUD_SHADOW_PERCENTAGE",
    4: "VEGETATION_PERCENTAGE",
    5: "NOT_VEGETATED_PERCENTAGE",
    6: "WATER_PERCENTAGE",
    7: "UNCLASSIFIED_PERCENTAGE",
    8: "MEDIUM_PROBA_CLOUDS_PERCENTAGE",
    9: "HIGH_PROBA_CLOUDS_PERCENTAGE",
    10: "THIN_CIRRUS_PERCENTAGE",
    11: "SNOW_ICE_PERCENTAGE",
}

BANDS_OF_L1C = {
    10: ("B02", "B03", "B04", "B08"),
    20: ("B05", "B06", "B07", "B8A", "B11", "B12"),
    60: ("B01", "B09", "B10"),
}


def bands_of(level: Level, baseline: str) -> dict[int, tuple[str, ...]]:
    """The bands that a product holds, by resolution in metres.

    L2A repeats bands at coarser resolutions than their own; B01 at 20 m came with 04.00.
    """
    if level == "L1C":
        return BANDS_OF_L1C
    coarse = ("B02", "B03", "B04", "B05", "B06", "B07", "B8A")
    return {
        10: BANDS_OF_L1C[10],
        20: (*(("B01",) if baseline >= "04.00" else ()), *coarse, "B11", "B12"),
        60: ("B01", *coarse, "B09", "B11", "B12"),
    }


@dataclass(frozen=True)
class Scene:
    """One acquisition as recorded.

    reflectance: per resolution, float32 (bands, height, width) in the order of BANDS; at the
        surface, with clouds and shadows, without noise.
    classification: per resolution (20 and 60), uint8, the classes of L2A's SCL.
    """

    acquisition: Acquisition
    cloud_layers: CloudLayers
    reflectance: dict[int, FloatArray]
    classification: dict[int, ByteArray]
    seed: int

    def digital_numbers(self, level: Level, band: str, resolution_m: int) -> NDArray[np.uint16]:
        """A band as stored: 0 is no data, else reflectance * 10000 minus the metadata's offset.

        Both levels share their noise, so that they differ by the air alone.
        """
        index = BANDS.index(band)
        day = self.acquisition.sensed_at.toordinal()
        rng = np.random.default_rng((self.seed, day, resolution_m, index))
        values = self.reflectance[resolution_m][index].copy()
        values += NOISE * rng.standard_normal(values.shape, np.float32)
        if level == "L1C":
            values += PATH_REFLECTANCE[index]
            if band == "B10":
                values += CIRRUS_IN_B10 * coarsen(self.cloud_layers.cirrus, resolution_m // 10)
        digital_numbers = np.rint(values * QUANTIFICATION) - self.acquisition.offset
        digital_numbers = digital_numbers.clip(1, 65534)
        digital_numbers[self.cloud_layers.no_data_at(resolution_m)] = 0
        return np.asarray(digital_numbers, np.uint16)


def under_clouds(ground: FloatArray, cloud_layers: CloudLayers) -> FloatArray:
    """Ground reflectance at 10 m (bands, height, width) as seen under the clouds."""
    observed = ground * (1 - SHADOW_DEPTH[:, None, None] * cloud_layers.shadow)
    # Cirrus is bright and grey; its own spectrum is close to that of low clouds.
    observed += cloud_layers.cirrus * (0.8 * CLOUD_REFLECTANCE[:, None, None] - observed)
    lit = CLOUD_REFLECTANCE[:, None, None] * (0.8 + 0.25 * cloud_layers.cloud)
    observed += cloud_layers.cloud * (lit - observed)
    return np.asarray(observed, np.float32)


def classify(surface: FloatArray, cloud_layers: CloudLayers, factor: int) -> ByteArray:
    """The scene classification (SCL) in blocks of `factor` x `factor` 10 m pixels.

    A block is what its worst pixel is: no data, then cloud, shadow and cirrus; clear blocks are
    told apart by vegetation and water index as Sen2Cor would.
    """
    classes = cloud_layers.classes()
    bands = coarsen(surface, factor)
    green, red, infrared = (bands[BANDS.index(name)] for name in ("B03", "B04", "B8A"))
    vegetation = (infrared - red) / (infrared + red)
    water = (green - infrared) / (green + infrared)
    thick = coarsen(cloud_layers.cloud, factor) > 0.6

    def has(cloud_class: CloudClass) -> NDArray[np.bool_]:
        return any_in_block(classes == cloud_class, factor)

    cloud = has(CloudClass.CLOUD)
    return np.select(
        [
            has(CloudClass.NO_DATA),
            cloud & thick,
            cloud,
            has(CloudClass.SHADOW),
            has(CloudClass.CIRRUS),
            water > 0.1,
            vegetation > 0.4,
        ],
        [0, 9, 8, 3, 10, 6, 4],
        5,
    ).astype(np.uint8)


def record(
    acquisition: Acquisition, ground: FloatArray, cloud_layers: CloudLayers, seed: int
) -> Scene:
    """A scene from ground reflectance at 10 m (bands, height, width) and the clouds over it."""
    surface = under_clouds(ground, cloud_layers)
    return Scene(
        acquisition=acquisition,
        cloud_layers=cloud_layers,
        reflectance={
            metres: surface if metres == 10 else coarsen(surface, metres // 10)
            for metres in RESOLUTIONS_M
        },
        classification={
            metres: classify(surface, cloud_layers, metres // 10) for metres in (20, 60)
        },
        seed=seed,
    )
