"""How a team reviews, kept in the workspace."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from ..base import Store
from ..serialize import from_json, to_json
from ..tables import settings_kv, upsert

_NAME = "review"


@dataclass(frozen=True)
class ReviewSettings:
    """How a team reviews; shares are 0…1.

    `double_share` of the pairs is looked at by two, who don't see each other's decision; for
    `check_share` of the pairs a known-bad one is mixed in. A pair that is open with somebody is
    leased for `lease_minutes`. The triage accepts pairs by itself where `auto_accept` is set: of
    those at most `promised_share` are bad in the mean, and `audit_share` of them is looked at.
    `goal_share` is the share of bad pairs that the dataset may have at most, with 95 % confidence.
    """

    double_share: float = 0.0
    check_share: float = 0.0
    lease_minutes: float = 5.0
    auto_accept: bool = False
    promised_share: float = 0.05
    audit_share: float = 0.05
    goal_share: float = 0.05


def review_settings(store: Store) -> ReviewSettings:
    """What the team has set; the defaults where nothing was."""
    query = sa.select(settings_kv.c.value).where(settings_kv.c.name == _NAME)
    with store.engine.connect() as connection:
        value = connection.scalar(query)
    return ReviewSettings() if value is None else from_json(ReviewSettings, json.loads(value))


def put_review_settings(store: Store, settings: ReviewSettings) -> None:
    """Keep what the team sets."""
    row = {"name": _NAME, "value": json.dumps(to_json(settings))}
    with store.engine.begin() as connection:
        upsert(connection, settings_kv, [row])
