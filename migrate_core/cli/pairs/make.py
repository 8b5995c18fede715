"""`pairs make` and `pairs cancel`."""

from __future__ import annotations

import signal
import sys

import click

from ...background.pairs import (
    make_pairs,
    missing_pairs,
    refuse_to_set_aside,
    result_of_making,
)
from ...errors import WrongUseError
from ...job_requests import MakePairs
from ...jobs.background import now_utc, request_cancel
from ...model import PairParameters
from ...pairs.run.options import RunOptions
from ...pairs.run.runner import KIND, RunOutcome
from ...review.set_aside import SetAside, consequence_of
from ...session import Session
from ...settings import ACCESSES, CLOUDS, RESAMPLINGS
from ...states import UNDER_WAY, PairState
from ...store.selected import unusable_to_make
from ...text import counted
from ..console import EXIT_PROBLEM, emit, interrupted, json_option, report, say
from .listing import emit_pairs

# The states from which a pair can be made again.
AGAIN = tuple(state.value for state in (*UNDER_WAY, PairState.FAILED, PairState.CANCELLED))

# So many masks are named in a line.
_NAMED = 5


@click.command("make")
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
    help="Ignore labels where the ground was occluded in the source image (UDM, alpha).",
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
    help="What clouds are assessed by: the scene classification of L2A (scl), s2cloudless for L1C, "
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
@click.option(
    "--yes",
    is_flag=True,
    help="Don't ask before decisions are set aside: those about pairs that this run supersedes, "
    "since it makes them with other parameters, another scene or a changed mask.",
)
@json_option
@click.pass_obj
def make(
    session: Session,
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
    yes: bool,
    as_json: bool,
) -> None:
    """Make a pair of every mask and its selected scene; finished ones are kept.

    What was decided about a pair that is made otherwise now is set aside after asking, and
    proposed for the new pair.

    Ctrl-C stops it, and so does `pairs cancel`; run it again to go on.
    """
    options = RunOptions(
        workers,
        scheduler,
        PairParameters(
            resampling or session.settings.resampling,
            offset=None if offset in ("auto", "keep") else int(offset),
            ignore_occluded=ignore_occluded,
            clouds=clouds,
            register=register,
            ignore_rim_m=ignore_rim_m,
            allow_missing_bands=allow_missing_bands,
        ),
        frozenset(masks) or None,
        frozenset(states) or None,
        access=access,
        wait_s=60 * wait_minutes,
        keep_offsets=offset == "keep",
    )
    signal.signal(signal.SIGTERM, interrupted)
    _name_unusable(session, options)
    silent = as_json or not sys.stdin.isatty()
    outcome = make_pairs(session, MakePairs(options, yes), refuse_to_set_aside if silent else _ask)
    emit_pairs(session, as_json)
    _conclude(outcome)


def _name_unusable(session: Session, options: RunOptions) -> None:
    """Name the masks that get a pair though the scene isn't usable by the limits of the search."""
    found = unusable_to_make(session.store)
    names = [found[mask_id] for mask_id in found if mask_id in (options.masks or found)]
    if names and options.states is None:
        more = f" and {len(names) - _NAMED:,} more" * (len(names) > _NAMED)
        say(
            f"{counted(len(names), 'selected scene')} not usable by the limits of the search: "
            f"{', '.join(names[:_NAMED])}{more}."
        )


def _ask(found: SetAside) -> None:
    """Ask whether decisions may be set aside. Raises click's Abort for a no."""
    click.confirm(f"{consequence_of(found)} Go on?", abort=True, err=True)


def _conclude(outcome: RunOutcome) -> None:
    """Say how the run ended, and end with the status that says so, too."""
    if waiting := len(outcome.waiting):
        say(f"{waiting} pairs wait for a long-term archive. Run `pairs make` again later.")
    say(result_of_making(outcome))
    if outcome.cancelled:
        say("Cancelled. Run `pairs make` again to go on.")
    report(missing_pairs(outcome))
    if outcome.cancelled:
        raise SystemExit(EXIT_PROBLEM)


@click.command("cancel")
@json_option
@click.pass_obj
def cancel(session: Session, as_json: bool) -> None:
    """Stop the run that is at work, from another terminal or machine."""
    if not request_cancel(session.store, KIND, now_utc()):
        raise WrongUseError("No run is at work, so there is nothing to cancel.")
    emit({"cancelled": KIND}, as_json, lambda: say("The run has been asked to stop."))
