"""`scenes …`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from ..background.scenes import connections_document, search_scenes, try_sources
from ..errors import WrongUseError
from ..job_requests import SearchScenes, TrySources
from ..model import Problem, SceneQuery
from ..scenes import run
from ..scenes.listing import scenes_document
from ..scenes.match_table import import_match_table
from ..scenes.sources import KINDS
from ..session import Session
from ..settings import RankingSettings
from ..states import MaskState
from ..store.base import Candidate
from ..store.last_search import SearchParameters
from ..text import (
    CLOUD_IN_SCENE,
    CLOUD_OVER_MASK,
    LABEL_OCCLUDED,
    format_days,
    format_percent,
    format_share,
)
from .console import emit, json_option, print_table, report, say


@click.group()
def scenes() -> None:
    """Scenes: candidates for every mask, ranked."""


@scenes.command("search")
@click.option(
    "--source",
    "specs",
    multiple=True,
    required=True,
    help=f"Where to look; can be repeated. Known: {KINDS} (products in folders and zips, "
    "or a static STAC catalogue).",
)
@click.option(
    "--days",
    type=click.IntRange(0, 3650),
    default=10,
    show_default=True,
    help="Days before and after a mask's date, inclusive by UTC date.",
)
@click.option(
    "--max-cloud",
    type=click.FloatRange(0, 100),
    default=100.0,
    show_default=True,
    help="Largest cloud in scene, percent; 100 filters nothing.",
)
@click.option("--level", type=click.Choice(["L1C", "L2A"]), default="L2A", show_default=True)
@click.option(
    "--usable-cloud",
    type=click.FloatRange(0, 100),
    help="Largest cloud of a usable scene, percent: cloud over mask and label occluded where they "
    "were measured, else cloud in scene; default $MIGRATE_USABLE_CLOUD_PERCENT or 10.",
)
@click.option(
    "--usable-coverage",
    type=click.FloatRange(0, 1),
    help="Smallest share of the mask that a usable scene covers, 0 to 1; default "
    "$MIGRATE_USABLE_COVERAGE or 0.9.",
)
@click.option(
    "--weight",
    "weights",
    multiple=True,
    metavar="NAME=VALUE",
    help="Weight of a term of the score (clear_sky, closeness, coverage; clear_label once it is "
    "measured); can be repeated; default $MIGRATE_WEIGHT_NAME or 1.",
)
@click.option(
    "--measure-clouds",
    is_flag=True,
    help="Measure clouds over each mask and its label in every candidate, and rank by that. Takes "
    "some 40 kB of each product, and about 0.6 MB from cdse with an account but without an S3 key. "
    "What was measured before is used again.",
)
@click.option(
    "--refresh",
    is_flag=True,
    help="Ask services again, and measure again; otherwise what they answered in the last 24 hours "
    "is used again.",
)
@json_option
@click.pass_obj
def search(
    session: Session,
    specs: tuple[str, ...],
    days: int,
    max_cloud: float,
    level: str,
    usable_cloud: float | None,
    usable_coverage: float | None,
    weights: tuple[str, ...],
    measure_clouds: bool,
    refresh: bool,
    as_json: bool,
) -> None:
    """Find and rank candidates for every mask without a problem; the best is selected."""
    default = session.settings.ranking
    ranking = RankingSettings(
        default.usable_cloud_percent if usable_cloud is None else usable_cloud,
        default.usable_coverage if usable_coverage is None else usable_coverage,
        _weights(weights, default.weights),
    )
    query = SceneQuery(days, max_cloud, level)
    parameters = SearchParameters(specs, query, ranking, measure_clouds)
    try:
        problems = search_scenes(session, SearchScenes(parameters, refresh))
    except run.SearchFailedError as err:
        report(err.problems)
        raise
    _emit_candidates(session, as_json)
    report(problems)


def _weights(given: Iterable[str], default: Mapping[str, float]) -> dict[str, float]:
    """The default weights with those of `NAME=VALUE` in their place."""
    weights = dict(default)
    for text in given:
        name, _, value = text.partition("=")
        try:
            weight = float(value)
        except ValueError:
            weight = float("nan")
        if name not in default or not 0 <= weight < float("inf"):
            raise WrongUseError(
                f"--weight {text}: needed is NAME=VALUE with a name of {', '.join(default)} and a "
                "number from 0 on."
            )
        weights[name] = weight
    return weights


@scenes.command("test-source")
@click.argument("specs", nargs=-1, required=True, metavar="SOURCE…")
@json_option
@click.pass_obj
def test_source(session: Session, specs: tuple[str, ...], as_json: bool) -> None:
    """Try whether sources answer and take the credentials that are set."""
    found = try_sources(session, TrySources(specs))
    rows = [(one.spec, step.what, step.state, step.words) for one in found for step in one.steps]
    heading = ("source", "what", "state", "")
    emit(connections_document(found), as_json, lambda: print_table(heading, rows))
    report([Problem(one.spec, one.problem) for one in found if one.problem])


@scenes.command("list")
@json_option
@click.pass_obj
def list_scenes(session: Session, as_json: bool) -> None:
    """The candidates of every mask, as the last search found them."""
    _emit_candidates(session, as_json)


def _emit_candidates(session: Session, as_json: bool) -> None:
    """All candidates, read once: as the document or as a table."""
    document = scenes_document(session.store) if as_json else None
    emit(document, as_json, lambda: _show(session))


def _show(session: Session) -> None:
    found = session.store.candidates()
    rows = [
        (mask.name if number == 0 else "", *_cells(candidate))
        for mask in session.store.masks()
        if mask.state == MaskState.READY
        for number, candidate in enumerate(found.get(mask.mask_id, []))
    ]
    heading = ("mask", "", "scene", "days", CLOUD_IN_SCENE, CLOUD_OVER_MASK, LABEL_OCCLUDED)
    print_table((*heading, "coverage", "usable", "score"), rows)


def _cells(candidate: Candidate) -> tuple[str | None, ...]:
    """One line of the table of candidates."""
    ranked, scene = candidate.ranked, candidate.ranked.scene
    shares = (
        scene.cloud_percent,
        ranked.cloud_over_mask_percent,
        ranked.occluded_over_label_percent,
    )
    return (
        "*" if candidate.selected else "",
        scene.scene_id,
        format_days(ranked.days_offset),
        *(None if percent is None else format_percent(percent) for percent in shares),
        format_share(ranked.coverage),
        "yes" if ranked.usable else "no",
        f"{ranked.score:.3f}",
    )


@scenes.command("select")
@click.argument("mask_id")
@click.argument("scene_id")
@json_option
@click.pass_obj
def select(session: Session, mask_id: str, scene_id: str, as_json: bool) -> None:
    """Choose another candidate for a mask; later searches keep the choice while they find it."""
    run.select(session.store, mask_id, scene_id)
    document = {"mask_id": mask_id, "scene_id": scene_id}
    emit(document, as_json, lambda: say(f"{mask_id}: {scene_id} is selected."))


@scenes.command("export-match")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def export_match(session: Session, table: Path, as_json: bool) -> None:
    """Write the candidates as a match table, the selected one of each mask first."""
    rows = run.export_match(session.store, table)
    document = {"file": str(table), "rows": rows}
    emit(document, as_json, lambda: say(f"{rows} rows are in {table}."))


@scenes.command("import-match")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def import_match(session: Session, table: Path, as_json: bool) -> None:
    """Select what a match table says; mask_name and S2_name are enough."""
    outcome = import_match_table(session.store, table)
    document = {"selected": outcome.selected}
    emit(document, as_json, lambda: say(f"The selection of {outcome.selected} masks is taken."))
    report(outcome.problems)
