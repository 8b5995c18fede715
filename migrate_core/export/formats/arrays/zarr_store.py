"""The format `zarr`: a Zarr store, version 3, with a group of arrays per split.

It is written without the library `zarr`, which the app would need for nothing else: metadata are
JSON, and a file of pixels is compressed samples with an index. All files are of a shard of samples
each, what is known of a sample beside its pixels as well; so a store that is written again, and is
left in the middle of that, never says of one sample's pixels that they are another's.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from ....workspace import written_then_renamed
from ..base import SPLITS, Content, Cut, Format, Part, sharded
from .described import about, arrays_of
from .zarr_files import (
    METADATA,
    ShardWriter,
    ZarrArray,
    group_metadata,
    read_metadata,
    write_metadata,
)
from .zarr_layout import (
    axes,
    column_values,
    columns,
    group_attributes,
    pixel_arrays,
    samples_per_shard,
)


class Zarr(Format):
    """Chips as arrays (sample, band, y, x), which `zarr` and `xarray` open."""

    name = "zarr"
    title = "Zarr"
    help = "Arrays of chips of one size for zarr and xarray, read by parts from disk or a store."
    loads = "xarray.open_zarr('DEST/zarr', group='train')"
    cut = Cut.ALWAYS

    def parts(self, content: Content) -> Sequence[Part]:
        """One a shard: a file of each array."""
        arrays = [*pixel_arrays(content, 0), *columns(content, 0)]
        return [
            Part(
                f"{split}-{number}",
                samples,
                tuple(f"{split}/{array.file_name(number)}" for array in arrays),
            )
            for split, number, samples in sharded(content, samples_per_shard(content))
        ]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """Write a shard of samples; the store can be opened from the first one on."""
        _describe(content, folder)
        split = part.samples[0].split
        number = int(part.name.removeprefix(f"{split}-"))
        for name in part.files:
            # Image and label of different samples never lie in one shard.
            (folder / name).unlink(missing_ok=True)
        _write_pixels(part, number, content, folder)
        for array in columns(content, 0):
            values = column_values(array.name, part.samples)
            _write_file(folder / split / array.file_name(number), array.chunk_bytes(values), folder)

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """The metadata, of what is there; groups and arrays that went are deleted."""
        return _describe(content, folder)


def _write_pixels(part: Part, number: int, content: Content, folder: Path) -> None:
    group = folder / part.samples[0].split
    with ExitStack() as stack:
        writers = {}
        # What is entered first is renamed last: the label comes after the image.
        for array in sorted(pixel_arrays(content, 0), key=lambda one: one.name == "image"):
            target = group / array.file_name(number)
            path = stack.enter_context(written_then_renamed(target, apart=folder.parent))
            file = stack.enter_context(path.open("wb"))
            writers[array.name] = ShardWriter(file, array.per_file[0])
        for sample in part.samples:
            for name, values in arrays_of(content.pixels(sample), content).items():
                writers[name].append(values)
        for writer in writers.values():
            writer.close()


def _describe(content: Content, folder: Path) -> list[str]:
    """Write all metadata that aren't there as they should be; the names of these files."""
    counts = Counter(sample.split for sample in content.samples)
    members = {}
    names = [METADATA]
    for split in SPLITS:
        if not counts[split]:
            _remove_group(folder / split)
            continue
        arrays = _arrays(content, counts[split])
        _remove_other_arrays(arrays, folder / split)
        own = {array.name: array.metadata() for array in arrays}
        for name, document in own.items():
            write_metadata(folder / split / name / METADATA, document, folder.parent)
        names += _write_axes(content, split, folder)
        group = group_metadata(group_attributes(content, split), own)
        write_metadata(folder / split / METADATA, group, folder.parent)
        members.update({split: group_metadata(group["attributes"], {})})
        members.update({f"{split}/{name}": document for name, document in own.items()})
        names += [f"{split}/{METADATA}", *(f"{split}/{name}/{METADATA}" for name in own)]
    write_metadata(folder / METADATA, group_metadata(about(content), members), folder.parent)
    return names


def _arrays(content: Content, count: int) -> list[ZarrArray]:
    named = [array for array, _ in axes(content)]
    return [*pixel_arrays(content, count), *columns(content, count), *named]


def _remove_other_arrays(arrays: Sequence[ZarrArray], group: Path) -> None:
    """Delete arrays of an earlier export that aren't wanted, or are of another form.

    Their files can't be read by the new metadata.
    """
    wanted = {array.name: _form(array.metadata()) for array in arrays}
    for path in group.glob(f"*/{METADATA}"):
        found = read_metadata(path)
        if found is None or _form(found) != wanted.get(path.parent.name):
            shutil.rmtree(path.parent)


def _remove_group(group: Path) -> None:
    """Delete the group of a split that has no samples any more."""
    if group.is_dir():
        shutil.rmtree(group)


def _form(metadata: Mapping[str, object]) -> dict[str, object]:
    """What decides how files are read: all but the number of samples and what is said of them."""
    shape = metadata.get("shape")
    return {
        **{name: metadata.get(name) for name in ("data_type", "chunk_grid", "codecs")},
        "shape": shape[1:] if isinstance(shape, list) else None,
    }


def _write_axes(content: Content, split: str, folder: Path) -> list[str]:
    names = []
    for array, values in axes(content):
        name = f"{split}/{array.file_name()}"
        _write_file(folder / name, array.chunk_bytes(values), folder)
        names.append(name)
    return names


def _write_file(target: Path, content: bytes, folder: Path) -> None:
    if target.is_file() and target.read_bytes() == content:
        return
    with written_then_renamed(target, apart=folder.parent) as temporary:
        temporary.write_bytes(content)
