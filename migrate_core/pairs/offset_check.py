"""The radiometric offset of a pair: what a person set, and what the pixels say of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ..model import PairParameters
from ..products.offsets import ask_pixels
from ..products.product import Product
from ..products.reading import Numbers


@dataclass(frozen=True)
class OffsetCheck:
    """What the dark pixels of the first product say of its offset.

    `in_pixels` is whether it is still in them (None: nothing is dark enough to tell), `darkest`
    the first percentile of each band asked, in digital numbers; `doubts` are contradictions, in the
    other products of a mosaic as well.
    """

    in_pixels: bool | None
    darkest: Mapping[str, int]
    doubts: tuple[str, ...]


def with_chosen_offset(product: Product, parameters: PairParameters) -> Product:
    """The product with the offset that a person set, if one did."""
    if parameters.offset is None:
        return product
    return replace(
        product,
        offsets=dict.fromkeys(product.offsets, parameters.offset),
        offset_origin=f"set by a person: {parameters.offset}",
        offset_doubts=(),
    )


def offset_check(product: Product, numbers: Numbers) -> OffsetCheck:
    """Ask the pixels (not only those inside the mask's footprint) about the offset."""
    evidence = ask_pixels(numbers, product.level)
    contradiction = evidence.contradicts(product.offsets.get("B04", 0))
    doubts = (*evidence.settled(product.offset_doubts), *([contradiction] if contradiction else []))
    return OffsetCheck(evidence.in_pixels, evidence.darkest, doubts)


def offset_checks(
    products: Sequence[Product], numbers: Mapping[int, Numbers], given: Collection[int]
) -> OffsetCheck:
    """Ask the pixels of each product of a mosaic; what it says is of the first, doubts of all.

    `numbers` are what the files have, by the number of the product, and `given` are the numbers of
    the products whose pixels are in the image.
    """
    first, *others = (
        offset_check(product, numbers.get(number, {})) for number, product in enumerate(products)
    )
    named = (
        f"in {product.product_id}, {doubt}"
        for number, (product, check) in enumerate(zip(products[1:], others, strict=True), 1)
        if number in given
        for doubt in check.doubts
    )
    return replace(first, doubts=(*first.doubts, *named))
