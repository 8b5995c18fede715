"""Many reviewers deciding at once by the routes: nothing is lost, doubled or leased twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate_core.model import Pair
from migrate_core.states import PairState
from migrate_core.store.base import Store, open_store
from migrate_core.store.review.settings import ReviewSettings, put_review_settings
from migrate_core.workspace import Workspace
from pages.shared.frame import open_workspace
from pages.shared.review.guard import KEY, KEY_HEADER
from pages.shared.review.routes import routes
from tests.support.asgi import Client
from tests.support.postgresql import postgresql_cluster, why_no_postgresql
from tests.support.team import Reviewer, at_work, doubled, leased_twice, lost

PAIRS, REVIEWERS = 40, 6


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A store with pairs that nobody has decided about, which the routes open."""
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path))
    if request.param == "sqlite":
        yield from filled(tmp_path, None)
        return
    if why := why_no_postgresql():
        pytest.skip(why)
    with postgresql_cluster() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield from filled(tmp_path, url)


def filled(root: Path, url: str | None) -> Iterator[Store]:
    store = open_store(Workspace(root), url)
    pair_ids = [f"p{number:02}" for number in range(PAIRS)]
    store.put_pairs([Pair(one, "m", f"{one}.tif", ("s",), PairState.DONE) for one in pair_ids])
    yield store
    for opened in (store, open_workspace().store):
        opened.engine.dispose()


def team() -> list[Reviewer]:
    client = Client(list(routes()), {KEY_HEADER: KEY})

    def post(path: str, document: Mapping[str, Any]) -> Any:
        answer = client.post(f"/review-api/{path}", document)
        assert answer.status == 200, answer.body
        return answer.json

    return [Reviewer(f"r{number}", post) for number in range(REVIEWERS)]


def test_each_pair_is_decided_once(store: Store) -> None:
    found = at_work(team())
    log = store.decisions()
    assert len(log) == PAIRS
    assert (lost(found, log), doubled(log), leased_twice(found)) == (0, 0, 0)
    assert sum(1 for one in found if one.decided) > 1


def test_in_double_review_each_pair_is_decided_by_two(store: Store) -> None:
    put_review_settings(store, ReviewSettings(double_share=1.0))
    found = at_work(team())
    log = store.decisions()
    assert len({(entry.pair_id, entry.reviewer) for entry in log}) == len(log) == 2 * PAIRS
    assert (lost(found, log), doubled(log), leased_twice(found)) == (0, PAIRS, 0)


def test_two_at_a_time_would_be_noticed() -> None:
    ann, bob = team()[:2]
    ann.held, bob.held = [("p", 0, 2), ("q", 0, 1)], [("p", 1, 3), ("q", 1, 2)]
    assert leased_twice([ann, bob]) == 1
    ann.decided = ["p"]
    assert lost([ann], []) == 1
