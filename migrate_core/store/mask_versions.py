"""The log of edited labels, and putting one version of a mask in the place of another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..model import Mask, utc
from ..states import VersionKind
from . import tables
from .base import Store, forget_mask
from .derived.matching import renew_matches
from .derived.revisions import Part, raise_revision
from .mask_documents import mask_document, mask_from
from .rows import row_of_mask
from .tables import mask_versions, upsert


@dataclass(frozen=True)
class VersionEntry:
    """One entry of the log: the mask `after_id` is in force in place of `before_id`.

    `mask_key` is the `Mask.key` of both; `file` and `sha256` are as in `LabelVersion`, None for
    an undo.
    """

    kind: VersionKind
    mask_key: str
    before_id: str
    after_id: str
    file: str | None
    sha256: str | None
    reviewer: str
    made_at: datetime


def replace_version(store: Store, entry: VersionEntry, before: Mask, after: Mask) -> None:
    """Put a mask in the place of another one of the same file, and log it, all or nothing.

    What a search found for the old one, and which candidate is chosen, holds for the new one. The
    pairs of the old one are superseded.
    """
    row = {**asdict(entry), "made_at": utc(entry.made_at), "document": mask_document(before)}
    with store.engine.begin() as connection:
        raise_revision(connection, Part.MASKS)
        connection.execute(sa.insert(mask_versions).values(row))
        for table in (tables.candidates, tables.advice):
            _carry_over(connection, table, before.mask_id, after.mask_id)
        forget_mask(connection, before.mask_id)
        upsert(connection, tables.masks, [row_of_mask(after)])
        renew_matches(connection, [after.mask_id])


def _carry_over(connection: sa.Connection, table: sa.Table, before: str, after: str) -> None:
    rows = connection.execute(sa.select(table).where(table.c.mask_id == before)).all()
    connection.execute(sa.delete(table).where(table.c.mask_id == after))
    if rows:
        copies = [dict(zip(table.c.keys(), row, strict=True)) for row in rows]
        connection.execute(sa.insert(table), [{**row, "mask_id": after} for row in copies])


def version_log(store: Store, mask_key: str) -> list[VersionEntry]:
    """What became of the labels of a file's mask, oldest entry first."""
    columns = [column for column in mask_versions.c if column.name not in ("number", "document")]
    query = sa.select(*columns).where(mask_versions.c.mask_key == mask_key)
    with store.engine.connect() as connection:
        rows = connection.execute(query.order_by(mask_versions.c.number)).mappings().all()
    return [
        VersionEntry(
            **{**row, "kind": VersionKind(row["kind"]), "made_at": utc(row["made_at"])},
        )
        for row in rows
    ]


def version_before(store: Store, mask_id: str) -> Mask | None:
    """The mask that was edited to become this one, as it was then; None when that isn't known."""
    query = (
        sa.select(mask_versions.c.document)
        .where(mask_versions.c.after_id == mask_id, mask_versions.c.kind == VersionKind.EDIT)
        .order_by(mask_versions.c.number.desc())
    )
    with store.engine.connect() as connection:
        document = connection.scalar(query)
    return None if document is None else mask_from(document)


def versions_of_pair(store: Store, pair_id: str) -> list[VersionEntry]:
    """As `version_log`, of the file whose mask a pair is of."""
    mask_id = sa.select(tables.pairs.c.mask_id).where(tables.pairs.c.pair_id == pair_id)
    with store.engine.connect() as connection:
        key: str | None = connection.scalar(_key_of(mask_id.scalar_subquery()))
    return version_log(store, key) if key else []


def version_in_force(store: Store, mask_id: str) -> str | None:
    """The id of the version that is in force in place of a mask of the log, if there is one."""
    key = _key_of(mask_id).scalar_subquery()
    with store.engine.connect() as connection:
        found: str | None = connection.scalar(
            sa.select(tables.masks.c.mask_id).where(tables.masks.c.path == key)
        )
    return found


def _key_of(mask_id: str | sa.ScalarSelect[str]) -> sa.Select[Any]:
    """The key under which a mask is in the log."""
    named = (mask_versions.c.before_id == mask_id) | (mask_versions.c.after_id == mask_id)
    return sa.select(mask_versions.c.mask_key).where(named).limit(1)
