"""Filters of an export: what goes out fits them, and the preview says what the export does."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from migrate_core.errors import ExportError, WrongUseError
from migrate_core.export.request import Curation, ExportRequest, SplitOptions
from migrate_core.export.selection.planned import BUFFER
from migrate_core.export.selection.preview import Preview, preview
from migrate_core.export.selection.select import NEAR_DUPLICATE, OUTLIER
from migrate_core.model import Decision, Occluded, Shift
from migrate_core.review.batches import BatchRequest, decide_batch
from migrate_core.review.run import decide
from migrate_core.states import BatchKind, Verdict
from migrate_core.store.serialize import from_json, to_json
from tests.support.exports import Exportable, MadePair, exportable

pytestmark = pytest.mark.usefixtures("plots_undrawn")


@pytest.fixture
def made(tmp_path: Path) -> Exportable:
    """Eight pairs far apart, of three days; the first two of L1C, the last undecided."""
    pairs = [
        MadePair(
            east_m=300_000 + 9_000 * n,
            day=n % 3,
            level="L1C" if n < 2 else "L2A",
            verdict="accept" if n < 7 else None,
            reviewer="ann" if n % 2 else "bob",
        )
        for n in range(8)
    ]
    return exportable(tmp_path / "workspace", pairs)


def say(
    made: Exportable, number: int, verdict: str, reviewer: str, *, settles: bool = False
) -> None:
    entry = Decision(
        made.pair_ids[number], verdict, reviewer, None, datetime.now(UTC), settles=settles
    )
    decide(made.store, entry)


def look(made: Exportable, curation: Curation | None = None, **wanted: object) -> Preview:
    request = ExportRequest(
        made.workspace.exports / "new",
        curation=curation or Curation(),
        **wanted,  # type: ignore[arg-type]
    )
    return preview(made.store, made.workspace, request)


def numbers(made: Exportable, found: Preview) -> list[int]:
    return [n for n, pair_id in enumerate(made.pair_ids) if pair_id in found.split_of]


def filtered(made: Exportable, **filters: str) -> list[int]:
    return numbers(made, look(made, Curation(filters), include="undecided"))


# filters, one by one


def test_a_filter_of_the_queue_holds_here(made: Exportable) -> None:
    # Pair n lies n / 2 days from its mask.
    assert filtered(made, days="..1") == [0, 1, 2]
    assert filtered(made, days="1..2") == [2, 3, 4]
    assert filtered(made, text="m3") == [3]
    assert filtered(made, by="ann") == [1, 3, 5]
    assert filtered(made, basis="person") == [0, 1, 2, 3, 4, 5, 6]
    assert filtered(made, decision="undecided") == [7]


def test_numbers_that_pairs_have_are_limited(made: Exportable) -> None:
    pairs = [
        replace(
            pair,
            occluded=Occluded(0.0, 0.1 * n),
            coverage=1 - 0.05 * n,
            change=0.1 * n,
            shift=Shift(3.0 * n, 4.0 * n, 1.0, True),
        )
        for n, pair in enumerate(made.store.pair(one) for one in made.pair_ids)
        if pair is not None
    ]
    made.store.put_pairs(pairs)
    assert filtered(made, occluded="..25") == [0, 1, 2]
    assert filtered(made, coverage="90..") == [0, 1, 2]
    assert filtered(made, change="0.35..") == [4, 5, 6, 7]
    assert filtered(made, shift="..10") == [0, 1, 2]
    assert filtered(made, shift="..10", occluded="5..") == [1, 2]


def test_what_decided_is_limited_to_persons_or_rules(made: Exportable) -> None:
    rule = BatchRequest(
        BatchKind.RULE,
        Verdict.ACCEPT,
        "cem",
        document={"text": "clear", "verdict": "accept", "pairs": 1},
    )
    decide_batch(made.store, rule, [made.pair_ids[7]])
    assert filtered(made, basis="rule") == [7]
    assert filtered(made, basis="person") == [0, 1, 2, 3, 4, 5, 6]


def test_the_product_level_is_limited(made: Exportable) -> None:
    assert filtered(made, level="L1C") == [0, 1]
    assert filtered(made, level="l2a", days="..2") == [2, 3, 4]


def test_agreement_counts_persons_and_not_settled_conflicts(made: Exportable) -> None:
    say(made, 0, "accept", "cem")
    say(made, 1, "reject", "cem")  # a conflict, which ann settles
    say(made, 1, "accept", "ann", settles=True)
    say(made, 2, "accept", "cem")
    say(made, 2, "accept", "dan")
    assert filtered(made, agreement="2..") == [0, 2]
    assert filtered(made, agreement="3..") == [2]
    assert filtered(made, agreement="..0") == [1, 7]


def test_the_share_of_a_class_is_that_of_its_pixels(made: Exportable) -> None:
    shares = []
    for pair_id in made.pair_ids:
        label = made.read(pair_id, "label")[0]
        shares.append(100 * float((label[label != 255] == 2).mean()))
    ranked = sorted(set(shares))
    limit = (ranked[2] + ranked[3]) / 2
    expected = [n for n, share in enumerate(shares) if share >= limit]
    assert 0 < len(expected) < 8
    assert filtered(made, **{"class:water": f"{limit:.6f}.."}) == expected
    assert filtered(made, **{"class:2": f"{limit:.6f}.."}) == expected
    assert filtered(made, **{"class:2": f"..{limit:.6f}"}) == [
        n for n, share in enumerate(shares) if share <= limit
    ]


def test_why_a_pair_stays_out_is_told_in_words(made: Exportable) -> None:
    found = look(made, Curation({"days": "..1", "level": "L2A"}))
    assert found.left_out == {
        "filter not met: days offset (either way) at most 1 days": 4,
        "filter not met: product level L2A": 2,
        "undecided": 1,
    }
    assert found.reasons[made.pair_ids[7]] == "undecided"
    assert set(found.reasons) | set(found.split_of) == set(made.pair_ids)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"colour": "red"}, "no filter"),
        ({"days": "few"}, "no range"),
        ({"level": "L3"}, "no product level"),
        ({"agreement": "2..1"}, "larger than its last"),
        ({"agreement": "two"}, "no range"),
        ({"class:water": "much"}, "no range"),
        ({"class:snow": "5.."}, "No mask has the class 'snow'; there are 0, 1, 2, background"),
        ({"decision": "not decided by me"}, "by=NAME"),
    ],
)
def test_a_filter_that_is_none_is_refused(
    made: Exportable, filters: dict[str, str], message: str
) -> None:
    with pytest.raises(WrongUseError, match=message):
        look(made, Curation(filters))


def test_an_export_of_nothing_names_the_filters(made: Exportable, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="only with label occluded at least 99 %"):
        made.export(tmp_path / "out", curation=Curation({"occluded": "99.."}))
    assert not (tmp_path / "out").exists()


# the preview and the export


@pytest.mark.parametrize(
    ("curation", "splits"),
    [
        (Curation(), SplitOptions()),
        (Curation({"days": "..2.5"}), SplitOptions("scene")),
        (Curation({"class:water": "30.."}), SplitOptions("date", seed=4)),
        (Curation({"level": "L2A"}), SplitOptions("blocks", block_km=5, buffer_km=10)),
        (Curation(), SplitOptions("column", column="reviewer")),
    ],
)
def test_the_preview_says_what_the_export_does(
    made: Exportable, tmp_path: Path, curation: Curation, splits: SplitOptions
) -> None:
    request = ExportRequest(tmp_path / "out", "undecided", curation=curation, splits=splits)
    found = preview(made.store, made.workspace, request)
    dataset = made.export(tmp_path / "out", include="undecided", curation=curation, splits=splits)
    rows = rows_of(tmp_path / "out" / "manifest.csv")
    assert {row["pair_id"]: row["split"] for row in rows} == found.split_of
    assert dataset.pair_ids == tuple(sorted(found.split_of))
    assert dataset.split_check == found.check
    images = {path.stem for path in (tmp_path / "out" / "images").iterdir()}
    assert images == set(found.split_of)
    pixels: dict[int, Counter[str]] = {0: Counter(), 1: Counter(), 2: Counter()}
    for row in rows:
        for value, counted in pixels.items():
            counted[row["split"]] += int((made.read(row["pair_id"], "label") == value).sum())
    assert {value: Counter(one) for value, one in found.class_pixels.items()} == pixels
    document = json.loads((tmp_path / "out" / "splits.json").read_text(encoding="utf-8"))
    assert document["left_out"] == sorted(
        one for one, why in found.reasons.items() if why == BUFFER
    )
    assert found.check is not None
    assert document["check"]["sentences"] == list(found.check.sentences)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_splits_are_kept_when_pairs_come_and_go(made: Exportable, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def splits() -> dict[str, str]:
        return {row["pair_id"]: row["split"] for row in rows_of(out / "manifest.csv")}

    made.export(out, curation=Curation({"days": "..2"}))
    first = splits()
    made.export(out, include="undecided")
    assert {**splits(), **first} == splits()
    everything = splits()
    # Fewer, and all again: who was away comes back to the split it had.
    made.export(out, curation=Curation({"days": "2..2.5"}))
    made.export(out, include="undecided")
    assert splits() == everything
    dataset = made.export(out, include="undecided", splits=SplitOptions("scene", seed=3))
    assert dataset.split_check is not None
    assert "anew" in dataset.split_check.notes[0]


def test_a_dataset_from_before_splits_could_be_chosen_keeps_its_splits(
    made: Exportable, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    made.export(out)
    (out / "splits.json").unlink()
    rows = rows_of(out / "manifest.csv")
    turned = {"train": "test", "val": "val", "test": "train"}
    with (out / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**row, "split": turned[row["split"]]} for row in rows)
    made.export(out)
    assert [row["split"] for row in rows_of(out / "manifest.csv")] == [
        turned[row["split"]] for row in rows
    ]


@pytest.mark.parametrize("column", ["mask_name", "pair_id", "mask_id"])
def test_a_table_gives_the_splits(made: Exportable, tmp_path: Path, column: str) -> None:
    pairs = {one: made.store.pair(one) for one in made.pair_ids}
    wanted = {one: ("test", "val", "train")[n % 3] for n, one in enumerate(made.pair_ids)}
    table = tmp_path / "splits.csv"
    lines = [f"{getattr(pairs[one], column)},{split}" for one, split in wanted.items()]
    table.write_text(f"{column},split\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = look(made, splits=SplitOptions("column", table=table), include="undecided")
    assert found.split_of == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,split\nm1.tif,train\n", "needed is one of pair_id, mask_id, mask_name"),
        ("mask_name,fold\nm1.tif,1\n", "and split or group"),
        ("mask_name,split\nm1.tif,holdout\n", "The column split has 'holdout'"),
        ("mask_name,split\nother.tif,train\n", "none of its mask_name is that of a pair"),
        ("mask_name,split\nm1.tif,train\nm1.tif,test\n", "needed is one row"),
        ("", "its columns are none"),
    ],
)
def test_a_table_that_says_nothing_is_refused(
    made: Exportable, tmp_path: Path, text: str, message: str
) -> None:
    table = tmp_path / "splits.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(WrongUseError, match=message):
        look(made, splits=SplitOptions("column", table=table))


def test_a_column_that_the_manifest_lacks_is_named(made: Exportable) -> None:
    with pytest.raises(WrongUseError, match="no column 'region' to split by; it has pair_id"):
        look(made, splits=SplitOptions("column", column="region"))


def test_a_request_travels_as_json(tmp_path: Path) -> None:
    request = ExportRequest(
        tmp_path,
        curation=Curation({"days": "..1", "class:water": "5.."}, True),
        splits=SplitOptions("column", table=tmp_path / "a.csv", seed=3, train=8, val=1, test=1),
    )
    assert from_json(ExportRequest, json.loads(json.dumps(to_json(request)))) == request


# duplicates and outliers


def test_duplicates_and_outliers_can_stay_out(made: Exportable, tmp_path: Path) -> None:
    copy_pixels(made, 3, 5)
    brighten(made, 6)
    found = look(made, Curation(skip_duplicates=True, skip_outliers=True), include="undecided")
    assert found.reasons == {made.pair_ids[5]: NEAR_DUPLICATE, made.pair_ids[6]: OUTLIER}
    dataset = made.export(tmp_path / "out", include="undecided")
    assert len(dataset.pair_ids) == 8
    rows = rows_of(tmp_path / "out" / "notable_pairs.csv")
    assert [(row["pair_id"], row["what"], row["other"]) for row in rows] == [
        (made.pair_ids[5], "near duplicate", made.pair_ids[3]),
        (made.pair_ids[6], "outlier", ""),
    ]
    joined = look(made, include="undecided", splits=SplitOptions(join_duplicates=True))
    assert joined.split_of[made.pair_ids[3]] == joined.split_of[made.pair_ids[5]]


def copy_pixels(made: Exportable, source: int, target: int) -> None:
    """Give a pair the pixels of another, with a little noise, where it lies."""
    rewrite(made, target, made.read(made.pair_ids[source], "image") + np.uint16(7))


def brighten(made: Exportable, number: int) -> None:
    image = made.read(made.pair_ids[number], "image")
    rewrite(made, number, np.minimum(image // 20 + 30_000, 65_000).astype(np.uint16))


def rewrite(made: Exportable, number: int, image: np.ndarray) -> None:
    import rasterio

    path = made.workspace.pair(made.pair_ids[number]) / "image.tif"
    with rasterio.open(path, "r+") as dataset:
        dataset.write(np.where(dataset.read() > 0, image, 0))
