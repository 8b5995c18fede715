"""What a search was asked for, remembered in the workspace: the next one starts from there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..model import SceneQuery, iso
from ..settings import RankingSettings
from .base import Store
from .serialize import from_json, to_json
from .tables import settings_kv, upsert

_ASKED, _FOUND, _ANSWERED = "search asked", "search found", "search answered"


@dataclass(frozen=True)
class SearchParameters:
    """Sources as SOURCE arguments, what was looked for, and how candidates were ranked.

    `measure_clouds` says whether clouds were to be measured over each mask.
    """

    sources: tuple[str, ...]
    query: SceneQuery
    ranking: RankingSettings
    measure_clouds: bool = False


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


def remember_responses(store: Store, times: Mapping[str, datetime]) -> None:
    """Note when each service answered what the last search found."""
    _put(store, _ANSWERED, {spec: iso(moment) for spec, moment in times.items()})


def last_responses(store: Store) -> dict[str, datetime]:
    """When each service answered what the last search found; the oldest answer counts."""
    value = _value(store, _ANSWERED)
    return {spec: datetime.fromisoformat(text) for spec, text in (value or {}).items()}


def _put(store: Store, name: str, value: SearchParameters | Mapping[str, str]) -> None:
    with store.engine.begin() as connection:
        upsert(connection, settings_kv, [{"name": name, "value": json.dumps(to_json(value))}])


def _get(store: Store, name: str) -> SearchParameters | None:
    value = _value(store, name)
    return None if value is None else from_json(SearchParameters, value)


def _value(store: Store, name: str) -> Any:
    with store.engine.connect() as connection:
        value = connection.scalar(sa.select(settings_kv.c.value).where(settings_kv.c.name == name))
    return None if value is None else json.loads(value)
