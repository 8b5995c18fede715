"""What was downloaded from services, which quotas are held against."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from ..base import Store
from ..tables import downloads


@dataclass(frozen=True)
class DownloadRow:
    """What one download took of a service's quota; `at` in seconds since 1970, `what` a name."""

    service: str
    at: float
    bytes: int
    requests: int
    what: str


def note_download(store: Store, row: DownloadRow, since: float) -> None:
    """Write a download down, and drop those of its service from before `since`."""
    old = sa.delete(downloads).where(downloads.c.service == row.service, downloads.c.at < since)
    with store.engine.begin() as connection:
        connection.execute(sa.insert(downloads).values(token=uuid.uuid4().hex, **asdict(row)))
        connection.execute(old)


def downloaded(store: Store, service: str, since: float) -> tuple[int, int]:
    """Bytes and requests that a service was asked for since a moment."""
    column = downloads.c
    sums = (sa.func.coalesce(sa.func.sum(part), 0) for part in (column.bytes, column.requests))
    query = sa.select(*sums).where(column.service == service, column.at >= since)
    with store.engine.connect() as connection:
        received, requests = connection.execute(query).one()
    return int(received), int(requests)
