"""`pairs …`."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

import click

from ..errors import WrongUseError
from ..jobs import now_utc, request_cancel
from ..model import PairParameters, Problem
from ..pairs.plan import RunOptions
from ..pairs.run import KIND, RunOutcome, make_pairs
from ..review.decisions import pairs_document
from ..settings import ACCESSES, CLOUDS, RESAMPLINGS
from .console import EXIT_PROBLEM, emit, json_option, print_table, progress_bar, report, say
from .session import Session

# The states from which a pair can be made again.
AGAIN = ("queued", "running", "failed", "cancelled")


@click.group()
def pairs() -> None:
    """Pairs: masks on the Sentinel-2 grid beside the image."""


@pairs.command("make")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes to work with; default one a core."
)
@click.option("--scheduler", help="Address of a Dask scheduler to work on instead.")
@click.option(
    "--resampling",
    type=click.Choice(RESAMPLINGS),
    help="How 20 m and 60 m bands come to 10 m; default $MIGRATE_RESAMPLING or bilinear.",
)
@click.option(
    "--ignore-occluded",
    is_flag=True,
    help="Ignore labels where the ground was hidden in the source image (UDM, alpha).",
)
@click.option(
    "--register",
    is_flag=True,
    help="Measure how far the source image is shifted against Sentinel-2, and move the mask by it "
    "where that is reliable. Without a source image only a warning comes of it.",
)
@click.option(
    "--ignore-rim",
    "ignore_rim_m",
    metavar="METRES",
    type=click.FloatRange(0, 1000),
    default=0.0,
    show_default=True,
    help="Set labels to ignore this far on both sides of class borders; 0 is none.",
)
@click.option(
    "--clouds",
    type=click.Choice(CLOUDS),
    default="auto",
    show_default=True,
    help="What clouds are judged by: the scene classification of L2A (scl), s2cloudless for L1C, "
    "the product's own cloud mask (product), or the best of these that there is.",
)
@click.option(
    "--allow-missing-bands",
    is_flag=True,
    help="Make pairs of incomplete products, too, of the bands that they have.",
)
@click.option(
    "--offset",
    type=click.Choice(["auto", "keep", "0", "-1000"]),
    default="auto",
    show_default=True,
    help="What to add to the pixels so that reflectance = value / 10000; auto is what product and "
    "item say, keep is auto but for pairs where it was set before. Set it where `pairs list` says "
    "that the offset is doubtful.",
)
@click.option(
    "--access",
    type=click.Choice(ACCESSES),
    default="auto",
    show_default=True,
    help="How pixels at a service are fetched: windows by range, single band files, or the whole "
    "product; auto takes what costs least.",
)
@click.option(
    "--wait",
    "wait_minutes",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Minutes to wait for products that long-term archives were asked for; run again later "
    "otherwise.",
)
@click.option(
    "--mask",
    "masks",
    metavar="MASK_ID",
    multiple=True,
    help="Only this mask; can be repeated. Pairs of other masks stay as they are.",
)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(AGAIN),
    help="Only masks whose pair is in this state; can be repeated. `queued` and `running` ones "
    "are what a run that died left behind.",
)
@json_option
@click.pass_context
def make(
    context: click.Context,
    workers: int | None,
    scheduler: str | None,
    resampling: str | None,
    ignore_occluded: bool,
    register: bool,
    ignore_rim_m: float,
    clouds: str,
    allow_missing_bands: bool,
    offset: str,
    access: str,
    wait_minutes: float,
    masks: tuple[str, ...],
    states: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a pair of every mask and its selected scene; finished ones are kept.

    Ctrl-C stops it, and so does `pairs cancel`; run it again to go on.
    """
    session: Session = context.obj
    settings = session.settings
    options = RunOptions(
        workers,
        scheduler or settings.scheduler,
        PairParameters(
            resampling or settings.resampling,
            offset=None if offset in ("auto", "keep") else int(offset),
            ignore_occluded=ignore_occluded,
            clouds=clouds,
            register=register,
            ignore_rim_m=ignore_rim_m,
            allow_missing_bands=allow_missing_bands,
        ),
        frozenset(masks) or None,
        frozenset(states) or None,
        settings.services,
        access,
        60 * wait_minutes,
        keep_offsets=offset == "keep",
        judge=settings.judge,
        max_pair_pixels=settings.max_pair_pixels,
    )
    session.finish_masks()
    # A polite kill is a cancellation: what is finished stays, the rest is marked.
    signal.signal(signal.SIGTERM, _interrupt)
    with progress_bar("pairs") as update:

        def progress(finished: int, failed: int, total: int) -> None:
            update(finished, total, f"{failed} failed" if failed else "")

        outcome = make_pairs(session.store, session.workspace, options, progress)
    document = pairs_document(session.store, session.workspace)
    emit(document, as_json, lambda: _show(document))
    _conclude(outcome)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _conclude(outcome: RunOutcome) -> None:
    """Say how the run ended, and end with the status that says so, too."""
    waiting = len(outcome.waiting)
    there = outcome.total - outcome.made - outcome.failed - waiting
    if waiting:
        say(f"{waiting} pairs wait for a long-term archive. Run `pairs make` again later.")
    say(
        f"{outcome.made} pairs made, {outcome.failed} failed, {there} "
        + ("not made." if outcome.cancelled else "already there.")
    )
    if outcome.cancelled:
        say("Cancelled. Run `pairs make` again to go on.")
    lacking = [*outcome.failures, *outcome.waiting]
    report([Problem(pair.mask_name, pair.error or "") for pair in lacking])
    if outcome.cancelled:
        raise SystemExit(EXIT_PROBLEM)


@pairs.command("cancel")
@click.pass_obj
def cancel(session: Session) -> None:
    """Stop the run that is at work, from another terminal or machine."""
    if not request_cancel(session.store, KIND, now_utc()):
        raise WrongUseError("No run is at work, so there is nothing to cancel.")
    say("The run has been asked to stop.")


@pairs.command("list")
@json_option
@click.pass_obj
def list_pairs(session: Session, as_json: bool) -> None:
    """All pairs, one row each, superseded ones included."""
    document = pairs_document(session.store, session.workspace)
    emit(document, as_json, lambda: _show(document))


def _show(document: list[dict[str, Any]]) -> None:
    rows = []
    for row in document:
        suggestion = row["suggestion"] or {}
        labelled = (row["occlusion"] or {}).get("labelled", {})
        cloud = labelled.get("cloud")
        cells = (
            row["pair_id"],
            row["state"],
            None if row["days_offset"] is None else f"{row['days_offset']:+.1f}",
            None if cloud is None else f"{100 * cloud:.1f}",
            row["decision"],
            suggestion.get("verdict"),
            row["error"] or suggestion.get("reason"),
        )
        rows.append(cells)
    heading = ("pair_id", "state", "days", "label clouded, %", "decision", "suggestion", "why")
    print_table(heading, rows)
