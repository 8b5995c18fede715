"""The radiometric offset of a pair: what a person set, and what the pixels say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..model import PairParameters
from ..products.offsets import ask_pixels
from ..products.product import Product
from ..products.reading import Numbers


@dataclass(frozen=True)
class OffsetCheck:
    """What the dark pixels of the first product say of its offset.

    `in_pixels` is whether it is still in them (None: nothing is dark enough to tell), `darkest`
    the first percentile of each band asked, in digital numbers; `doubts` are contradictions.
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
