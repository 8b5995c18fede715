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

from ...errors import MaskError
from ...jobs.pool import WorkerCrashedError
from ...model import Mask, RasterForm
from ...store.base import Store
from ...store.masks import masks_of, pending_masks
from ..checks import FILE, with_problems
from ..files.isolation import crash, named, reading_pool, wait_for
from ..options import AddOptions, ClassEntry
from ..raster.layouts import ONE_HOT
from ..raster.opening import gdal_ready, held_open
from .describe import CLASS_NAMES, same_numbering, unreadable, with_content, with_header
from .edit import with_earlier_edits
from .edited_labels import with_edited_labels
from .registered import Note, Registered, summed_up
from .sidecars import Finder, PreviousOptions, Sidecars

# So many files are read by one call to a worker, and written at once: what a kill may lose.
_BATCH = 100
# Of so many files, those of few pixels are opened once for header and pixels: it hardly takes
# longer until they are listed.
_MANY, _SMALL_PIXELS = 200, 1024 * 1024

_OTHER_LABELS = "have other no-data values now and pairs that don't follow by themselves"
_READ_AGAIN = (
    "its no-data values are others now, and its pair doesn't follow by itself: run `pairs make` "
    "again."
)

Progress = Callable[[int, int], None]
Item = TypeVar("Item")
Read = TypeVar("Read")


@dataclass(frozen=True)
class ReadMask:
    """A mask as its header says, and with its content where the file is small; else None."""

    header: Mask
    content: Mask | None = None


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
    read = partial(_read_headers, options=options, small_too=len(items) >= _MANY)
    ids: list[str] = []
    finished: dict[str, Mask] = {}
    for masks in _in_batches(items, read, _crashed_header, progress):
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
    if content is None or settled != replace(read.header, mask_id=settled.mask_id):
        return settled
    # Bands of classes are numbered when those of all masks are known: see `same_numbering`.
    return (
        settled if content.raster.layout == ONE_HOT else replace(content, mask_id=settled.mask_id)
    )


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
    for masks in _in_batches(pending_masks(store), _read_contents, _crashed_content, progress):
        store.put_masks(masks)
        read += masks
    renumbered = {mask.mask_id: mask for mask in same_numbering(read)}
    store.put_masks(list(renumbered.values()))
    return [renumbered.get(mask.mask_id, mask) for mask in read]


def _read_headers(
    items: Sequence[Sidecars], options: AddOptions, *, small_too: bool
) -> list[ReadMask]:
    """What the headers say, and with `small_too` what is in small files."""
    # One that is read alone may be the file over whose pixels a worker died.
    with gdal_ready():
        if not small_too or len(items) == 1:
            return [ReadMask(_read_header(item, options)) for item in items]
        return [_read_small(item, options) for item in items]


def _read_small(item: Sidecars, options: AddOptions) -> ReadMask:
    with held_open():
        header = _read_header(item, options)
        pixels = (header.width or 0) * (header.height or 0)
        small = header.pending and not item.tiles and 0 < pixels <= _SMALL_PIXELS
        return ReadMask(header, _read_content(header) if small else None)


def _read_header(item: Sidecars, options: AddOptions) -> Mask:
    try:
        return named(item.path.name, with_header, item, options)
    except MaskError as err:
        return unreadable(item.path, str(err))


def _read_contents(masks: Sequence[Mask]) -> list[Mask]:
    with gdal_ready():
        return [_read_content(mask) for mask in masks]


def _read_content(mask: Mask) -> Mask:
    try:
        return named(mask.name, with_content, mask)
    except MaskError as err:
        return _without_content(mask, str(err))


def _without_content(mask: Mask, why: str) -> Mask:
    """A mask whose pixels can't be read; what else is wrong with it waits for a sound file."""
    return with_problems(replace(mask, pending=False), {FILE: why})


def _crashed_header(item: Sidecars, err: WorkerCrashedError) -> ReadMask:
    return ReadMask(unreadable(item.path, crash(item.path.name, err)))


def _crashed_content(mask: Mask, err: WorkerCrashedError) -> Mask:
    return _without_content(mask, crash(mask.name, err))


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
