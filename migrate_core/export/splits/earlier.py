"""The splits of a dataset as they were written, so that pairs keep them when others are added."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...escaping import from_csv_cell
from ...store.serialize import from_json, to_json
from ...workspace import written_then_renamed
from .check import SplitCheck
from .options import SHARES, SplitOptions

SPLITS_FILE = "splits.json"
# A group that joins pairs of several splits goes to the first of these: what was trained with is
# never tested with, neither in this dataset nor by models that earlier ones have trained.
PRECEDENCE = tuple(SHARES)


@dataclass(frozen=True)
class Earlier:
    """What an earlier export into the same folder said.

    `splits` are by pair id, of pairs that are gone since, too; `masks` are the splits by mask id.
    `mask_ids` are by pair id. `there` are the pairs that went out. `options` are None where there
    was no earlier export.
    """

    options: SplitOptions | None = None
    splits: Mapping[str, str] = field(default_factory=dict)
    masks: Mapping[str, str] = field(default_factory=dict)
    there: frozenset[str] = frozenset()
    mask_ids: Mapping[str, str] = field(default_factory=dict)

    def split_of(self, pair_id: str, mask_id: str) -> str | None:
        """The split of a pair, or that of an earlier pair of its mask; None for a new one."""
        return self.splits.get(pair_id) or self.masks.get(mask_id)


@dataclass(frozen=True)
class Splits:
    """How pairs are split: the split of each that goes out, and who is left out for the buffer.

    `members` has the split of all pairs, those left out included, and their masks.
    """

    of: Mapping[str, str]
    left_out: tuple[str, ...]
    check: SplitCheck
    members: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def first_of(splits: Sequence[str]) -> str:
    """The split that a group with pairs of several of them gets."""
    return min(splits, key=PRECEDENCE.index)


def read_earlier(folder: Path) -> Earlier:
    """The splits of the dataset in a folder; nothing where there is none, or it can't be read."""
    rows = _manifest(folder / "manifest.csv")
    if not rows:
        return Earlier()
    of_rows = {row["pair_id"]: row["split"] for row in rows}
    masks_of_rows = {row["pair_id"]: row["mask_id"] for row in rows}
    masks = _by_mask((row["mask_id"], row["split"]) for row in rows)
    document = _document(folder / SPLITS_FILE)
    if document is None:  # written before splits could be chosen
        return Earlier(SplitOptions(), of_rows, masks, frozenset(of_rows), masks_of_rows)
    options, members = document
    memory = {pair_id: split for pair_id, (_, split) in members.items()}
    return Earlier(
        options,
        {**memory, **of_rows},
        {**_by_mask(members.values()), **masks},
        frozenset(of_rows),
        {**{pair_id: mask_id for pair_id, (mask_id, _) in members.items()}, **masks_of_rows},
    )


def write_splits(folder: Path, options: SplitOptions, found: Splits, earlier: Earlier) -> None:
    """Write splits.json: the options, the split of each pair, who is left out, and the check.

    Pairs that are gone stay in it, so that they have their split again should they come back.
    """
    kept = {}
    if is_kept(options, earlier):
        kept = {
            pair_id: (earlier.mask_ids.get(pair_id, ""), split)
            for pair_id, split in earlier.splits.items()
        }
    members = {**kept, **found.members}
    document = {
        "options": to_json(options),
        "splits": {
            pair_id: {"mask_id": mask_id, "split": split}
            for pair_id, (mask_id, split) in sorted(members.items())
        },
        "left_out": sorted(found.left_out),
        "check": check_document(found.check),
    }
    with written_then_renamed(folder / SPLITS_FILE) as temporary:
        temporary.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")


def check_document(check: SplitCheck) -> dict[str, Any]:
    """The check as JSON, with its sentences."""
    return {**to_json(check), "sentences": list(check.sentences)}


def is_kept(options: SplitOptions, earlier: Earlier) -> bool:
    """Whether pairs keep the splits that they had: asked for, and made by the same options."""
    return (
        options.keep_earlier
        and earlier.options is not None
        and replace(earlier.options, keep_earlier=True) == options
    )


def _by_mask(members: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for mask_id, split in members:
        if mask_id:
            found[mask_id] = first_of((split, found.get(mask_id, PRECEDENCE[-1])))
    return found


def _manifest(path: Path) -> list[dict[str, str]]:
    names = ("pair_id", "mask_id", "split")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {name: from_csv_cell(row.get(name) or "") for name in names}
                for row in csv.DictReader(file)
            ]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
    return [row for row in rows if row["pair_id"] and row["split"] in SHARES]


def _document(path: Path) -> tuple[SplitOptions, dict[str, tuple[str, str]]] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        options = from_json(SplitOptions, found["options"])
        members = {
            pair_id: (str(one["mask_id"]), str(one["split"]))
            for pair_id, one in found["splits"].items()
            if one["split"] in SHARES
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return options, members
