"""Masks saved back as geocoded GeoTIFFs of two bands: the label, and where it is valid."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.enums import ColorInterp

from ...errors import DiskError, MaskError, WrongUseError
from ...files.disk import disk_error
from ...files.geotiff import new_geotiff
from ...model import BACKGROUND, IGNORE, Mask, Problem
from ...workspace import written_then_renamed
from .content import read_labels
from .opening import band_names, opened

_VALID = 255
_BANDS = ("label", "valid")


@dataclass(frozen=True)
class Geocoded:
    """The files that were written, by mask, and the masks that couldn't be."""

    files: tuple[tuple[Mask, Path], ...]
    problems: tuple[Problem, ...]


def geocode(masks: Sequence[Mask], folder: Path, others: Iterable[Mask] = ()) -> Geocoded:
    """Write each raster mask to `folder` as `<stem>.tif`, or `<stem>-<mask_id>.tif`.

    The id is in the names of those that share a stem, also with one of `others`: what is written
    later must not take the place of another mask's file.

    Band 1 is the label as stored in pairs (uint8, background where it isn't valid), band 2 is 255
    where the label is valid and 0 where nothing is known; it is the file's alpha band, so that
    other programs and `masks add` leave those pixels out. Raises WrongUseError when the folder
    can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as err:
        raise WrongUseError(f"{folder} can't be made a folder ({err.strerror}).") from err
    except OSError as err:
        raise disk_error(err, folder) from err
    files, problems = [], []
    ids = {mask.mask_id: _stem(mask) for mask in (*masks, *others)}
    counts = Counter(ids.values())
    for mask in masks:
        stem = Path(mask.path).stem
        name = f"{stem}.tif" if counts[_stem(mask)] == 1 else f"{stem}-{mask.mask_id}.tif"
        try:
            _write(mask, folder / name)
        except MaskError as err:
            problems.append(Problem(mask.name, str(err)))
        except DiskError as err:
            problems.append(Problem(mask.name, f"{mask.name}: {err}"))
        else:
            files.append((mask, folder / name))
    return Geocoded(tuple(files), tuple(problems))


def _stem(mask: Mask) -> str:
    """The stem of a mask's file as file systems that pass over case compare it."""
    return Path(mask.path).stem.lower()


def _write(mask: Mask, path: Path) -> None:
    if mask.vector is not None:
        raise MaskError(f"{mask.name}: it consists of polygons, which are georeferenced already.")
    if mask.extent is None or mask.classes.stored is None:
        raise MaskError(mask.problem or f"{mask.name}: its pixels weren't read yet.")
    _check_replaceable(mask, path)
    labels = read_labels(mask)
    valid = labels != IGNORE
    profile = {
        "driver": "GTiff",
        "dtype": "uint8",
        "count": 2,
        "width": mask.grid.width,
        "height": mask.grid.height,
        "crs": mask.grid.crs,
        "transform": mask.grid.transform,
        "compress": "deflate",
        "tiled": True,
        "alpha": "unspecified",
    }
    with (
        written_then_renamed(path) as temporary,
        new_geotiff(temporary, **profile) as dataset,
    ):
        dataset.colorinterp = (ColorInterp.gray, ColorInterp.alpha)
        dataset.write(np.where(valid, labels, BACKGROUND).astype(np.uint8), 1)
        dataset.write(np.where(valid, _VALID, 0).astype(np.uint8), 2)
        dataset.descriptions = _BANDS
        if mask.acquired is None:
            return
        if mask.acquired.until is None:
            dataset.update_tags(ns="IMAGERY", ACQUISITIONDATETIME=str(mask.acquired))
        else:  # a period is no moment of GDAL's
            dataset.update_tags(ACQUISITION_DATE=str(mask.acquired))


def _check_replaceable(mask: Mask, path: Path) -> None:
    """Only what was written here before may be overwritten. Raises MaskError."""
    if not path.exists():
        return
    if path.absolute() != Path(mask.path).absolute():
        with contextlib.suppress(MaskError), opened(path) as dataset:
            if band_names(dataset) == _BANDS:
                return
    raise MaskError(f"{mask.name}: {path} is there already and would be lost. Name another folder.")
