"""The dataset card: a template in which nothing that others named is more than text."""

from __future__ import annotations

import re
from typing import Any

import pytest

from migrate_core.export.report.card import CARD, MADE_WITH, dataset_card
from migrate_core.export.report.description import WrittenFormat
from migrate_core.export.report.review_evidence import DecisionCounts, ReviewEvidence
from migrate_core.export.request import AboutDataset
from tests.support.descriptions import EVIDENCE, ROW, counted_of, description_of


def card_of(*rows: dict[str, Any], evidence: ReviewEvidence = EVIDENCE, **changes: Any) -> str:
    return dataset_card(description_of(counted_of(*rows, **changes), evidence))


def test_what_is_not_known_takes_no_line() -> None:
    card = card_of(ROW)
    assert card.startswith("# Dataset card\n\n1 pairs of a Sentinel-2 image")
    assert "- Days between mask and scene: median 2.5, largest 2.5.\n" in card
    assert "| 1 | 3.00 | 75.00 | 1 |\n\n25.0 % of all pixels are ignored (255).\n\nShares" in card
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
        decisions=DecisionCounts(
            [("ann", {"accept": 3, "reject": 1})],
            [("accept", None, 3), ("reject", "cloud", 1)],
            {"accepted": 3, "rejected": 1},
        ),
    )
    card = card_of(ROW, ROW, ROW, evidence=evidence)
    section = card[card.index("## How it was reviewed") : card.index("## How to load it")]
    for line in (
        "- 1 of 3 pairs is decided by persons who looked at them.",
        "- 2 of 3 pairs are decided by a rule.",
        "- label occluded at most 0 %: 2.",
        "- Automatic acceptance: Of 80 accepted pairs that persons looked at 1 are bad.",
        "kappa 0.78 (0.60 to 0.96).",
        "those that did not go out included (accepted: 3, rejected: 1):",
        "| ann | 3 | 1 | 0 |",
        "| accept | none given | 3 |",
        "| reject | cloud | 1 |",
        "looked at: After 80 random checks with 1 bad pair: at most 5.8 % bad pairs.",
    ):
        assert line in section
    assert "`decision_rule`" in section


def test_a_rule_of_others_is_only_text() -> None:
    evidence = ReviewEvidence([("decided by a rule", 1)], [("a|b ![x](y)", 1)])
    assert r"- a\|b !\[x\](y): 1." in card_of(ROW, evidence=evidence)


def test_what_others_wrote_is_only_text_wherever_it_stands() -> None:
    text = "a|b ![x](y) <script>alert(1)</script>"
    decisions = DecisionCounts([(text, {"accept": 1})], [("accept", text, 1)], {text: 1})
    evidence = ReviewEvidence([(text, 1)], [(text, 1)], [text], text, decisions=decisions)
    counted = counted_of(class_names={1: text}, label_notes=[text])
    card = dataset_card(description_of(counted, evidence, text=text))
    # Code spans hold anything but the backticks that end them; all else is escaped.
    outside = re.sub(r"`[^`]*`", "", card.split("## Plots")[0])
    assert "script" in outside
    assert not re.search(r"(?<!\\)(<|!\[x)", outside)


def test_the_card_shows_the_plots_that_there_are() -> None:
    card = dataset_card(description_of(), ["class_areas", "histogram_change"])
    images = re.findall(r"\]\(plots/([^)]*)\.png\)", card)
    assert sorted(images) == ["class_areas", "histogram_change"]


def test_the_card_says_how_each_format_is_loaded() -> None:
    line = "load_dataset('parquet', data_dir='DEST/x')['train']"
    chips = WrittenFormat("x", "X of chips", "", line, "x/", {"train": 3, "val": 1}, 64)
    card = dataset_card(description_of(formats=[chips]))
    assert f"- X of chips, in `x/` (train: 3, val: 1; chips of 64 x 64 pixels): `{line}`\n" in card
    assert "images/<pair_id>.tif" not in card


def test_the_card_names_the_terms_of_images_and_labels() -> None:
    about = AboutDataset(licence="CC-BY-4.0", attribution="© Someone 2020")
    card = dataset_card(description_of(about=about))
    assert "- Labels: licence CC-BY-4.0.\n" in card
    assert "- Source images: © Someone 2020. The source images" in card
    assert "Contains modified Copernicus Sentinel data 2020." in card
    assert "Sentinel_Data_Legal_Notice)" in card
    nothing = dataset_card(description_of(about=AboutDataset()))
    assert "- Labels: licence not named." in nothing
    assert "The owner of the source images is not named." in nothing
