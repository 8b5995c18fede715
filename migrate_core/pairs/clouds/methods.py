"""By which method the clouds of a product are assessed, and why."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import ProductError
from ...products.product import Product
from . import detector

SCL, S2CLOUDLESS, PRODUCT = "scl", "s2cloudless", "product"


@dataclass(frozen=True)
class Choice:
    """`method` is None where clouds can't be known; `reason` says why it isn't the first choice."""

    method: str | None
    reason: str | None = None


def choose(product: Product, asked: str) -> Choice:
    """The method for a product, `asked` being one of settings.CLOUDS.

    Raises ProductError when a method is asked for by name that the product doesn't allow.
    """
    if asked == "auto":
        return _best(product)
    obstacle = _OBSTACLES[asked](product)
    if obstacle is not None:
        others = [name for name, found in _OBSTACLES.items() if found(product) is None]
        raise ProductError(
            f"{product.product_id}: clouds can't be assessed by {asked}: {obstacle}. Choose "
            f"{' or '.join(f'--clouds {name}' for name in (*others, 'auto'))}, or another scene."
        )
    return Choice(asked)


def _best(product: Product) -> Choice:
    """The first of those for the level that can be used; then the other's obstacle is reported."""
    first = S2CLOUDLESS if product.level == "L1C" else SCL
    obstacle = _OBSTACLES[first](product)
    if obstacle is None:
        return Choice(first)
    if (no_mask := _no_cloud_mask(product)) is None:
        return Choice(PRODUCT, f"{obstacle}; so the product's own cloud mask is used")
    return Choice(None, f"{obstacle}, and {no_mask}")


def _no_classification(product: Product) -> str | None:
    if product.scene_classification is not None:
        return None
    return f"the product has no scene classification (SCL), as {product.level} goes"


def _no_cloud_mask(product: Product) -> str | None:
    return None if product.cloud_mask is not None else "the product has no cloud mask"


_OBSTACLES = {SCL: _no_classification, S2CLOUDLESS: detector.why_not, PRODUCT: _no_cloud_mask}
