"""The dataset card: a template in which nothing that others named is more than text."""

from __future__ import annotations

from typing import Any

import pytest

from migrate_core.export.report.card import CARD, MADE_WITH, dataset_card
from migrate_core.export.report.review_evidence import ReviewEvidence
from migrate_core.export.report.statistics import Statistics
from migrate_core.export.selection.choice import Choice

ROW: dict[str, Any] = {
    "decision": None,
    "split": "train",
    "level": "L2A",
    "baseline": "02.14",
    "tile": "31TDG",
    "days_offset": -2.5,
    "acquired": "2020-02-02T10:00:00Z",
    "sensed_at": "2020-01-31T10:43:51Z",
    "occluded_labelled": None,
    "cloud_labelled": None,
    "cloud_percent": None,
    "change": None,
    "shift_reliable": None,
    "shift_east_m": None,
    "shift_north_m": None,
    "bands": "B02;B03",
    "edits": 0,
}


EVIDENCE = ReviewEvidence([("decided by persons who looked at them", 1)])


def card_of(*rows: dict[str, Any], evidence: ReviewEvidence = EVIDENCE, **changes: Any) -> str:
    given = {"class_ha": {0: 1.0, 1: 3.0}, "pairs_with_class": {0: 1, 1: 1}, "ignored_share": 0.25}
    return dataset_card(Statistics(rows, **{**given, **changes}), Choice("all"), evidence)


def test_what_is_not_known_takes_no_line() -> None:
    card = card_of(ROW)
    assert card.startswith("# Dataset card\n\n1 pairs of a Sentinel-2 image")
    assert "- Days between mask and scene: median 2.5, largest 2.5.\n" in card
    assert "| 1 | 3.00 | 75.00 | 1 |\n\n25.0 % of all pixels are ignored (255).\n\n- Days" in card
    assert "not measured; see the column `change_note` of the manifest.\n" in card
    for absent in (
        "under cloud:",
        "Cloud in scene:",
        "registered",
        "repaired",
        "Not all images",
        "None",
    ):
        assert absent not in card
    assert f"{MADE_WITH} " in card
    assert CARD.endswith(".md")


def test_what_is_known_takes_one() -> None:
    moved = {"shift_reliable": True, "shift_east_m": 3.0, "shift_north_m": -4.0}
    known = {"occluded_labelled": 0.5, "cloud_labelled": 0.1, "cloud_percent": 7.0, "change": 0.25}
    card = card_of({**ROW, **moved, **known, "edits": 2}, {**ROW, **moved, "bands": "B02"})
    assert "- 2 masks were registered to Sentinel-2: moved by a median of 5.0 m" in card
    assert "- Label under cloud: median 10.0 %, largest 10.0 %.\n" in card
    assert "- Cloud in scene: median 7.0 %, largest 7.0 %.\n" in card
    assert "median 0.25, largest 0.25; not measured for 1 of 2 pairs; see the column" in card
    assert "- 1 of 2 pairs was repaired by reviewers" in card
    assert "of the manifest): 1 with B02; 1 with B02 B03. Level 1C" in card


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![x](http://a/b)", r"!\[x\](http://a/b)"),
        ("a|b", r"a\|b"),
        ("<script>", r"\<script\>"),
        ("two\nlines", "two lines"),
        ("{{ 7 * 7 }}{% raw %}", "{{ 7 \\* 7 }}{% raw %}"),
    ],
)
def test_names_and_notes_of_others_are_only_text(text: str, shown: str) -> None:
    card = card_of({**ROW, "tile": text}, class_names={1: text}, label_notes=[text])
    assert f"| 1 ({shown}) | 3.00 |" in card
    assert f"\n- {shown}\n" in card
    assert f"| MGRS tile | {shown}: 1 |" in card


def test_the_card_says_how_pairs_were_reviewed() -> None:
    evidence = ReviewEvidence(
        [("decided by persons who looked at them", 1), ("decided by a rule", 2)],
        [("label occluded at most 0 %", 2)],
        ["ann, bob: 90.0 % of 50 pairs alike, kappa 0.78 (0.60 to 0.96)."],
        "After 80 random checks with 1 bad pair: at most 5.8 % bad pairs.",
        audits=["Automatic acceptance: Of 80 accepted pairs that persons looked at 1 are bad."],
    )
    card = card_of(ROW, ROW, ROW, evidence=evidence)
    section = card[card.index("## How it was reviewed") : card.index("## Files")]
    for line in (
        "- 1 of 3 pairs is decided by persons who looked at them.",
        "- 2 of 3 pairs are decided by a rule.",
        "- label occluded at most 0 %: 2.",
        "- Automatic acceptance: Of 80 accepted pairs that persons looked at 1 are bad.",
        "kappa 0.78 (0.60 to 0.96).",
        "looked at: After 80 random checks with 1 bad pair: at most 5.8 % bad pairs.",
    ):
        assert line in section
    assert "`decision_rule`" in section


def test_a_rule_of_others_is_only_text() -> None:
    evidence = ReviewEvidence([("decided by a rule", 1)], [("a|b ![x](y)", 1)])
    assert r"- a\|b !\[x\](y): 1." in card_of(ROW, evidence=evidence)
