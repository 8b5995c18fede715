"""The options of `export` that say which pairs go out and how they are split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ..errors import WrongUseError
from ..export.selection.curation import CLASS_PREFIX, FILTER_NAMES, Curation
from ..export.selection.preview import Preview, unreadable_sentence
from ..export.splits.options import BLOCKS, COLUMN, METHODS, OVERLAP, SplitOptions
from .console import print_table
from .review.many import filter_of

Function = TypeVar("Function", bound=Callable[..., Any])
_DEFAULT = SplitOptions()
# Longer lists are in the JSON document and in the tables of the dataset.
_MOST_LINES = 20

_OPTIONS = (
    click.option(
        "--filter",
        "filters",
        multiple=True,
        metavar="NAME=VALUE",
        help="Which pairs go out; all have to hold. Names are those of `review queue` and level, "
        f"agreement, {CLASS_PREFIX}NAME: {', '.join(FILTER_NAMES)}. Limits of numbers: ..5, 2..5.",
    ),
    click.option("--skip-duplicates", is_flag=True, help="Of near duplicates one goes out."),
    click.option("--skip-outliers", is_flag=True, help="Leave out pairs that look unlike all."),
    click.option(
        "--split",
        "split_method",
        type=click.Choice(METHODS),
        help="What stays in one split beside pairs that overlap: nothing (overlap, the default), "
        "blocks of ground, pairs of one scene, of one sensing day, or with one value of a column.",
    ),
    click.option(
        "--split-block-km",
        type=float,
        metavar="KM",
        help=f"Side of blocks; {_DEFAULT.block_km:g} km.",
    ),
    click.option(
        "--split-buffer-km",
        type=float,
        default=_DEFAULT.buffer_km,
        metavar="KM",
        help="The least distance of pairs in different splits; nearer ones are left out.",
    ),
    click.option("--split-column", default="", metavar="NAME", help="A column of the manifest."),
    click.option(
        "--split-table",
        type=click.Path(path_type=Path, dir_okay=False),
        help="CSV with pair_id, mask_id or mask_name, and a column split or group, or that of "
        "--split-column.",
    ),
    click.option(
        "--split-shares", metavar="TRAIN,VAL,TEST", help="Aimed at; 70,15,15 without this option."
    ),
    click.option(
        "--split-seed", type=int, default=_DEFAULT.seed, help="The same seed, the same split."
    ),
    click.option(
        "--split-ignore-classes", is_flag=True, help="Even out numbers of pairs alone, not classes."
    ),
    click.option(
        "--split-join-duplicates", is_flag=True, help="Keep near duplicates in one split."
    ),
    click.option(
        "--split-anew", is_flag=True, help="Forget the splits of the dataset that is there."
    ),
)


def options_of_choice(function: Function) -> Function:
    """Give a command the options of this module."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def curation(given: Mapping[str, Any]) -> Curation:
    """Filters, and what of duplicates. Raises WrongUseError."""
    filters = filter_of(given["filters"])
    return Curation(filters, given["skip_duplicates"], given["skip_outliers"])


def split_options(given: Mapping[str, Any]) -> SplitOptions:
    """How pairs are split. Raises WrongUseError."""
    column, table, block_km = (given[f"split_{name}"] for name in ("column", "table", "block_km"))
    implied = COLUMN if column or table else BLOCKS if block_km is not None else OVERLAP
    method = given["split_method"] or implied
    if block_km is not None and method != BLOCKS:
        raise WrongUseError(
            f"--split-block-km says how large blocks are, but pairs are split by {method}."
        )
    train, val, test = _shares(given["split_shares"])
    return SplitOptions(
        method,
        _DEFAULT.block_km if block_km is None else block_km,
        given["split_buffer_km"],
        column,
        None if table is None else table.absolute(),
        train,
        val,
        test,
        given["split_seed"],
        not given["split_ignore_classes"],
        given["split_join_duplicates"],
        not given["split_anew"],
    )


def _shares(text: str | None) -> tuple[float, float, float]:
    if text is None:
        return _DEFAULT.train, _DEFAULT.val, _DEFAULT.test
    try:
        train, val, test = (float(part) for part in text.split(","))
    except ValueError as err:
        raise WrongUseError(
            f"--split-shares {text}: needed are three numbers, such as 70,15,15."
        ) from err
    return train, val, test


def show_preview(found: Preview) -> None:
    """Print what an export would do."""
    print_table(
        ("pairs", f"{found.pairs:,} go out"),
        [
            ("by decision", _counts(found.decisions)),
            ("decided by", _counts(found.basis)),
            ("by split", _counts(found.splits)),
            *((f"stay out: {reason}", f"{count:,}") for reason, count in found.left_out.items()),
        ],
    )
    if found.class_pixels:
        heading = ("class", "name", "pixels", *(f"% in {name}" for name in found.splits))
        print_table(heading, [_class_row(found, value) for value in found.class_pixels])
    for sentence in found.check.sentences if found.check else ():
        click.echo(sentence)
    if sentence := unreadable_sentence(found.unreadable):
        click.echo(sentence)
    if found.found is None:
        return
    duplicates, outliers = found.found.duplicates, found.found.outliers
    click.echo(f"{len(duplicates):,} near duplicates, {len(outliers):,} outliers.")
    lines = [(one.pair_id, f"near duplicate of {one.other}", one.reason) for one in duplicates]
    lines += [(one.pair_id, f"outlier ({one.score:g})", one.reason) for one in outliers]
    if lines:
        print_table(("pair", "what", "why"), lines[:_MOST_LINES])
    if len(lines) > _MOST_LINES:
        click.echo(f"… and {len(lines) - _MOST_LINES:,} more: --json lists all.")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"


def _class_row(found: Preview, value: int) -> tuple[str, ...]:
    pixels = found.class_pixels[value]
    total = sum(pixels.values())
    shares = (f"{100 * count / total:.1f}" for count in pixels.values())
    return str(value), found.class_names.get(value, ""), f"{total:,}", *shares
