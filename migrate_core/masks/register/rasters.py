"""Adding many masks: headers first, so that they are listed soon, then the pixels of each.

The process that calls this owns the store; files are read by a pool of workers, since reading is
most of the work and a damaged file may crash the library that reads it (see `isolation`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from ...jobs.pool import WorkerCrashedError
from ...model import Mask, RasterForm
from ...store.base import Store
from ...store.masks import masks_of, pending_masks
from ..files.isolation import reading_pool, wait_for
from ..options import AddOptions, ClassEntry
from ..raster.layouts import ONE_HOT
from .describe import CLASS_NAMES, same_numbering, with_header
from .edit import with_earlier_edits
from .edited_labels import with_edited_labels
from .reading import ReadMask, crashed_content, crashed_header, read_contents, read_headers
from .registered import Note, Registered, summed_up, with_id
from .sidecars import Finder, PreviousOptions, Sidecars

# So many files are read by one call to a worker, and written at once: what a kill may lose.
_BATCH = 100
# Of so many files, those of few pixels are opened once for header and pixels: it hardly takes
# longer until they are listed.
_MANY = 200

_OTHER_LABELS = "have other no-data values now and pairs that don't follow by themselves"
_READ_AGAIN = (
    "its no-data values are others now, and its pair doesn't follow by itself: run `pairs make` "
    "again."
)

Progress = Callable[[int, int], None]
Item = TypeVar("Item")
Read = TypeVar("Read")


@dataclass(frozen=True)
class AddedRasters:
    """The ids of the masks in the order of their files, and what is to be said of them.

    `read` are those, by id, of which nothing is pending, as they were written.
    """

    mask_ids: tuple[str, ...]
    notes: tuple[str, ...]
    read: Mapping[str, Mask]


def register_headers(
    store: Store, files: Sequence[tuple[Path, ...]], options: AddOptions, progress: Progress
) -> AddedRasters:
    """Register masks by their headers.

    Each of `files` is one file, or the tiles that make one mask. What a person said of a mask
    before is kept. `progress(finished, total)` may raise to end it; what was read before is kept.
    """
    found = _sidecars(files, Finder(options))
    registered = Registered(store, [item.path for item in found])
    listed = [registered.at(item.path, item.part) for item in found]
    before = {mask.mask_id: mask for mask in masks_of(store, list(filter(None, listed)))}
    items = [
        _with_what_it_had(item, before.get(mask_id or ""))
        for item, mask_id in zip(found, listed, strict=True)
    ]
    read = partial(read_headers, options=options, small_too=len(items) >= _MANY)
    ids: list[str] = []
    finished: dict[str, Mask] = {}
    for masks in _in_batches(items, read, crashed_header, progress):
        read_items = items[len(ids) : len(ids) + len(masks)]
        batch = [
            _with_content_of(mask, _settled(item, mask.header, registered, options))
            for item, mask in zip(read_items, masks, strict=True)
        ]
        for gone in registered.put(batch):
            finished.pop(gone, None)
        finished |= {mask.mask_id: mask for mask in batch if not mask.pending}
        ids += [mask.mask_id for mask in batch]
    return AddedRasters(tuple(ids), tuple(summed_up(registered.notes)), finished)


def _with_content_of(read: ReadMask, settled: Mask) -> Mask:
    """The settled mask with its pixels, if they were read and nothing of before is to be kept."""
    content = read.content
    if content is None:
        return settled
    if settled is not read.header and settled != replace(read.header, mask_id=settled.mask_id):
        return settled
    # Bands of classes are numbered when those of all masks are known: see `same_numbering`.
    return settled if content.raster.layout == ONE_HOT else with_id(content, settled.mask_id)


def _settled(item: Sidecars, mask: Mask, registered: Registered, options: AddOptions) -> Mask:
    """The mask under its id, with what a person said of it, also where it lay before."""
    known = registered.known_as(mask)
    if known is not None and known.sha256 == mask.sha256 is not None:
        if known.path != mask.path:
            mask = with_header(_with_what_it_had(item, known), options)
        other = known.version is None and known.raster.nodata != mask.raster.nodata
        if other and registered.has_pair(known):
            registered.notes.append(Note(_OTHER_LABELS, f"{mask.name}: {_READ_AGAIN}"))
    mask = with_edited_labels(known, with_earlier_edits(known, mask), registered)
    return registered.settled(mask, known)


def _sidecars(files: Sequence[tuple[Path, ...]], finder: Finder) -> list[Sidecars]:
    """What belongs to each mask; several masks of tiles in one folder are parts of it."""
    tiled = Counter(group[0].parent for group in files if len(group) > 1)
    items = []
    for group in files:
        if len(group) == 1:
            items.append(finder.sidecars(group[0]))
            continue
        item = finder.sidecars(group[0].parent, group)
        items.append(replace(item, part=group[0].stem if tiled[item.path] > 1 else None))
    return items


def _with_what_it_had(found: Sidecars, before: Mask | None) -> Sidecars:
    """A mask that is added again keeps what was given for it, unless that is given again."""
    if before is None:
        return found
    image, udm = (
        new or (Path(old) if old and Path(old).is_file() else None)
        for new, old in ((found.image, before.source.path), (found.udm, before.source.udm))
    )
    return replace(found, image=image, udm=udm, given=_given(before))


def _given(mask: Mask) -> PreviousOptions:
    """What options gave for a mask, as far as it isn't found in its files again."""
    form, named = _form(mask), CLASS_NAMES in mask.user_set
    names, colours = (
        (table or {}) if named else {} for table in (mask.classes.names, mask.classes.colours)
    )
    colours = {**colours, **{str(n): text for text, n in (form.colours or {}).items()}}
    values = sorted({*names, *colours}, key=int)
    return PreviousOptions(
        mask.sha256,
        mask.georeference.crs if mask.georeference.origin == mask.georeference.crs else None,
        form.threshold,
        form.nodata,
        tuple(ClassEntry(int(value), names.get(value), colours.get(value)) for value in values),
    )


