"""From where a scene's pixels are described to the product that can be read."""

from __future__ import annotations

from pathlib import Path

from .product import Product
from .safe import open_safe
from .stac_product import open_item


def open_product(href: str) -> Product:
    """The product at a SAFE folder or zip, or behind a STAC item file. Raises ProductError."""
    path = Path(href)
    return open_item(path) if path.suffix.lower() in (".json", ".geojson") else open_safe(path)
