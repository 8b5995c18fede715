"""The options of `export` that say what samples are: bands, values, labels, chips, and terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from ..export.request import (
    APPLIED,
    HARD,
    IGNORES,
    LABELS,
    PAD,
    PADDINGS,
    UINT16,
    VALUES,
    AboutDataset,
    ChipOptions,
    PixelOptions,
)

Function = TypeVar("Function", bound=Callable[..., Any])
_CHIP_PX = ChipOptions().size

_OPTIONS = (
    click.option(
        "--bands", help="Bands that go out, in this order: B02,B03,…; all that every pair has."
    ),
    click.option(
        "--values",
        type=click.Choice(VALUES),
        default=UINT16,
        show_default=True,
        help="uint16: reflectance x 10000; float32: reflectance.",
    ),
    click.option(
        "--label",
        type=click.Choice(LABELS),
        default=HARD,
        show_default=True,
        help="The class of each pixel, the area shares of all classes, or both, in formats that "
        "have one label.",
    ),
    click.option(
        "--ignore",
        type=click.Choice(IGNORES),
        default=APPLIED,
        show_default=True,
        help="What is set to ignore is 255 in labels; kept: it has its class; occluded: what is "
        "occluded is 255, too.",
    ),
    click.option(
        "--chip-size",
        type=int,
        metavar="PIXELS",
        help=f"Side of chips; formats that need one size have {_CHIP_PX} without this option, the "
        "others hold whole pairs.",
    ),
    click.option(
        "--chip-stride", type=int, metavar="PIXELS", help="From chip to chip; the chip's side."
    ),
    click.option(
        "--chip-padding",
        type=click.Choice(PADDINGS),
        help=f"Chips over the edge of a pair: filled up ({PAD}, the default), moved inwards, or "
        "left out.",
    ),
    click.option(
        "--chip-min-labelled",
        type=float,
        metavar="SHARE",
        help="The least share 0…1 of labelled pixels in a chip; one without any never goes out.",
    ),
    click.option("--title", default="", help="Title of the dataset; the name of its folder."),
    click.option("--author", "authors", multiple=True, help="Who made it; can be repeated."),
    click.option("--licence", default="", help="Terms of the labels: an SPDX identifier or words."),
    click.option("--attribution", default="", help="What the owner of the source images asks for."),
)


def options_of_samples(function: Function) -> Function:
    """Give a command the options of this module."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def pixel_options(given: Mapping[str, Any]) -> PixelOptions:
    """Bands, values and labels."""
    bands = tuple(name.strip().upper() for name in (given["bands"] or "").split(",") if name)
    return PixelOptions(bands, given["values"], given["label"], given["ignore"])


def chip_options(given: Mapping[str, Any]) -> ChipOptions | None:
    """How pairs are cut; None when no option of chips is given."""
    names = ("chip_size", "chip_stride", "chip_padding", "chip_min_labelled")
    if all(given[name] is None for name in names):
        return None
    size = given["chip_size"] or _CHIP_PX
    return ChipOptions(
        size,
        size if given["chip_stride"] is None else given["chip_stride"],
        given["chip_padding"] or PAD,
        given["chip_min_labelled"] or 0.0,
    )


def about_dataset(given: Mapping[str, Any]) -> AboutDataset:
    """What the owner says of it."""
    return AboutDataset(
        given["title"], tuple(given["authors"]), given["licence"], given["attribution"]
    )
