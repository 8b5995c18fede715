"""What splits.json remembers from one export to the next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shapely import box

from migrate_core.escaping import write_csv
from migrate_core.export.splits.earlier import SPLITS_FILE, Splits, read_earlier, write_splits
from migrate_core.export.splits.groups import SplitItem
from migrate_core.export.splits.options import SplitOptions
from migrate_core.export.splits.split import split_pairs

OPTIONS = SplitOptions("blocks", block_km=3, buffer_km=1, seed=5)


def items(numbers: range) -> list[SplitItem]:
    return [SplitItem(f"p{n:02}", f"=m{n:02}", box(n, 0, n + 0.1, 0.1)) for n in numbers]


def export(folder: Path, numbers: range, options: SplitOptions = OPTIONS) -> Splits:
    """Split and write, as an export does."""
    earlier = read_earlier(folder)
    found = split_pairs(items(numbers), options, earlier)
    write_splits(folder, options, found, earlier)
    columns = ("pair_id", "mask_id", "split")
    rows = [{"pair_id": p, "mask_id": f"=m{p[1:]}", "split": s} for p, s in found.of.items()]
    write_csv(folder / "manifest.csv", columns, rows)
    return found


def test_an_empty_folder_remembers_nothing(tmp_path: Path) -> None:
    assert read_earlier(tmp_path).options is None


def test_pairs_are_remembered_over_several_exports_without_them(tmp_path: Path) -> None:
    first = export(tmp_path, range(20))
    for _ in range(3):
        export(tmp_path, range(10))
    earlier = read_earlier(tmp_path)
    assert earlier.options == OPTIONS
    assert earlier.there == {f"p{n:02}" for n in range(10)}
    for pair_id, split in first.of.items():
        assert earlier.split_of(pair_id, "another mask") == split
        assert earlier.split_of("another pair", f"=m{pair_id[1:]}") == split
    assert export(tmp_path, range(20)).of == first.of


def test_other_options_forget_what_was(tmp_path: Path) -> None:
    export(tmp_path, range(20))
    other = SplitOptions("scene", seed=9)
    export(tmp_path, range(10), other)
    earlier = read_earlier(tmp_path)
    assert earlier.options == other
    assert set(earlier.splits) == {f"p{n:02}" for n in range(10)}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"options": {}, "splits": []}', '{"options": 3, "splits": {"a": 1}}']
)
def test_a_damaged_file_leaves_the_splits_of_the_manifest(tmp_path: Path, text: str) -> None:
    first = export(tmp_path, range(20), SplitOptions())
    (tmp_path / SPLITS_FILE).write_text(text, encoding="utf-8")
    assert export(tmp_path, range(20), SplitOptions()).of == first.of


def test_the_file_says_what_the_check_says(tmp_path: Path) -> None:
    found = export(tmp_path, range(20))
    document = json.loads((tmp_path / SPLITS_FILE).read_text(encoding="utf-8"))
    assert document["check"]["sentences"] == list(found.check.sentences)
    assert document["check"]["pairs"] == found.check.pairs
    assert document["splits"]["p03"] == {"mask_id": "=m03", "split": found.of["p03"]}
