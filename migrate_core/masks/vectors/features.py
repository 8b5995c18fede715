"""The features of a vector file in the workspace: valid, two-dimensional, with class and period.

Written once for a file, as FlatGeobuf, whose spatial index lets the few features of one mask be
read without the others.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from ...errors import MaskError
from ...grid import Bounds
from ...workspace import written_then_renamed
from .antimeridian import offsets
from .formats.layer import GeometryArray
from .periods import UNDATED


@dataclass(frozen=True, eq=False)
class Features:
    """Polygons (n,) in the order of the file, in which later ones lie on top of earlier ones.

    `values` (n,) are as stored in pairs, 255 where the class isn't known; `periods` as of
    `Acquired`, UNDATED where there is none.
    """

    geometries: GeometryArray
    values: NDArray[np.uint8]
    periods: tuple[str, ...]


def write_features(target: Path, features: Features, crs: str) -> None:
    """Write the features to `target` unless they are there; a kill leaves nothing half done."""
    import geopandas as gpd
    import pyogrio

    if target.is_file():
        return
    frame = gpd.GeoDataFrame(
        {
            "value": features.values.astype(np.int32),
            "number": np.arange(len(features.values)),
            "period": list(features.periods),
        },
        geometry=features.geometries,
        crs=crs,
    )
    with written_then_renamed(target) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # In memory first, since GDAL tells nobody when the disk is full at the end of a file.
        content = io.BytesIO()
        pyogrio.write_dataframe(
            frame,
            content,
            driver="FlatGeobuf",
            geometry_type="MultiPolygon",
            promote_to_multi=True,
            SPATIAL_INDEX="YES",
        )
        temporary.write_bytes(content.getbuffer())


def read_features(path: Path, bounds: Bounds, crs: str) -> Features:
    """The features whose bounds touch `bounds` in `crs`, also those on another turn of the world.

    Raises MaskError when the file is gone or damaged.
    """
    import pandas as pd
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

    west, south, east, north = bounds
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            location = str(path.absolute())
            everything = pyogrio.read_info(location)["total_bounds"]
            frames = []
            for x in offsets(bounds, everything, crs):
                bbox = (west + x, south, east + x, north)
                part = pyogrio.read_dataframe(location, bbox=bbox)
                frames.append(part.set_geometry(part.geometry.translate(-x)) if x else part)
    except (DataSourceError, DataLayerError, FeatureError, OSError) as err:
        raise MaskError(
            f"{path}: the polygons of this mask, as they were read when it was added, are gone or "
            f"damaged ({err}). Add the mask's file again: `masks add` writes them again."
        ) from err
    frame = frames[0] if len(frames) == 1 else pd.concat(frames)
    frame = frame.sort_values("number", kind="stable")
    periods: Sequence[str | None] = frame["period"].astype(object).tolist()
    return Features(
        shapely.force_2d(np.array(frame.geometry.array, dtype=object)),
        frame["value"].to_numpy(dtype=np.uint8),
        tuple(text if isinstance(text, str) else UNDATED for text in periods),
    )
