"""Databases as earlier versions made them."""

from __future__ import annotations

import sqlalchemy as sa

# What each version added: columns by table, tables.
_ADDED = {
    "2": ({"jobs": ("request", "answer")}, ("job_messages",)),
    "3": ({}, ("pair_edits",)),
    "4": ({}, ("mask_versions",)),
    "5": (
        {"decisions": ("basis", "batch", "settles")},
        ("review_batches", "pair_leases", "attention_checks", "review_models"),
    ),
}
_INDEXES = ("ix_decisions_batch",)


def make_older(engine: sa.Engine, version: str) -> None:
    """Take out what versions after `version` added; what the tables hold besides stays."""
    with engine.begin() as connection:
        for index in _INDEXES:
            connection.execute(sa.text(f"DROP INDEX IF EXISTS {index}"))
        for later in (number for number in _ADDED if number > version):
            columns, tables = _ADDED[later]
            for table, names in columns.items():
                for name in names:
                    connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {name}"))
            for table in tables:
                connection.execute(sa.text(f"DROP TABLE {table}"))
        connection.execute(
            sa.text("UPDATE facts SET value = :version WHERE name = 'schema'"), {"version": version}
        )
