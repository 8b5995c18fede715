"""What a file must pass before anything of it is read: its name, what it is, what lies beside it.

A raster is opened with the driver its suffix promises and no other. What lies beside it is opened
by GDAL as it likes, so that is looked at here.
"""

from __future__ import annotations

import stat
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException, ElementTree

from ...errors import MaskError
from ...files.regular import UnfitFileError, check_beside, check_regular, is_regular, read_bytes
from .signatures import TIFF_SIGNATURES

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# A larger raster doesn't fit into the memory of the machines this is meant for; a header that
# claims more is either damaged or made to do harm.
MAX_PIXELS = 4_000_000_000
MAX_BYTES = 8 * MAX_PIXELS
_MAX_XML_BYTES = 20_000_000
# Beside rasters GDAL leaves these alone; they are looked at where they are read.
_READ_BY_US = frozenset({".json", ".geojson", ".prj", ".qml"})
_UNSAFE = set('<>:"\\|?*')
_MAX_NAME = 200


def unfit_name(name: str) -> str | None:
    """Why a file of this name isn't taken, or None."""
    if not name.isprintable():
        return (
            f"{name!r}: its name has a line break or another sign that can't be printed. Rename it."
        )
    return None


def unfit_upload_name(name: str) -> str | None:
    """Why a file that comes from elsewhere can't be written under this name, or None."""
    if len(name) > _MAX_NAME or set(name) & _UNSAFE or not name.isprintable():
        return "its name is too long or has signs that file names can't have. Rename it."
    return None


def check_file(path: Path, *, follow_links: bool) -> None:
    """Refuse a file by its name, for being a symbolic link, or no file at all. Raises MaskError.

    One that isn't there passes, to be reported where it is read.
    """
    if (why := unfit_name(path.name)) is not None:
        raise MaskError(why)
    if not str(path.parent).isprintable():
        raise MaskError(
            f"{path.name}: its folder {str(path.parent)!r} has a line break or another sign that "
            "can't be printed in its name. Rename the folder."
        )
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            check_link(path, follow_links=follow_links)
            mode = path.stat().st_mode
    except OSError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        check_is_file(path)


def check_link(path: Path, *, follow_links: bool) -> None:
    """Refuse a symbolic link, to a file or a folder. Raises MaskError."""
    if path.is_symlink() and not follow_links:
        raise MaskError(
            f"{path.name}: it is a symbolic link to {str(path.readlink())!r}, and links can lead "
            "anywhere. Name what it leads to, or allow links with --follow-links."
        )


def check_is_file(path: Path) -> None:
    """Refuse what isn't a regular file, or isn't there. Raises MaskError."""
    try:
        check_regular(path)
    except OSError as err:
        raise MaskError(
            f"{path.name}: it can't be opened ({err.strerror}). Leave it out, or check its path."
        ) from err


def check_bytes(path: Path) -> None:
    """Refuse a file so large that its bytes alone say enough. Raises MaskError, OSError."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise MaskError(
            f"{path.name}: it has {size / 1e9:.0f} GB; a mask of {MAX_PIXELS / 1e9:.0f} "
            "gigapixels, the most that is read, has less. Cut it into tiles, or save it again "
            "compressed."
        )


def check_size(name: str, width: int, height: int) -> None:
    """Refuse a raster that claims to be too large to be read. Raises MaskError."""
    if width * height > MAX_PIXELS:
        raise MaskError(
            f"{name}: its header claims {width} x {height} pixels, {width * height / 1e9:.1f} "
            f"gigapixels; at most {MAX_PIXELS / 1e9:.0f} are read. Cut it into tiles, or save it "
            "again if that isn't its size."
        )


def check_sidecars(path: Path, others: Container[str] = ()) -> None:
    """Refuse a file beside which GDAL would open a pipe or device. Raises MaskError, OSError.

    It doesn't open files with the suffixes `others`.
    """
    try:
        check_beside(path, others)
    except UnfitFileError as err:
        raise MaskError(
            f"{Path(str(err.filename)).name}, beside {path.name}: {err}. Remove it."
        ) from err


def check_raster_sidecars(path: Path) -> None:
    """Refuse what GDAL would open beside a raster and that isn't what it must be.

    Nothing may be a pipe or device; overviews and masks (`.ovr`, `.msk`) must be TIFF; `.aux.xml`
    must be plain XML that names no other file. Raises MaskError.
    """
    check_sidecars(path, _READ_BY_US)
    for suffix in (".ovr", ".msk"):
        beside = path.with_name(path.name + suffix)
        if is_regular(beside) and _beginning(beside) not in TIFF_SIGNATURES:
            raise MaskError(
                f"{beside.name}: it lies beside {path.name} but isn't a TIFF, so it can't be its "
                f"{'overviews' if suffix == '.ovr' else 'mask'}. Remove it."
            )
    aux = path.with_name(path.name + ".aux.xml")
    if is_regular(aux):
        check_aux(aux.name, read_xml_bytes(aux))


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def read_xml_bytes(path: Path) -> bytes:
    """The content of an XML file of a sane size. Raises MaskError."""
    try:
        return read_bytes(path, _MAX_XML_BYTES)
    except UnfitFileError as err:
        raise MaskError(f"{path.name}: {err}. Remove it, or make it again.") from err


def parse_xml(name: str, content: bytes) -> Element:
    """The root element; entities and external references are refused. Raises MaskError."""
    try:
        root: Element = ElementTree.fromstring(content)
    except DefusedXmlException as err:
        raise MaskError(
            f"{name}: it defines XML entities or refers to other files ({type(err).__name__}), "
            "which such a file never needs and which can do harm. Remove it, or make it again."
        ) from err
    except (ElementTree.ParseError, LookupError, ValueError) as err:
        raise MaskError(
            f"{name}: it isn't proper XML ({err}). Remove it, or make it again."
        ) from err
    return root


def check_aux(name: str, content: bytes) -> None:
    """Refuse an `.aux.xml` that names other files, which GDAL would open. Raises MaskError."""
    for item in parse_xml(name, content).iter("MDI"):
        if (item.get("key") or "").upper() in ("OVERVIEW_FILE", "MASK_FILE"):
            raise MaskError(
                f"{name}: it points to another file ({item.text}), which isn't followed. Remove "
                "that entry, or the file."
            )
