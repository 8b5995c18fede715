"""How a team reviews, and how far it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.model import Decision, Pair
from migrate_core.review.team.run import keep_settings, team_report
from migrate_core.session import Session
from migrate_core.settings import Settings
from migrate_core.states import PairState, Verdict
from migrate_core.store.review.settings import ReviewSettings, review_settings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
USUAL = ReviewSettings()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    found = Session(Settings(workspace=tmp_path))
    pairs = [Pair(name, "m", "m.tif", ("s",), PairState.DONE) for name in "abcd"]
    found.store.put_pairs([*pairs, Pair("old", "m", "m.tif", ("s",), PairState.SUPERSEDED)])
    return found


def say(session: Session, who: str, **verdicts: str) -> None:
    for pair_id, verdict in verdicts.items():
        session.store.append_decision(Decision(pair_id, Verdict(verdict), who, None, NOON))


def test_the_report_counts_what_is_left(session: Session) -> None:
    say(session, "ann", a="accept", b="accept", c="reject", old="accept")
    say(session, "bob", a="accept", b="reject")
    found = team_report(session.store)
    assert (found.second_looks, found.conflicts) == (0, 1)
    assert (found.agreement.pooled.pairs, found.agreement.pooled.observed) == (2, 0.5)
    assert found.sampling.pairs == 4
    assert found.attention == ()
    keep_settings(session, replace(USUAL, double_share=1.0))
    assert team_report(session.store).second_looks == 1


def test_settings_are_kept(session: Session) -> None:
    wanted = replace(USUAL, double_share=0.1, lease_minutes=2.5, goal_share=0.02)
    keep_settings(session, wanted)
    assert review_settings(session.store) == wanted


@pytest.mark.parametrize(
    "changes",
    [
        {"double_share": 1.1},
        {"double_share": -0.1},
        {"check_share": 0.6},
        {"goal_share": 0.0},
        {"goal_share": 1.0},
        {"lease_minutes": 0.0},
        {"lease_minutes": 2000.0},
        {"lease_minutes": float("nan")},
    ],
)
def test_settings_that_make_no_sense_are_refused(
    session: Session, changes: dict[str, float]
) -> None:
    with pytest.raises(WrongUseError):
        keep_settings(session, replace(USUAL, **changes))
    assert review_settings(session.store) == USUAL
