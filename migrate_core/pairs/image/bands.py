"""Which bands a pair has: all of a complete product, or those there are where that is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...errors import ProductError
from ...products.product import Product, band_names, missing_bands


def alike(products: Sequence[Product], *, allow_missing: bool) -> list[Product]:
    """The products reduced to the bands that all of them have.

    Raises ProductError that names the missing ones unless they are allowed to be missing.
    """
    for product in products:
        if product.missing and not allow_missing:
            raise ProductError(_incomplete(product))
    common = set.intersection(*({band.name for band in product.bands} for product in products))
    if not common:
        raise ProductError(
            f"{', '.join(product.product_id for product in products)}: the parts of this "
            "acquisition have no band in common. Choose another scene."
        )
    return [_reduced(product, common) for product in products]


def _reduced(product: Product, names: set[str]) -> Product:
    bands = tuple(band for band in product.bands if band.name in names)
    return replace(product, bands=bands, missing=missing_bands(product.level, names))


def _incomplete(product: Product) -> str:
    several = len(product.missing) > 1
    return (
        f"{product.product_id}: the band{'s' if several else ''} {', '.join(product.missing)} "
        f"{'are' if several else 'is'} missing; needed are all of "
        f"{', '.join(band_names(product.level))}. The product is incomplete: get it again, choose "
        "another scene, or make the pair without them: `pairs make --allow-missing-bands`."
    )
