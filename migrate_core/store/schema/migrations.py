"""What brings a database of an older version up to the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from ...model import Pair
from ..derived.matching import chunks, renew_matches
from ..derived.standings import rebuild
from ..rows import row_of_pair
from ..serialize import from_json
from ..tables import masks, pairs

SCHEMA_VERSION = "8"
# SQL as text, or what has to be worked out.
Statement = str | Callable[[sa.Connection], None]


def _fill_masks(connection: sa.Connection) -> None:
    """Take what lists ask for out of the documents of masks."""
    document, none = masks.c.document, sa.literal("null")
    footprint = sa.func.coalesce(sa.cast(document["footprint"].as_string(), sa.String), none)
    lon, lat = (masks.c.outline["middle"][axis].as_float() for axis in (0, 1))
    pending = sa.func.coalesce(document["pending"].as_boolean(), sa.false())
    values = {"lon": lon, "lat": lat, "pending": pending, "has_footprint": footprint != none}
    connection.execute(sa.update(masks).values(values))
    renew_matches(connection)


def _fill_pairs(connection: sa.Connection) -> None:
    """Take what lists ask for out of the documents of pairs, some hundred at a time."""
    ids = connection.scalars(sa.select(pairs.c.pair_id)).all()
    names = ("mask_name", "scene_id", "on_order", "way")
    update = sa.update(pairs).where(pairs.c.pair_id == sa.bindparam("of_pair"))
    changed = update.values({name: sa.bindparam(f"new_{name}") for name in names})
    for chunk in chunks(ids):
        query = sa.select(pairs.c.pair_id, pairs.c.document).where(pairs.c.pair_id.in_(chunk))
        rows = [
            {**row_of_pair(from_json(Pair, row.document), 0), "pair_id": row.pair_id}
            for row in connection.execute(query)
        ]
        connection.execute(changed, [_bound(row, names) for row in rows])
    rebuild(connection)


def _bound(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {"of_pair": row["pair_id"], **{f"new_{name}": row[name] for name in names}}


# By the version that they are for; missing tables are made before.
MIGRATIONS: dict[str, tuple[Statement, ...]] = {
    "1": ("ALTER TABLE jobs ADD COLUMN request JSON", "ALTER TABLE jobs ADD COLUMN answer JSON"),
    "2": (),  # pair_edits is a table of its own
    "3": (),  # and so is mask_versions
    "4": (
        "ALTER TABLE decisions ADD COLUMN basis VARCHAR DEFAULT 'person' NOT NULL",
        "ALTER TABLE decisions ADD COLUMN batch VARCHAR",
        "ALTER TABLE decisions ADD COLUMN settles BOOLEAN DEFAULT false NOT NULL",
        "CREATE INDEX ix_decisions_batch ON decisions (batch)",
    ),
    "5": (
        "ALTER TABLE masks ADD COLUMN lon FLOAT",
        "ALTER TABLE masks ADD COLUMN lat FLOAT",
        "ALTER TABLE masks ADD COLUMN pending BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE masks ADD COLUMN has_footprint BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE masks ADD COLUMN candidates INTEGER DEFAULT 0 NOT NULL",
        "ALTER TABLE masks ADD COLUMN usable INTEGER DEFAULT 0 NOT NULL",
        "ALTER TABLE masks ADD COLUMN has_usable BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE masks ADD COLUMN scene_id VARCHAR",
        "ALTER TABLE masks ADD COLUMN by_person BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE masks ADD COLUMN match VARCHAR DEFAULT 'without' NOT NULL",
        "ALTER TABLE masks ADD COLUMN to_make BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE pairs ADD COLUMN mask_name VARCHAR DEFAULT '' NOT NULL",
        "ALTER TABLE pairs ADD COLUMN scene_id VARCHAR DEFAULT '' NOT NULL",
        "ALTER TABLE pairs ADD COLUMN on_order BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE pairs ADD COLUMN way VARCHAR",
        "ALTER TABLE pairs ADD COLUMN decision VARCHAR",
        "ALTER TABLE pairs ADD COLUMN basis VARCHAR",
        "ALTER TABLE pairs ADD COLUMN changed BIGINT DEFAULT 0 NOT NULL",
        _fill_pairs,
        # So late as rows are written quicker without them; the next step looks pairs up by it.
        "CREATE INDEX ix_pairs_matched ON pairs (mask_id, scene_id, state)",
        _fill_masks,
        "CREATE INDEX ix_masks_counted ON masks (state, match)",
        "CREATE INDEX ix_masks_listed ON masks (name, mask_id, state)",
        "CREATE INDEX ix_masks_to_make ON masks (to_make, state, name, mask_id)",
        "CREATE INDEX ix_masks_matched ON masks (state, has_usable, name, mask_id)",
        "CREATE INDEX ix_masks_by_person ON masks (by_person)",
        "CREATE INDEX ix_masks_pending ON masks (pending)",
        "CREATE INDEX ix_pairs_changed ON pairs (changed)",
        "CREATE INDEX ix_pairs_counted ON pairs (state, on_order, decision, basis)",
        "CREATE INDEX ix_pairs_listed ON pairs (mask_name, mask_id, scene_id, state)",
        "DROP INDEX ix_pairs_mask_id",
        "CREATE INDEX ix_pairs_way ON pairs (way, state)",
    ),
    "6": (),  # own_limits is a table of its own
    "7": ("CREATE INDEX ix_masks_footprint ON masks (has_footprint, mask_id)",),
}
