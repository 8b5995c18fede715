"""Bringing the files of a pair to what the log of its repairs says.

The log is the truth, and the tokens in the pair's row say how much of it the files have in them;
that row is written last. So whatever a kill leaves undone is seen, and done when the pair is opened
next. The rasters as they were made stay in a folder beside them while any edit counts.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...errors import PairError, WrongUseError
from ...files.disk import writing
from ...grid import PixelGrid
from ...logs.context import about
from ...model import Mask, Pair, PairEdit, PairParameters
from ...states import EditKind, PairState
from ...store.base import Store
from ...store.decisions import applied_edits, edit_logs, edits_of, renew_pair
from ...store.masks import find_mask
from ...store.serialize import to_json
from ...transfer.http.retry import Runtime
from ...transfer.locks import locked
from ...workspace import Workspace, unfinished_folder, written_then_renamed
from ..assessment.reassess import findings_again
from ..files import (
    FRACTIONS,
    LABEL,
    QUALITY,
    Document,
    grid_in,
    open_raster,
    read_document,
    write_document,
    write_raster,
)
from ..task import found_out, outcome_of
from .effective import effective, registered_shift, tokens_of
from .rasters import LabelRasters, MadeOf, read_label_rasters, with_edits

log = logging.getLogger(__name__)

# The files that edits change.
_EDITED = (LABEL, FRACTIONS, QUALITY)


@dataclass(frozen=True)
class OpenPair:
    """A pair that is done, its mask, and what its pair.json says; made by whoever has its lock."""

    pair: Pair
    mask: Mask
    folder: Path
    document: Document

    @property
    def grid(self) -> PixelGrid:
        """The grid of the pair's files."""
        return grid_in(self.document)


@contextmanager
def editing(workspace: Workspace, pair_id: str) -> Iterator[None]:
    """Keep other threads and processes from repairing the pair in the block."""
    with locked(workspace.edit_lock(pair_id), Runtime()):
        yield


def open_pair(store: Store, workspace: Workspace, pair_id: str) -> OpenPair:
    """A pair that can be repaired. Raises WrongUseError when there is no such one, PairError."""
    pair = store.pair(pair_id)
    if pair is None:
        raise WrongUseError(f"{pair_id!r} is no pair; `pairs list` shows their ids.")
    mask = find_mask(store, pair.mask_id)
    if pair.state != PairState.DONE or mask is None:
        raise WrongUseError(
            f"{pair_id}: the pair is {pair.state}, and only those that are done are repaired. "
            "Look for the present pair of the mask (`pairs list`), or make one (`pairs make`)."
        )
    folder = workspace.pair(pair_id)
    return OpenPair(pair, mask, folder, read_document(folder))


def rasters_with(
    workspace: Workspace, opened: OpenPair, edits: Sequence[PairEdit]
) -> LabelRasters | None:
    """What the pair's rasters are with these edits; None when they are as they were made.

    Raises MaskError or PairError when a nudge needs the mask and it isn't as it was.
    """
    if not edits:
        return None
    if any(edit.kind == EditKind.NUDGE for edit in edits):
        _check_mask(opened)
    kept = workspace.as_made(opened.pair.pair_id)
    made = read_label_rasters(kept if kept.is_dir() else opened.folder)
    parameters = opened.pair.parameters or PairParameters()
    shift = registered_shift(opened.document)
    return with_edits(made, edits, MadeOf(opened.mask, opened.grid, parameters, shift))


def _check_mask(opened: OpenPair) -> None:
    """A mask that is read otherwise now would give another label. Raises PairError."""
    mask, then = opened.mask, opened.document["mask"]
    georeference, classes = mask.georeference, dict(mask.classes.stored or {})
    now = {"crs": georeference.crs, "transform": georeference.transform, "classes": classes}
    if any(then[name] != value for name, value in to_json(now).items()):
        raise PairError(
            f"{opened.pair.pair_id}: its mask is read in another way since the pair was made (CRS, "
            "place or classes). Make the pair again (`pairs make`) before its label is moved."
        )


def apply_edits(
    store: Store,
    workspace: Workspace,
    opened: OpenPair,
    edits: Sequence[PairEdit],
    rasters: LabelRasters | None,
) -> Pair:
    """Write what `rasters_with` gave, and all that follows from it. Raises DiskError."""
    pair_id = opened.pair.pair_id
    kept = workspace.as_made(pair_id)
    if rasters is not None or kept.is_dir():
        _put_rasters(workspace, opened, rasters)
    document = {name: value for name, value in opened.document.items() if name != "edits"}
    document = findings_again(document, opened.folder, opened.mask, edits)
    write_document(opened.folder, document)
    if rasters is None and kept.is_dir():
        with unfinished_folder(workspace.root) as gone:
            kept.replace(gone / kept.name)
    renew_pair(store, pair_id, {**found_out(outcome_of(document)), "edits": tokens_of(edits)})
    with about({"pair": pair_id}):
        log.info("The files of the pair have %d edits in them.", len(edits))
    found = store.pair(pair_id)
    return opened.pair if found is None else found


def _put_rasters(workspace: Workspace, opened: OpenPair, rasters: LabelRasters | None) -> None:
    """Put rasters, or those that were made, in the place of the pair's; these are kept before."""
    folder, kept = opened.folder, workspace.as_made(opened.pair.pair_id)
    if not kept.is_dir():
        with written_then_renamed(kept, apart=workspace.root) as temporary:
            temporary.mkdir()
            _copy(folder, temporary)
    with writing(folder), unfinished_folder(workspace.root) as temporary:
        if rasters is None:
            _copy(kept, temporary)
        else:
            with open_raster(kept, FRACTIONS) as dataset:
                classes = dataset.descriptions
            write_raster(temporary, LABEL, rasters.label[None], opened.grid, ["label"])
            write_raster(temporary, FRACTIONS, rasters.shares, opened.grid, classes)
            write_raster(temporary, QUALITY, rasters.flags[None], opened.grid, ["quality flags"])
        for raster in _EDITED:
            (temporary / raster.file).replace(folder / raster.file)


def _copy(source: Path, target: Path) -> None:
    for raster in _EDITED:
        shutil.copyfile(source / raster.file, target / raster.file)


def bring_up_to_date(store: Store, workspace: Workspace, pair_id: str) -> None:
    """Apply what the log of a done pair says and its files don't have yet. Raises MigrateError.

    So it is after a kill in between, and when a pair whose files were lost is made again.
    """
    if not edits_of(store, pair_id):
        return
    with editing(workspace, pair_id):
        pair, edits = store.pair(pair_id), effective(edits_of(store, pair_id))
        if pair is None or pair.state != PairState.DONE or tokens_of(edits) == pair.edits:
            return
        opened = open_pair(store, workspace, pair_id)
        apply_edits(store, workspace, opened, edits, rasters_with(workspace, opened, edits))


def bring_all_up_to_date(store: Store, workspace: Workspace) -> None:
    """The same for all pairs that are done. Raises MigrateError."""
    logs = edit_logs(store)
    applied = applied_edits(store) if logs else {}
    for pair_id, entries in logs.items():
        if tokens_of(effective(entries)) != applied.get(pair_id, ()):
            bring_up_to_date(store, workspace, pair_id)
