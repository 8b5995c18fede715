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
    order = (review_models.c.made_at.desc(), review_models.c.version)
    query = sa.select(review_models.c.document).order_by(*order).limit(1)
    with store.engine.connect() as connection:
        found: Mapping[str, Any] | None = connection.scalar(query)
    return found
