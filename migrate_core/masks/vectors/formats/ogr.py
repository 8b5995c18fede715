"""GeoPackage, Shapefile and FlatGeobuf through GDAL, after a look at what the file really is.

GDAL tries all of its drivers on a file, and some (VRT, SQLite with virtual tables) read other files
and hosts. The first bytes of these three formats end in a NUL or name the format, so that no other
driver takes a file that has passed here.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import numpy as np
from shapely.errors import ShapelyError

from ....errors import MaskError
from ...files.safety import check_is_file, check_sidecars
from ...files.signatures import describe
from ...files.zips import checked_members, open_zip, unpack_member
from .crs import crs_text
from .layer import Layer

_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_FORMATS = {".gpkg": "GeoPackage", ".shp": "Shapefile", ".fgb": "FlatGeobuf"}
# Geometry types, as layers declare them, that can hold polygons.
_POLYGONAL = ("Polygon", "Surface", "Unknown", "GeometryCollection")
_SPATIAL_INDEX = "rtree"


def ogr_layer(path: Path, wanted: str | None) -> Layer:
    """A layer of a .gpkg, .shp or .fgb file: the only one with polygons, or the one named.

    Raises MaskError.
    """
    import geopandas as gpd
    import pyogrio

    _check(path)
    name = _chosen(path, layer_names(path), wanted) if path.suffix.lower() == ".gpkg" else None
    location = str(path.absolute())
    with _failures_named(path):
        if not len(pyogrio.list_layers(location)):
            raise pyogrio.errors.DataSourceError("it ends before its first layer")
        frame = pyogrio.read_dataframe(
            location,
            layer=name,
            force_2d=True,
            on_invalid="ignore",
            fid_as_index=True,
            datetime_as_string=True,
            **({"encoding": "UTF-8"} if path.suffix.lower() == ".gpkg" else {}),
        )
    if not isinstance(frame, gpd.GeoDataFrame):
        raise MaskError(f"{path.name}: its layer has no geometries. Name another one with --layer.")
    crs = crs_text(frame.crs, path.name) if frame.crs is not None else None
    return Layer(
        np.array(frame.geometry.array, dtype=object),
        frame.drop(columns=frame.geometry.name),
        crs,
        name,
    )


def layer_names(path: Path) -> list[str]:
    """The layers of a file that may hold polygons; all where none may."""
    import pyogrio

    _check(path)
    with _failures_named(path):
        listed = [(str(name), kind) for name, kind in pyogrio.list_layers(str(path.absolute()))]
    spatial = [(name, kind) for name, kind in listed if kind is not None]
    polygonal = [name for name, kind in spatial if any(word in kind for word in _POLYGONAL)]
    return polygonal or [name for name, _ in spatial]


def shapefile_in_zip(path: Path, wanted: str | None) -> Layer:
    """The layer of a zip that holds a Shapefile. Raises MaskError."""
    with _opened(path) as archive:
        members = list(_members(archive, path))
        stems = _stems(members)
        stem = _chosen(path, [PurePosixPath(stem).name for stem in stems], wanted)
        parts = [m for m in members if _stem(m) in stems and PurePosixPath(_stem(m)).name == stem]
        with tempfile.TemporaryDirectory(prefix="shapefile-") as folder:
            for member in parts:
                suffix = PurePosixPath(member.filename).suffix.lower()
                if suffix in _SHAPEFILE:
                    unpack_member(archive, member, Path(folder) / f"layer{suffix}", path.name)
            try:
                layer = ogr_layer(Path(folder) / "layer.shp", None)
            except MaskError as err:
                raise MaskError(str(err).replace("layer.shp", f"{path.name} ({stem}.shp)")) from err
    return Layer(layer.geometries, layer.table, layer.crs, stem)


def is_sound_zip(path: Path) -> bool:
    """Whether the list of what a zip holds can be read."""
    try:
        with _opened(path):
            return True
    except MaskError:
        return False


def shapefiles_of(path: Path) -> list[str]:
    """The names of the Shapefiles in a zip, none where it isn't a sound zip."""
    try:
        with _opened(path) as archive:
            return [PurePosixPath(stem).name for stem in _stems(_members(archive, path))]
    except MaskError:
        return []


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with open_zip(path, path.name, "give the Shapefile itself") as archive:
        yield archive


def _members(archive: zipfile.ZipFile, path: Path) -> Iterator[zipfile.ZipInfo]:
    """The parts of Shapefiles in a zip; whatever else is in it doesn't matter. Raises MaskError."""
    for member, obstacle in checked_members(archive, path.name):
        if PurePosixPath(member.filename).suffix.lower() in _SHAPEFILE:
            if obstacle:
                raise MaskError(obstacle)
            yield member


