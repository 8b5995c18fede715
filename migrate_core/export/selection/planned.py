"""What an export would write: which pairs, in which split. It and its preview ask here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...store.base import Store
from ...workspace import Workspace
from ..request import ExportRequest
from ..splits.earlier import Earlier, Splits, read_earlier
from ..splits.groups import SplitItem
from ..splits.options import COLUMN
from ..splits.split import split_pairs
from ..splits.table import read_split_table
from .labels import Days, label_counts
from .select import Going, Selection, select

BUFFER = "nearer than the buffer to another split"


@dataclass(frozen=True)
class Planned:
    """The pairs that go out, the reason of each that doesn't, and the splits.

    `class_pixels` are numbers of labelled pixels by class value, of each pair that goes out.
    """

    selection: Selection
    splits: Splits
    earlier: Earlier
    class_pixels: Mapping[str, Mapping[int, int]]

    @property
    def going(self) -> tuple[Going, ...]:
        """The pairs that go out, by pair id."""
        return tuple(pair for pair in self.selection.going if pair.pair_id in self.splits.of)

    @property
    def left_out(self) -> dict[str, str]:
        """The reason of each pair that stays out."""
        return {**self.selection.left_out, **dict.fromkeys(self.splits.left_out, BUFFER)}


def planned(
    store: Store, workspace: Workspace, request: ExportRequest, *, look_for_similar: bool = False
) -> Planned:
    """Decide which pairs go out, and split them. Raises WrongUseError.

    Near duplicates and outliers are looked for where the request or `look_for_similar` asks for it.
    """
    options = request.splits
    options.check()
    found = select(
        store,
        workspace,
        request.choice,
        request.curation,
        look_for_similar=look_for_similar or options.join_duplicates,
    )
    earlier = read_earlier(request.destination)
    counts = label_counts(workspace, [pair.pair_id for pair in found.going])
    items = _items(store, workspace, request, found.going, counts)
    alike = found.found.alike if found.found and options.join_duplicates else ()
    splits = split_pairs(items, options, earlier, alike)
    return Planned(found, splits, earlier, counts)


def _items(
    store: Store,
    workspace: Workspace,
    request: ExportRequest,
    going: Sequence[Going],
    counts: Mapping[str, Mapping[int, int]],
) -> list[SplitItem]:
    days = Days(store, workspace)
    from_column = _from_column(store, workspace, request, going)
    return [
        SplitItem(
            pair.pair_id,
            pair.mask_id,
            pair.footprint,
            pair.scene_ids,
            days.of(pair.pair_id, pair.scene_ids),
            counts[pair.pair_id],
            *from_column.get(pair.pair_id, (None, None)),
        )
        for pair in going
    ]


def _from_column(
    store: Store, workspace: Workspace, request: ExportRequest, going: Sequence[Going]
) -> Mapping[str, tuple[str | None, str | None]]:
    """The group, or the split, of each pair by a table or a column of the manifest."""
    options = request.splits
    if options.method != COLUMN:
        return {}
    if options.table is not None:
        return read_split_table(options.table, options.column, going)
    from .columns import groups_by_column

    return groups_by_column(store, workspace, options.column, going)
