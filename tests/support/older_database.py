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
    "6": (
        {
            "masks": (
                *("lon", "lat", "pending", "has_footprint"),
                *(
                    "candidates",
                    "usable",
                    "has_usable",
                    "scene_id",
                    "by_person",
                    "match",
                    "to_make",
                ),
            ),
            "pairs": ("mask_name", "scene_id", "on_order", "way", "decision", "basis", "changed"),
        },
        ("standings", "revisions"),
    ),
}
# By the version that added them.
_INDEXES = {
    "5": ("ix_decisions_batch",),
    "6": (
        *("ix_masks_counted", "ix_masks_listed", "ix_masks_pending", "ix_masks_to_make"),
        *("ix_masks_matched", "ix_masks_by_person"),
        *("ix_pairs_changed", "ix_pairs_counted", "ix_pairs_listed", "ix_pairs_matched"),
        *("ix_pairs_way",),
    ),
    "8": ("ix_masks_footprint",),
}


def make_older(engine: sa.Engine, version: str) -> None:
    """Take out what versions after `version` added; what the tables hold besides stays."""
    with engine.begin() as connection:
        for later, indexes in _INDEXES.items():
            for index in indexes if later > version else ():
                connection.execute(sa.text(f"DROP INDEX IF EXISTS {index}"))
        if version < "6":
            connection.execute(sa.text("CREATE INDEX ix_pairs_mask_id ON pairs (mask_id)"))
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
