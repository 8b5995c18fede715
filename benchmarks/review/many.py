"""What queue, rules, counts and a decision take of the processor, up to 100,000 pairs.

The pairs are numbers alone, in a SQLite database; persons have decided about every fifth.
"""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from benchmarks.review.light_table import timed
from migrate_core.jobs.background import now_utc
from migrate_core.model import Occluded, Pair, Shift, Suggestion
from migrate_core.review.batches import decide_batch, selected, undo_batch
from migrate_core.review.overview import overview
from migrate_core.review.pair_rows import pair_rows
from migrate_core.review.queue_rows import queue_rows
from migrate_core.review.rules.audit import log_without_rule
from migrate_core.review.rules.rule import parse_rule, preview
from migrate_core.review.rules.run import apply_rule
from migrate_core.review.run import decide_once, new_decision
from migrate_core.review.team.double import visible_log
from migrate_core.states import PairState, Verdict
from migrate_core.store.base import Store, open_store
from migrate_core.store.decisions import edits_of
from migrate_core.workspace import Workspace
from pages.shared.review.item import status_document
from pages.shared.review.queue import queue_document

LENGTHS = (1_000, 10_000, 100_000)
RULE = parse_rule({"occluded": "..0", "days": "..5"}, "accept")
KEYS = 50


def filled(folder: Path, length: int) -> Store:
    """A store with so many pairs, of which persons have decided about a fifth."""
    root = folder / f"many-{length}"
    shutil.rmtree(root, ignore_errors=True)
    store, chance = open_store(Workspace(root)), random.Random(length)
    store.put_pairs([_pair(number, chance) for number in range(length)])
    pair_ids = [f"p{number:06}" for number in range(0, length, 5)]
    for who, ids in (("ann", pair_ids[::2]), ("bob", pair_ids[1::2])):
        decide_batch(store, selected(Verdict.ACCEPT, who, None), ids)
    return store


def _pair(number: int, chance: random.Random) -> Pair:
    occluded = chance.choice((0.0, 0.0, chance.random()))
    return Pair(
        f"p{number:06}",
        f"m{number:06}",
        f"{number:06}_mask.tif",
        (f"S2A_MSIL2A_{number % 200}",),
        PairState.DONE,
        days_offset=chance.uniform(-10, 10),
        coverage=chance.uniform(0.8, 1),
        suggestion=Suggestion(
            Verdict.ACCEPT if occluded < 0.1 else Verdict.REJECT, "by its occlusion"
        ),
        shift=Shift(chance.gauss(0, 3), chance.gauss(0, 3), 1.0, True),
        change=chance.random(),
        occluded=Occluded(occluded, occluded),
    )


def measured(store: Store) -> dict[str, float]:
    """Milliseconds of processor time, by what was done."""
    asked = {"reviewer": "ann"}
    found = {
        "rows of the pairs, read once": timed(lambda: pair_rows(Store(store.engine))),
        "queue with its decisions": timed(lambda: queue_document(store, asked)),
        "preview of a rule": timed(lambda: preview(queue_rows(store), RULE)),
        "counts of the frame": timed(lambda: overview(store, now_utc())),
        "a decision by a key": _key_ms(store),
    }
    found["a rule applied, and undone"] = timed(lambda: _applied(store))
    return found


def _key_ms(store: Store) -> float:
    """What the server does for a key, on average."""
    pair_ids = iter([f"p{number:06}" for number in range(1, 1_000, 5)])

    def press() -> None:
        for _ in range(KEYS):
            pair_id = next(pair_ids)
            decide_once(store, new_decision(pair_id, "accept", "ann"), uuid.uuid4().hex)
            log = visible_log(log_without_rule(store, store.decisions(pair_id)), "ann", 0.0)
            status_document(store, pair_id, log, "ann", edits_of(store, pair_id))

    return timed(press) / KEYS


def _applied(store: Store) -> None:
    undo_batch(store, apply_rule(store, RULE, "ann").batch_id, "ann")


def rows(folder: Path) -> Iterable[str]:
    """The lines of the table."""
    columns = {length: measured(filled(folder, length)) for length in LENGTHS}
    yield f"| milliseconds of processor time | {' | '.join(f'{n:,} pairs' for n in LENGTHS)} |"
    yield f"| --- |{' --- |' * len(LENGTHS)}"
    for what in columns[LENGTHS[0]]:
        cells = (columns[length][what] for length in LENGTHS)
        yield f"| {what} | {' | '.join(_format_ms(ms) for ms in cells)} |"


def _format_ms(ms: float) -> str:
    return f"{ms:,.0f}" if ms >= 10 else f"{ms:.1f}"


def table(folder: Path) -> str:
    """What was measured, as a table."""
    return "\n".join(rows(folder))