def _form(mask: Mask) -> RasterForm:
    """How a raster is read; as by default where its labels were edited and are polygons now."""
    return mask.form if isinstance(mask.form, RasterForm) else RasterForm()


def read_pending(store: Store, progress: Progress) -> list[Mask]:
    """Read the pixels of all masks of which only the header is known, and write what they say."""
    read: list[Mask] = []
    for masks in _in_batches(pending_masks(store), read_contents, crashed_content, progress):
        store.put_masks(masks)
        read += masks
    renumbered = {mask.mask_id: mask for mask in same_numbering(read)}
    store.put_masks(list(renumbered.values()))
    return [renumbered.get(mask.mask_id, mask) for mask in read]


def _in_batches(
    items: Sequence[Item],
    read: Callable[[Sequence[Item]], list[Read]],
    crashed: Callable[[Item, WorkerCrashedError], Read],
    progress: Progress,
) -> Iterator[list[Read]]:
    """The masks of the items, batch by batch in their order."""
    batches = [items[first : first + _BATCH] for first in range(0, len(items), _BATCH)]
    if not batches:
        return
    finished = 0

    def going_on() -> None:
        progress(finished, len(items))

    with reading_pool(min(os.cpu_count() or 1, len(batches))) as pool:
        waiting = [(batch, pool.submit(read, batch)) for batch in batches]
        for batch, future in waiting:
            wait_for(future, going_on)
            try:
                masks = future.result()
            except WorkerCrashedError:
                masks = [_alone(item, read, crashed, pool, going_on) for item in batch]
            yield masks
            finished += len(batch)
            going_on()


def _alone(
    item: Item,
    read: Callable[[Sequence[Item]], list[Read]],
    crashed: Callable[[Item, WorkerCrashedError], Read],
    pool: Executor,
    going_on: Callable[[], None],
) -> Read:
    """One item by itself, so that the one that a worker dies over is found."""
    future = pool.submit(read, [item])
    wait_for(future, going_on)
    try:
        return future.result()[0]
    except WorkerCrashedError as err:
        return crashed(item, err)
