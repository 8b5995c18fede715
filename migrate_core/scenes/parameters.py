"""What a search was asked for, remembered in the workspace: the next one starts from there."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from ..codec import from_json, to_json
from ..model import SceneQuery
from ..settings import RankingSettings
from ..store import Store
from ..tables import facts, upsert

_ASKED, _FOUND = "search asked", "search found"


@dataclass(frozen=True)
class SearchParameters:
    """Sources as SOURCE arguments, what was looked for, and how candidates were ranked."""

    sources: tuple[str, ...]
    query: SceneQuery
    ranking: RankingSettings


def remember_asked(store: Store, parameters: SearchParameters) -> None:
    """Note what a search begins with."""
    _put(store, _ASKED, parameters)


def remember_found(store: Store, parameters: SearchParameters) -> None:
    """Note what the candidates in the store were searched and ranked with."""
    _put(store, _FOUND, parameters)


def last_asked(store: Store) -> SearchParameters | None:
    """What the last search was asked for, whatever became of it; None before the first."""
    return _get(store, _ASKED)


def last_found(store: Store) -> SearchParameters | None:
    """What the candidates in the store were searched with; None when nothing was searched yet."""
    return _get(store, _FOUND)


def _put(store: Store, name: str, parameters: SearchParameters) -> None:
    with store.engine.begin() as connection:
        upsert(connection, facts, [{"name": name, "value": json.dumps(to_json(parameters))}])


def _get(store: Store, name: str) -> SearchParameters | None:
    with store.engine.connect() as connection:
        value = connection.scalar(sa.select(facts.c.value).where(facts.c.name == name))
    return None if value is None else from_json(SearchParameters, json.loads(value))