def _stem(member: zipfile.ZipInfo) -> str:
    return str(PurePosixPath(member.filename.replace("\\", "/")).with_suffix(""))


def _stems(members: Iterator[zipfile.ZipInfo] | list[zipfile.ZipInfo]) -> list[str]:
    """The Shapefiles among the members, by their path without suffix."""
    return [_stem(m) for m in members if PurePosixPath(m.filename).suffix.lower() == ".shp"]


def _chosen(path: Path, names: list[str], wanted: str | None) -> str:
    """The layer that is asked for, or the only one. Raises MaskError."""
    if not names:
        raise MaskError(
            f"{path.name}: there is no layer with geometries in it. Needed is one with polygons."
        )
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted in names:
        return str(wanted)
    found = f"it has the layers {', '.join(names)}"
    if wanted is None:
        raise MaskError(f"{path.name}: {found}. Name the one with the labels with --layer.")
    raise MaskError(f"{path.name}: {found}, and no {wanted!r}. Name one of these with --layer.")


def _check(path: Path) -> None:
    """Refuse what isn't of the format that its suffix promises. Raises MaskError."""
    suffix = path.suffix.lower()
    check_is_file(path)
    try:
        check_sidecars(path)
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as err:
        raise MaskError(
            f"{path.name}: it can't be read ({err.strerror}). Check that it exists and its rights."
        ) from err
    sound = {".gpkg": _is_geopackage, ".shp": _is_shapefile, ".fgb": _is_flatgeobuf}[suffix]
    if not sound(head):
        raise MaskError(
            f"{path.name}: it is no {_FORMATS[suffix]} ({describe(head)}). Give it the suffix of "
            "what it is, or save it again."
        )
    if suffix == ".gpkg":
        _check_tables(path)
    if suffix == ".shp":
        _check_sidecars(path)


def _is_geopackage(head: bytes) -> bool:
    """The header of SQLite, and the application id of GeoPackage at byte 68 (OGC 12-128)."""
    return head.startswith(b"SQLite format 3\0") and head[68:72] in (b"GPKG", b"GP10", b"GP11")


def _is_shapefile(head: bytes) -> bool:
    """File code 9994, big-endian, and version 1000, little-endian (ESRI, July 1998)."""
    return (
        len(head) == 100
        and struct.unpack(">i", head[:4])[0] == 9994
        and struct.unpack("<i", head[28:32])[0] == 1000
    )


def _is_flatgeobuf(head: bytes) -> bool:
    return head[:4] == b"fgb\x03" and head[4:7] == b"fgb"


def _check_tables(path: Path) -> None:
    """Refuse virtual tables (they may read other files) and layers that are computed."""
    try:
        uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
            objects = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            layers = {
                row[0]
                for row in database.execute("SELECT table_name FROM gpkg_contents").fetchall()
            }
    except (sqlite3.Error, UnicodeDecodeError) as err:
        raise MaskError(
            f"{path.name}: it can't be read as GeoPackage ({err}). The file is damaged or "
            "incomplete: copy it again from where it came."
        ) from err
    for kind, name, sql in objects:
        tokens = str(sql or "").lower().split()
        virtual = tokens[:3] == ["create", "virtual", "table"]
        if virtual and f" using {_SPATIAL_INDEX}" not in " ".join(tokens):
            raise MaskError(
                f"{path.name}: its table {name!r} is virtual, that is, it may read other files. "
                "Save the layer into a new GeoPackage."
            )
        if kind == "view" and name in layers:
            raise MaskError(
                f"{path.name}: its layer {name!r} is a view, computed when it is read. Save the "
                "layer into a new GeoPackage."
            )


def _check_sidecars(path: Path) -> None:
    """A Shapefile needs its index; none of its files may be a link to elsewhere."""
    beside = [file for file in path.parent.glob("*") if file.stem == path.stem and file != path]
    for file in beside:
        if file.is_symlink() and not path.is_symlink():
            raise MaskError(
                f"{path.name}: {file.name} beside it is a link. Put the file itself there."
            )
    if not any(file.suffix.lower() == ".shx" for file in beside):
        raise MaskError(
            f"{path.name}: {path.stem}.shx isn't beside it. A Shapefile consists of .shp, .shx and "
            ".dbf (and .prj for its CRS): bring them together, or in one zip."
        )


@contextlib.contextmanager
def _failures_named(path: Path) -> Iterator[None]:
    from pyogrio.errors import (
        DataLayerError,
        DataSourceError,
        FeatureError,
        FieldError,
        GeometryError,
    )

    of_gdal = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (*of_gdal, ShapelyError, UnicodeDecodeError, ValueError, OSError) as err:
        raise MaskError(
            f"{path.name}: it can't be read as {_FORMATS[path.suffix.lower()]} ({err}). The file "
            "is damaged or incomplete: copy it again from where it came."
        ) from err
