"""Databases for tests: SQLite, and a PostgreSQL server of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.postgresql import postgresql_cluster, why_no_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a private cluster, empty, gone afterwards."""
    if why := why_no_postgresql():
        pytest.skip(why)
    with postgresql_cluster() as url:
        yield url
