"""Models of the triage, as plain numbers; the newest is in use, the others stay for the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ...model import utc
from ..base import Store
from ..tables import review_models, upsert


def put_model(store: Store, version: str, made_at: datetime, document: Mapping[str, Any]) -> None:
    """Keep a model; the same version a second time is renewed."""
    row = {"version": version, "made_at": utc(made_at), "document": document}
    with store.engine.begin() as connection:
        upsert(connection, review_models, [row])


def newest_model(store: Store) -> Mapping[str, Any] | None:
    """The document of the newest model; None when nothing was learnt."""
    found: Mapping[str, Any] | None = _newest(store, review_models.c.document)
    return found


def newest_version(store: Store) -> str | None:
    """The version of the newest model; None when nothing was learnt."""
    found: str | None = _newest(store, review_models.c.version)
    return found


def _newest(store: Store, column: sa.Column[Any]) -> Any:
    order = (review_models.c.made_at.desc(), review_models.c.version)
    with store.engine.connect() as connection:
        return connection.scalar(sa.select(column).order_by(*order).limit(1))
