"""What the address keeps of the choices on the page Export, so that they stay on reload."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from migrate_core.errors import WrongUseError
from migrate_core.export.destination.address import parse_address
from migrate_core.export.formats.registry import FORMATS
from migrate_core.export.request import (
    APPLIED,
    GEOTIFF,
    HARD,
    IGNORES,
    LABELS,
    LARGEST_CHIP_PX,
    PADDINGS,
    SMALLEST_CHIP_PX,
    UINT16,
    VALUES,
    ChipOptions,
)
from migrate_core.export.selection.choice import ACCEPTED, INCLUDES
from migrate_core.export.selection.curation import AGREEMENT, LEVEL, LEVELS
from migrate_core.export.splits.options import (
    METHODS,
    OVERLAP,
    SHARES,
    TEST,
    TRAIN,
    VAL,
    SplitOptions,
)
from migrate_core.review.filters import CHOICES
from migrate_core.states import Basis
from migrate_core.store.decisions import reviewers_of_log
from pages.shared.export.choose import NUMBERS_OF_PAIRS
from pages.shared.export.samples import BANDS, CUT, STRIDE
from pages.shared.frame import Page
from pages.shared.ranges import LEAST, MOST
from pages.shared.state import FormField, keep_form, number, number_text, one_of, yes_or_no


def keep_choices(page: Page) -> None:
    """Keep the choices and the address alike; called before they are drawn."""
    keep_form("export", (*_what(), *_chips(), *_about(), *_splits(), *_filters(page)))


def _what() -> Sequence[FormField]:
    return (
        FormField("export_include", "include", ACCEPTED, one_of(INCLUDES)),
        FormField("export_looked_at", "looked_at", **yes_or_no(usual=False)),
        FormField("export_formats", "formats", **_several(FORMATS, [GEOTIFF])),
        FormField("export_bands", "bands", **_several(BANDS, [])),
        FormField("export_values", "values", UINT16, one_of(VALUES)),
        FormField("export_label", "label", HARD, one_of(LABELS)),
        FormField("export_ignore", "ignore", APPLIED, one_of(IGNORES)),
        FormField("export_similar", "similar", **yes_or_no(usual=False)),
        FormField("export_folder", "folder", "", write=_destination),
        FormField("export_zip", "zip", **yes_or_no(usual=False)),
    )


def _destination(text: str) -> str | None:
    """A folder, or an address of an object store; None for what looks like another address.

    Those may hold a name and a password, or a signature.
    """
    try:
        return str(parse_address(text.strip())) if ":" in text else text
    except WrongUseError:
        return None


def _chips() -> Sequence[FormField]:
    sides = (SMALLEST_CHIP_PX, LARGEST_CHIP_PX)
    stride = {**number(0, 1, LARGEST_CHIP_PX), "usual": None}
    return (
        FormField(CUT, "cut", **yes_or_no(usual=False)),
        FormField("export_chip_size", "chip", **number(ChipOptions.size, *sides)),
        FormField(STRIDE, "stride", **stride),
        FormField("export_chip_padding", "edge", ChipOptions.padding, one_of(PADDINGS)),
        FormField("export_chip_labelled", "chip_labelled", **number(0, 0, 100)),
    )


def _about() -> Sequence[FormField]:
    return tuple(
        FormField(f"export_{name}", name, "")
        for name in ("title", "authors", "licence", "attribution")
    )


def _splits() -> Sequence[FormField]:
    return (
        FormField("export_split", "split", OVERLAP, one_of(METHODS)),
        FormField("export_block_km", "block_km", **number(SplitOptions.block_km, 0.1, 500)),
        FormField("export_split_column", "column", ""),
        FormField("export_buffer_km", "buffer_km", **number(0.0, 0, 500)),
        *(
            FormField(f"export_share_{name}", name, **number(round(100 * SHARES[name]), 0, 100))
            for name in (TRAIN, VAL, TEST)
        ),
        FormField("export_seed", "seed", **number(0, 0, 2**53)),
        FormField("export_balance", "balance", **yes_or_no(usual=True)),
        FormField("export_join_duplicates", "join_duplicates", **yes_or_no(usual=False)),
        FormField("export_keep_splits", "keep_splits", **yes_or_no(usual=True)),
    )


def _filters(page: Page) -> Sequence[FormField]:
    """The filters; a field that filters nothing is empty and not in the address."""
    chosen = {
        "by": one_of(list(reviewers_of_log(page.store))),
        "basis": one_of([one.value for one in Basis]),
        LEVEL: one_of(list(LEVELS)),
        "suggestion": one_of(list(CHOICES["suggestion"])),
        "first": date.fromisoformat,
        "last": date.fromisoformat,
        **{
            f"{name}_{limit}": _finite
            for name in (*NUMBERS_OF_PAIRS, AGREEMENT, "class")
            for limit in (LEAST, MOST)
        },
    }
    return (
        *(_optional(name, read) for name, read in chosen.items()),
        FormField("export_filter_text", "name", ""),
        FormField("export_filter_class", "class", ""),
        FormField("export_skip_duplicates", "skip_duplicates", **yes_or_no(usual=False)),
        FormField("export_skip_outliers", "skip_outliers", **yes_or_no(usual=False)),
    )


def _optional(name: str, read: Callable[[str], Any]) -> FormField:
    return FormField(f"export_filter_{name}", name, None, read, number_text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _several(options: Sequence[str], usual: list[str]) -> dict[str, Any]:
    """How a choice of several is kept in an address: `geotiff,coco`."""

    def read(text: str) -> list[str]:
        return list(dict.fromkeys(map(one_of(options), text.split(","))))

    return {"usual": usual, "read": read, "write": ",".join}
