"""XML as products and services write it: elements by their local names, whatever the namespace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException, ElementTree

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parse(xml: bytes) -> Element:
    """The root. Raises ValueError where it isn't proper XML, or defines entities."""
    try:
        root: Element = ElementTree.fromstring(xml)
    except (ElementTree.ParseError, DefusedXmlException, LookupError) as err:
        raise ValueError(str(err)) from err
    return root


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def elements(root: Element, *names: str) -> Iterator[Element]:
    """All elements of these local names below the root, and the root itself, in their order."""
    return (element for element in root.iter() if local_name(element) in names)
