"""Another ranking of the candidates that are there, and limits of single masks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from migrate_core.advice import Remedy
from migrate_core.errors import WrongUseError
from migrate_core.model import SceneQuery
from migrate_core.scenes.groups import SomeMasks, groups_of, parameters_of
from migrate_core.scenes.rank import rank_again, ranking_effect
from migrate_core.scenes.run import search
from migrate_core.session import Session
from migrate_core.settings import RankingSettings, Settings
from migrate_core.store.candidates import mask_row
from migrate_core.store.last_search import SearchParameters, last_asked, last_found
from migrate_core.store.ranking import own_limits_of, put_own_limits
from tests.support.pairs import Safe, numbered_masks, open_case, write_safe

CLEAR, CLOUDY = "2020-02-15", "2020-02-03"


@pytest.fixture
def found(tmp_path: Path) -> SearchParameters:
    """A search of 20 days that finds a clear scene far off and a cloudy one of the next day."""
    for day, cloud in ((CLEAR, 2.0), (CLOUDY, 45.0)):
        digits = day.replace("-", "")
        safe = Safe(sensed=f"{digits}T104351", generated=f"{digits}T134500", cloud_percent=cloud)
        write_safe(tmp_path / "scenes", safe)
    source = f"local:{tmp_path / 'scenes'}"
    return SearchParameters((source,), SceneQuery(20), RankingSettings())


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Three masks, not searched for."""
    case = open_case(tmp_path / "workspace")
    case.store.put_masks(numbered_masks(tmp_path / "masks", 3))
    case.store.engine.dispose()
    session = Session(Settings(tmp_path / "workspace"))
    yield session
    session.store.engine.dispose()


@pytest.fixture
def ids(session: Session) -> list[str]:
    return [mask.mask_id for mask in session.store.masks()]


def days(session: Session) -> list[str]:
    """The day of each mask's selected scene, by the names of the masks; empty without one."""
    candidates = session.store.candidates()
    return [
        next(
            (
                one.ranked.scene.sensed_at.date().isoformat()
                for one in candidates.get(mask.mask_id, ())
                if one.selected
            ),
            "",
        )
        for mask in session.store.masks()
    ]


# another ranking


def test_candidates_are_ranked_again_without_asking_anybody(
    session: Session, found: SearchParameters, tmp_path: Path, ids: list[str]
) -> None:
    search(session, found)
    session.store.select(ids[0], session.store.candidates()[ids[0]][0].ranked.scene.scene_id)
    shutil.rmtree(tmp_path / "scenes")
    looser = RankingSettings(50.0)
    planned = ranking_effect(session.store, looser)
    assert days(session) == [CLEAR] * 3
    assert rank_again(session, looser) == planned
    assert (planned.masks, planned.changed, planned.usable, planned.by_hand) == (3, 2, 3, 1)
    assert days(session) == [CLEAR, CLOUDY, CLOUDY]
    assert last_found(session.store) == last_asked(session.store) == replace(found, ranking=looser)


def test_ranking_again_and_back_leaves_all_as_it_was(
    session: Session, found: SearchParameters
) -> None:
    search(session, found)
    before = session.store.candidates()
    rank_again(session, RankingSettings(50.0, 0.5, {"closeness": 3.0}))
    assert session.store.candidates() != before
    rank_again(session, found.ranking)
    assert session.store.candidates() == before


def test_advice_follows_the_limits(
    session: Session, found: SearchParameters, ids: list[str]
) -> None:
    search(session, replace(found, query=SceneQuery(10)))
    row = mask_row(session.store, ids[0])
    assert row is not None
    assert row.advice is not None
    rank_again(session, RankingSettings(50.0))
    row = mask_row(session.store, ids[0])
    assert row is not None
    assert (row.usable, row.advice) == (1, None)
    rank_again(session, RankingSettings(30.0))
    row = mask_row(session.store, ids[0])
    assert row is not None
    assert row.advice is not None
    assert Remedy(1, days=13) in row.advice.remedies


def test_there_must_be_candidates_to_rank(session: Session) -> None:
    with pytest.raises(WrongUseError, match="no candidates to rank yet"):
        rank_again(session, RankingSettings())


# limits of single masks


def test_one_mask_is_searched_by_wider_limits_that_it_keeps(
    session: Session, found: SearchParameters, ids: list[str]
) -> None:
    near = replace(found, query=SceneQuery(10))
    search(session, near)
    assert days(session) == [CLOUDY] * 3
    search(session, near, only=SomeMasks((ids[1],), Remedy(1, days=13)))
    assert days(session) == [CLOUDY, CLEAR, CLOUDY]
    assert last_found(session.store) == near
    assert parameters_of(session.store, ids[1], near).query.days == 13
    assert parameters_of(session.store, ids[0], near) == near

    search(session, near)
    assert days(session) == [CLOUDY, CLEAR, CLOUDY]
    search(session, near, only=SomeMasks((ids[1],)))
    assert days(session) == [CLOUDY] * 3
    assert own_limits_of(session.store) == {}


def test_limits_of_a_mask_hold_when_candidates_are_ranked_again(
    session: Session, found: SearchParameters, ids: list[str]
) -> None:
    search(session, found)
    search(session, found, only=SomeMasks((ids[2],), Remedy(1, cloud_percent=50.0)))
    assert days(session) == [CLEAR, CLEAR, CLOUDY]
    rank_again(session, RankingSettings(20.0))
    assert days(session) == [CLEAR, CLEAR, CLOUDY]


def test_a_mask_that_is_removed_takes_its_limits_along(session: Session, ids: list[str]) -> None:
    put_own_limits(session.store, ids[:2], Remedy(1, days=13))
    session.store.remove_masks(ids[:1])
    assert list(own_limits_of(session.store)) == ids[1:2]


def test_masks_of_the_same_limits_are_searched_together(
    session: Session, found: SearchParameters, ids: list[str]
) -> None:
    own = {ids[0]: Remedy(1, days=30), ids[1]: Remedy(7, days=30), ids[2]: Remedy(1, days=2)}
    groups = groups_of(session.store.masks(), found, own)
    assert [[mask.mask_id for mask in group.masks] for group in groups] == [ids[:2], ids[2:]]
    assert [group.query.days for group in groups] == [30, 20], "limits only get wider"


def test_remedies_are_joined_to_the_looser_limits() -> None:
    one = Remedy(1, days=13, coverage=0.8)
    assert one.joined(Remedy(2, days=5, cloud_percent=20.0, coverage=0.6)) == Remedy(
        1, 13, 20.0, 0.6
    )
    assert one.now == "13 days, from 80 % coverage"
