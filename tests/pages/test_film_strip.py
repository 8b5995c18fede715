"""The other candidates of a pair's mask: what is said of them, and their pictures."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate_core.errors import MigrateError, ProductError, WrongUseError
from migrate_core.scenes.access.picture import MaskShape
from migrate_core.settings import Settings
from migrate_core.store.candidates import candidates_of
from pages.shared.readers import Readers
from pages.shared.review import film_strip as strip
from tests.support.pairs import Case, Safe, numbered_masks, prepare, write_safe
from tests.support.threads import InThreads

LATER = Safe(sensed="20200204T104351", generated="20200204T134500", cloud_percent=8.0)


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """One mask with a pair and two candidates."""
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    monkeypatch.setattr(strip, "_READERS", Readers())
    for safe in (Safe(), LATER):
        write_safe(tmp_path / "scenes", safe)
    case = prepare(tmp_path / "workspace", numbered_masks(tmp_path, 1), tmp_path / "scenes")
    case.make()
    return case


def picture(case: Case, scene_id: str) -> bytes | None:
    (pair,) = case.store.pairs()
    settings = Settings(workspace=case.workspace.root)
    return strip.candidate_picture(case.store, case.workspace, settings, pair.mask_id, scene_id)


def test_candidates_are_listed_best_first_in_words(case: Case) -> None:
    (pair,) = case.store.pairs()
    first, second = strip.film_strip(case.store, pair)
    assert (first["scene_id"], first["present"], first["selected"]) == (Safe().name, True, True)
    assert (second["scene_id"], second["present"], second["selected"]) == (LATER.name, False, False)
    assert second["usable"] is True
    assert second["day"] == "2020-02-04 10:43 UTC"
    assert second["offset"] == "2 days after"
    assert second["clouds"] == "cloud in scene 8.0 %"
    found = candidates_of(case.store, pair.mask_id)
    measured = [replace(one.ranked, cloud_over_mask_percent=3.4) for one in found]
    case.store.put_candidates({pair.mask_id: measured})
    assert strip.film_strip(case.store, pair)[1]["clouds"] == "cloud over mask 3.4 %"


def test_a_picture_is_read_once_and_kept(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    found = picture(case, LATER.name)
    assert found is not None
    assert found[8:12] == b"WEBP"

    def again(*_: Any) -> bytes:
        raise AssertionError("it was read again")

    monkeypatch.setattr(strip, "mask_picture", again)
    monkeypatch.setattr(strip, "_READERS", Readers())
    assert picture(case, LATER.name) == found


def test_a_label_that_is_gone_leaves_the_picture(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[MaskShape] = []
    monkeypatch.setattr(strip, "mask_picture", lambda _s, shape, *_: drawn.append(shape) or b"x")
    assert picture(case, Safe().name) == b"x"
    Path(case.store.masks()[0].path).unlink()
    assert picture(case, LATER.name) == b"x"
    assert drawn[0].label is not None
    assert not drawn[0].label.is_empty
    assert drawn[1] == MaskShape(drawn[0].footprint, None)


def test_the_oldest_pictures_go(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strip, "_KEPT", 1)
    assert picture(case, Safe().name) is not None
    assert picture(case, LATER.name) is not None
    (kept,) = case.workspace.candidate_picture("any").parent.glob("*.webp")
    assert kept.read_bytes() == picture(case, LATER.name)


def test_what_takes_long_is_asked_for_again(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    there = threading.Event()

    def slowly(*_: Any) -> bytes:
        there.wait(20)
        return b"picture"

    monkeypatch.setattr(strip, "mask_picture", slowly)
    monkeypatch.setattr(strip, "_WAIT_S", 0.01)
    assert picture(case, LATER.name) is None
    there.set()
    monkeypatch.setattr(strip, "_WAIT_S", 20)
    assert picture(case, LATER.name) == b"picture"


def test_why_there_is_no_picture_is_said(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongUseError, match="no candidate"):
        picture(case, "S2_nothing")

    def download(*_: Any) -> bytes:
        raise ProductError("cdse shows no pixels before a product is downloaded")

    monkeypatch.setattr(strip, "mask_picture", download)
    with pytest.raises(MigrateError, match="downloaded"):
        picture(case, LATER.name)
