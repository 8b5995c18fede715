"""What came of adding masks: the sentence, and which source image each mask got."""

from __future__ import annotations

from pathlib import Path

from migrate_core.masks.checks import DATE, FILE
from migrate_core.masks.register.outcome import (
    ImagePairs,
    image_pairs,
    pair_lines,
    result_of_adding,
)
from migrate_core.model import Mask, Problem, SourceImage

GOOD = Mask("a", "a.tif", "/m/a.tif", source=SourceImage("/i/a_image.tif"))
ALONE = Mask("b", "b.tif", "/m/b.tif", problems={DATE: "It has no date."})
BAD = Mask("c", "c.tif", "/m/c.tif", problems={FILE: "c.tif: it is empty."})


def test_the_sentence_counts_added_unread_and_those_to_mend() -> None:
    assert result_of_adding([GOOD], []) == "1 added."
    refused = [Problem("x.tif", "no")]
    assert result_of_adding([GOOD, BAD], refused) == "1 added, 2 can't be read."
    assert (
        result_of_adding([GOOD, ALONE, BAD], [])
        == "2 added, 1 can't be read. 1 of those added has a problem to mend."
    )


def test_masks_and_images_without_the_other_are_found(tmp_path: Path) -> None:
    for name in ("a_image.tif", "other.tif", "notes.txt"):
        (tmp_path / name).touch()
    found = image_pairs([GOOD, ALONE, BAD], tmp_path, {tmp_path / "a_image.tif"})
    assert found == ImagePairs((("a.tif", "a_image.tif"),), ("b.tif",), ("other.tif",), 1, 1, 1)
    assert str(found) == "1 paired, 1 mask without a source image, 1 image fits no mask"
    assert pair_lines(found, 20) == [
        "b.tif → no image fits it",
        "other.tif (an image) → fits no mask",
        "a.tif → a_image.tif",
    ]


def test_without_images_there_is_nothing_to_report() -> None:
    assert image_pairs([ALONE], None, set()) is None


def test_of_many_the_first_are_listed_and_all_are_counted() -> None:
    masks = [
        Mask(str(n), f"{n}.tif", f"/m/{n}.tif", source=SourceImage(f"/i/{n}.tif"))
        for n in range(30)
    ]
    found = image_pairs(masks, None, set())
    assert found is not None
    lines = pair_lines(found.limited(25), 20)
    assert len(lines) == 21
    assert lines[-1] == "… and 10 more"
    assert str(found.limited(5)) == "30 paired"
