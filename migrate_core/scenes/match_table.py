"""The match table `mask_S2_match.csv`: the selection as a table, out and in."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import WrongUseError
from ..escaping import from_csv_cell, write_csv
from ..files.regular import read_text
from ..model import Mask, Problem, iso
from ..products.names import without_safe
from ..store.base import Candidate, Store
from ..store.candidates import select_all

COLUMNS = (
    "mask_name",
    "S2_name",
    "S2_uuid",
    "cloudcover",
    "mask_id",
    "source",
    "sensed_at",
    "days_offset",
    "coverage",
    "score",
    "selected",
)
_NEEDED = COLUMNS[:2]
# So many masks of one name are named.
_NAMED = 5
_TRUE = ("1", "true", "yes", "t", "y")


def match_row(mask: Mask, candidate: Candidate) -> dict[str, Any]:
    """One row: a mask and a candidate. Products on disk have no UUID; their name stands for it."""
    ranked = candidate.ranked
    scene = ranked.scene
    return {
        "mask_name": mask.name,
        "S2_name": scene.scene_id,
        "S2_uuid": scene.scene_id,
        "cloudcover": "" if scene.cloud_percent is None else scene.cloud_percent,
        "mask_id": mask.mask_id,
        "source": scene.source,
        "sensed_at": iso(scene.sensed_at),
        "days_offset": ranked.days_offset,
        "coverage": ranked.coverage,
        "score": ranked.score,
        "selected": str(candidate.selected).lower(),
    }


def write_match_table(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows of `match_row` as CSV."""
    write_csv(path, COLUMNS, list(rows))


def match_rows(store: Store) -> list[dict[str, Any]]:
    """All candidates of all masks, the selected one of each mask first."""
    masks = {mask.mask_id: mask for mask in store.masks()}
    return [
        match_row(masks[mask_id], candidate)
        for mask_id, candidates in store.candidates().items()
        if mask_id in masks
        for candidate in sorted(candidates, key=lambda c: not c.selected)
    ]


@dataclass(frozen=True)
class ImportOutcome:
    """How many masks got the selection of the table, and the rows that could not be followed."""

    selected: int
    problems: tuple[Problem, ...]


def import_match_table(store: Store, path: Path) -> ImportOutcome:
    """Select what a match table says: its `selected` row of each mask, else the first.

    The columns `mask_name` and `S2_name` are enough. Raises WrongUseError when the file isn't
    such a table; rows that name an unknown mask or candidate become problems.
    """
    wanted, problems = _wanted_rows(store.masks(), _by_mask(_read(path)))
    choices = {mask_id: without_safe(row["S2_name"].strip()) for mask_id, row in wanted.items()}
    unknown = select_all(store, choices)
    for mask_id, scene_id in unknown.items():
        name = wanted[mask_id]["mask_name"]
        text = (
            f"{name}: {scene_id} is not among its candidates. Search with a source that has it "
            "and a window that reaches it, then import again."
        )
        problems.append(Problem(name, text))
    return ImportOutcome(len(choices) - len(unknown), tuple(problems))


def _read(path: Path) -> list[dict[str, str]]:
    try:
        with io.StringIO(read_text(path, "utf-8-sig"), newline="") as file:
            reader = csv.DictReader(file)
            rows = [
                {key: from_csv_cell(value or "") for key, value in row.items() if key}
                for row in reader
            ]
            heading = reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise WrongUseError(f"{path.name}: it can't be read as a CSV table ({err}).") from err
    missing = [column for column in _NEEDED if column not in heading]
    if missing:
        raise WrongUseError(
            f"{path.name}: the {'column' if len(missing) == 1 else 'columns'} "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing; the heading "
            f"is {', '.join(heading) if heading else 'empty'}."
        )
    return rows


def _by_mask(rows: Iterable[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        groups[row.get("mask_id") or row["mask_name"]].append(row)
    return groups


def _wanted_rows(
    masks: Sequence[Mask], groups: Mapping[str, list[dict[str, str]]]
) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """The row that counts of each mask, by its id, and the rows of which the mask isn't known."""
    problems = []
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for name, rows in groups.items():
        row = _wanted(rows)
        try:
            found[_mask_id(masks, row)].append(row)
        except WrongUseError as err:
            problems.append(Problem(name, str(err)))
    for mask_id, rows in found.items():
        exact = [row for row in rows if row.get("mask_id") == mask_id]
        by_name = [row for row in rows if row not in exact]
        if len(rows) > 1:
            problems += [_unclear(row, mask_id) for row in by_name]
        found[mask_id] = exact or (by_name if len(rows) == 1 else [])
    return {mask_id: rows[0] for mask_id, rows in found.items() if rows}, problems


def _unclear(row: Mapping[str, str], mask_id: str) -> Problem:
    name = row["mask_name"].strip()
    text = (
        f"{name}: the rows of several masks have this name, but only {mask_id} has it here. Give "
        "the mask_id that the mask has in this workspace."
    )
    return Problem(row.get("mask_id") or name, text)


def _wanted(rows: list[dict[str, str]]) -> dict[str, str]:
    """The row of one mask that counts: the first marked as selected, else the first."""
    marked = [row for row in rows if row.get("selected", "").strip().lower() in _TRUE]
    return (marked or rows)[0]


def _mask_id(masks: Sequence[Mask], row: Mapping[str, str]) -> str:
    """The mask a row means: by its id, else by its file name, else by the name's stem."""
    if row.get("mask_id") in {mask.mask_id for mask in masks}:
        return str(row["mask_id"])
    name = row["mask_name"].strip()
    found = [m for m in masks if m.name == name] or [m for m in masks if Path(m.name).stem == name]
    if len(found) != 1:
        raise WrongUseError(
            f"{name}: {len(found)} masks have this name; needed is one. {_which(found)}"
            if found
            else f"{name}: no masks have this name; needed is one. Add the mask first."
        )
    return found[0].mask_id


def _which(found: Sequence[Mask]) -> str:
    masks = ", ".join(f"{mask.mask_id} ({mask.path})" for mask in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"Give its mask_id, one of {masks}{more}."
