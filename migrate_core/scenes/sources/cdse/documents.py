"""The metadata files of products as far as they name other files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ....errors import TransferError
from ....products.metadata.markup import elements, parse

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parsed(xml: bytes, title: str) -> Element:
    """The root of a document; `title` names the product in errors. Raises TransferError."""
    try:
        return parse(xml)
    except ValueError as err:
        raise TransferError(
            f"{title}: its metadata are not proper XML ({err}). Try again, or use another source."
        ) from err


def texts(root: Element, *tags: str) -> Iterator[str]:
    """What the elements of these names say, whatever their namespaces."""
    return ((element.text or "").strip() for element in elements(root, *tags))


def images_of(xml: bytes, title: str) -> list[str]:
    """What IMAGE_FILE elements of MTD_MSIL*.xml say, without a suffix; each path once.

    Paths that leave the product are left out. Raises TransferError.
    """
    found: dict[str, None] = {}
    for text in texts(parsed(xml, title), "IMAGE_FILE", "IMAGE_ID"):
        name = text.removesuffix(".jp2")
        parts = PurePosixPath(name).parts
        if len(parts) >= 4 and parts[0] == "GRANULE" and ".." not in parts:
            found[name] = None
    return list(found)


def granule_of(image: str) -> str:
    """The granule's folder, of the path of one of its images."""
    return "/".join(PurePosixPath(image).parts[:2])
