"""The tables of the database, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import sqlalchemy as sa

from ..states import Basis, JobState, Match

metadata = sa.MetaData()
settings_kv = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
masks = sa.Table(
    "masks",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    # `Mask.key`: the file, and which part of it where it holds several masks.
    sa.Column("path", sa.String, nullable=False, unique=True),
    sa.Column("name", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("acquired", sa.String),
    sa.Column("image", sa.String),
    sa.Column("outline", sa.JSON),
    sa.Column("document", sa.JSON, nullable=False),
    # The middle of the outline, lon/lat, and what lists ask for beside it.
    sa.Column("lon", sa.Float),
    sa.Column("lat", sa.Float),
    sa.Column("pending", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("has_footprint", sa.Boolean, nullable=False, server_default=sa.false()),
    # What `candidates` hold of the mask, kept up with them: see `matching.renew_matches`.
    sa.Column("candidates", sa.Integer, nullable=False, server_default="0"),
    sa.Column("usable", sa.Integer, nullable=False, server_default="0"),
    sa.Column("has_usable", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("scene_id", sa.String),
    sa.Column("by_person", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("match", sa.String, nullable=False, server_default=Match.WITHOUT),
    # Whether no present pair was begun with its selected scene.
    sa.Column("to_make", sa.Boolean, nullable=False, server_default=sa.false()),
)
sa.Index("ix_masks_counted", masks.c.state, masks.c.match)
sa.Index("ix_masks_to_make", masks.c.to_make, masks.c.state, masks.c.name, masks.c.mask_id)
sa.Index("ix_masks_listed", masks.c.name, masks.c.mask_id, masks.c.state)
sa.Index("ix_masks_pending", masks.c.pending)
sa.Index("ix_masks_matched", masks.c.state, masks.c.has_usable, masks.c.name, masks.c.mask_id)
sa.Index("ix_masks_by_person", masks.c.by_person)
sa.Index("ix_masks_footprint", masks.c.has_footprint, masks.c.mask_id)
scenes = sa.Table(
    "scenes",
    metadata,
    sa.Column("scene_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
)
candidates = sa.Table(
    "candidates",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    sa.Column("scene_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("place", sa.Integer, nullable=False, key="rank"),
    sa.Column("selected", sa.Boolean, nullable=False),
    sa.Column("usable", sa.Boolean, nullable=False),
    sa.Column("chosen_by_person", sa.Boolean, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
# What was measured of the clouds over a mask; `mask_state` tells whether the mask is as it was.
measurements = sa.Table(
    "measurements",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    # The ids of the scenes of one acquisition, in the order in which they complete each other.
    sa.Column("scenes", sa.String, primary_key=True),
    sa.Column("mask_state", sa.String, nullable=False),
    sa.Column("cloud_percent", sa.Float),
    sa.Column("occluded_percent", sa.Float),
)
# What would give a usable scene to a mask that the last search left without one.
advice = sa.Table(
    "advice",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
)
# Masks that are searched by wider limits than the others; `document` is the `Remedy`.
own_limits = sa.Table(
    "own_limits",
    metadata,
    sa.Column("mask_id", sa.String, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
)
pairs = sa.Table(
    "pairs",
    metadata,
    sa.Column("pair_id", sa.String, primary_key=True),
    sa.Column("mask_id", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("mask_name", sa.String, nullable=False, server_default=""),
    # The scene that its pixels come from first.
    sa.Column("scene_id", sa.String, nullable=False, server_default=""),
    # Whether a run left it waiting for a long-term archive.
    sa.Column("on_order", sa.Boolean, nullable=False, server_default=sa.false()),
    # How it is made, as JSON without the offset that a person sets; NULL where it isn't known.
    sa.Column("way", sa.String),
    # Its standing, which follows from the log: `standings` has the rest of it.
    sa.Column("decision", sa.String),
    sa.Column("basis", sa.String),
    # The revision with which pair or standing were written last: see `revisions`.
    sa.Column("changed", sa.BigInteger, nullable=False, server_default="0", index=True),
)
sa.Index("ix_pairs_counted", pairs.c.state, pairs.c.on_order, pairs.c.decision, pairs.c.basis)
sa.Index("ix_pairs_listed", pairs.c.mask_name, pairs.c.mask_id, pairs.c.scene_id, pairs.c.state)
sa.Index("ix_pairs_matched", pairs.c.mask_id, pairs.c.scene_id, pairs.c.state)
sa.Index("ix_pairs_way", pairs.c.way, pairs.c.state)
# What the log of each pair adds up to, written with each entry; `document` is a `ReviewStatus`.
standings = sa.Table(
    "standings",
    metadata,
    sa.Column("pair_id", sa.String, primary_key=True),
    sa.Column("decision", sa.String),
    sa.Column("basis", sa.String),
    sa.Column("document", sa.JSON, nullable=False),
)
# How often what tables hold was changed, by `revisions.Part`: who has seen the number has seen all.
revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("part", sa.String, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)
decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("token", sa.String, nullable=False, unique=True),
    sa.Column("pair_id", sa.String, nullable=False, index=True),
    sa.Column("verdict", sa.String, nullable=False),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("reason", sa.String),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("basis", sa.String, nullable=False, server_default=Basis.PERSON),
    sa.Column("batch", sa.String, index=True),
    sa.Column("settles", sa.Boolean, nullable=False, server_default=sa.false()),
)
# Decisions made at once; `document` says by what, see `Batch`.
review_batches = sa.Table(
    "review_batches",
    metadata,
    sa.Column("batch_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
)
# Pairs that are open with a reviewer in a window of a browser, for some minutes; times are in
# seconds since 1970.
pair_leases = sa.Table(
    "pair_leases",
    metadata,
    sa.Column("pair_id", sa.String, primary_key=True),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("window", sa.String, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)
# Pairs made to be rejected, as a check of attention: apart from all others, so that no list, count
# or export has them. `document` is the pair, `of_pair` the one it was made from.
attention_checks = sa.Table(
    "attention_checks",
    metadata,
    sa.Column("pair_id", sa.String, primary_key=True),
    sa.Column("of_pair", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
# What the triage learnt, as numbers; the newest that is not retired is in use.
review_models = sa.Table(
    "review_models",
    metadata,
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
# The log of repairs; `document` says what an entry does, see `PairEdit`.
pair_edits = sa.Table(
    "pair_edits",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("token", sa.String, nullable=False, unique=True),
    sa.Column("pair_id", sa.String, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
)
# The log of edited labels; `document` is the mask that was taken out of force.
mask_versions = sa.Table(
    "mask_versions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("mask_key", sa.String, nullable=False, index=True),
    sa.Column("before_id", sa.String, nullable=False, index=True),
    sa.Column("after_id", sa.String, nullable=False, index=True),
    sa.Column("file", sa.String),
    sa.Column("sha256", sa.String),
    sa.Column("reviewer", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)

# What was downloaded from a service; `at` in seconds since 1970.
downloads = sa.Table(
    "downloads",
    metadata,
    sa.Column("token", sa.String, primary_key=True),
    sa.Column("service", sa.String, nullable=False, index=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("what", sa.String, nullable=False),
)
# Products that long-term archives were asked for.
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("product_id", sa.String, primary_key=True),
    sa.Column("scene_id", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("since", sa.String, nullable=False),
    sa.Column("words", sa.String, nullable=False),
)
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("job_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("finished", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    # What a process was started for, and the document that the job ended with.
    sa.Column("request", sa.JSON(none_as_null=True)),
    sa.Column("answer", sa.JSON(none_as_null=True)),
)


@sa.event.listens_for(jobs, "after_create")
def _allow_one_running_job(_table: sa.Table, connection: sa.Connection, **_: Any) -> None:
    """One running job a kind: the database itself refuses a second claim.

    Not an `Index`: its condition would be an option of each dialect, and naming PostgreSQL's
    imports that wherever the program starts.
    """
    index = "CREATE UNIQUE INDEX one_running_job ON jobs (kind)"
    connection.execute(sa.text(f"{index} WHERE state = '{JobState.RUNNING}'"))


# What jobs have to say to whoever looks at them, in the order of `position`.
job_messages = sa.Table(
    "job_messages",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.String, nullable=False, index=True),
    sa.Column("level", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
)


def dialect_insert(connection: sa.Connection, table: sa.Table) -> Any:
    """INSERT with the ON CONFLICT that SQLite and PostgreSQL share, but SQLAlchemy splits."""
    # Here and not at the top: each brings drivers along, and an engine has imported its own.
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or renew those whose primary key is there."""
    if not rows:
        return
    insert = dialect_insert(connection, table)
    keys = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), rows)
