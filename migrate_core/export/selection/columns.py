"""Groups by a column of the manifest: pairs with one value of it stay together."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import WrongUseError
from ...store.base import Store
from ...workspace import Workspace
from ..manifest import manifest_row
from ..splits.table import as_splits_or_groups
from .entries import entries
from .select import Going

_NOT_YET = "split"


def groups_by_column(
    store: Store, workspace: Workspace, column: str, going: Sequence[Going]
) -> dict[str, tuple[str | None, str | None]]:
    """The value of a column of the manifest as (group, split), by pair id.

    Pairs without a value have no group. Raises WrongUseError for a column that there isn't,
    ExportError when a pair.json can't be read.
    """
    rows = [manifest_row(entry, "") for entry in entries(store, workspace, going)]
    known = [name for name in rows[0] if name != _NOT_YET] if rows else [column]
    if column not in known:
        raise WrongUseError(
            f"The manifest has no column {column!r} to split by; it has {', '.join(known)}."
        )
    values = {row["pair_id"]: row[column] for row in rows}
    texts = {one: None if value in (None, "") else str(value) for one, value in values.items()}
    return as_splits_or_groups(texts, column)
