"""The radiometric offset of a pair: what a person set, and what the pixels say of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ...model import PairParameters
from ...products.offsets import Evidence, ask_pixels
from ...products.pixels.reading import DigitalNumbers
from ...products.product import Product


@dataclass(frozen=True)
class OffsetCheck:
    """What the dark pixels of the first product say of its offset.

    `in_pixels` is whether it is still in them (None: nothing is dark enough to tell), `darkest`
    the first percentile of each band asked, in digital numbers; `warnings` are what remains
    doubtful, `settled` the warnings that the pixels took away, in the other products of a mosaic
    as well.
    """

    in_pixels: bool | None
    darkest: Mapping[str, int]
    warnings: tuple[str, ...]
    settled: tuple[str, ...] = ()


def with_chosen_offset(product: Product, parameters: PairParameters) -> Product:
    """The product with the offset that a person set, if one did."""
    if parameters.offset is None:
        return product
    return replace(
        product,
        offsets=dict.fromkeys(product.offsets, parameters.offset),
        offset_origin=f"set by a person: {parameters.offset}",
        offset_warnings=(),
    )


def offset_check(product: Product, digital_numbers: DigitalNumbers) -> OffsetCheck:
    """Ask the pixels (not only those inside the mask's footprint) about the offset."""
    evidence = ask_pixels(digital_numbers, product.level)
    found = product.offset_warnings
    if evidence.settles(product.offsets):
        return OffsetCheck(evidence.in_pixels, evidence.darkest, (), found)
    contradiction = evidence.contradicts(product.offsets.get("B04", 0))
    sentences = [contradiction] if contradiction else []
    if found and evidence.in_pixels is None:
        sentences.append(f"the darkest pixels can't tell ({evidence.text or 'too few were read'})")
    return OffsetCheck(evidence.in_pixels, evidence.darkest, (*found, *sentences))


def offset_checks(
    products: Sequence[Product],
    digital_numbers: Mapping[int, DigitalNumbers],
    given: Collection[int],
) -> OffsetCheck:
    """Ask the pixels of each product of a mosaic; what it says is of the first, warnings of all.

    `digital_numbers` are what the files have, by the number of the product, and `given` are
    the numbers of the products whose pixels are in the image.
    """
    first, *others = (
        offset_check(product, digital_numbers.get(number, {}))
        for number, product in enumerate(products)
    )
    warnings, settled = list(first.warnings), list(first.settled)
    for number, (product, check) in enumerate(zip(products[1:], others, strict=True), 1):
        if number in given:
            start = f"in {product.product_id}, "
            warnings += [start + warning for warning in check.warnings]
            settled += [start + warning for warning in check.settled]
    return replace(first, warnings=tuple(warnings), settled=tuple(settled))


def format_settled(settled: Sequence[str], darkest: Mapping[str, int]) -> str:
    """What the pixels settled, as a sentence for the facts of a pair."""
    values = Evidence(False, darkest).text
    return (
        f"The radiometric offset of 0 is right by the darkest pixels ({values}), which are darker "
        f"than they could be with an offset in them, although {'; '.join(settled)}."
    )
