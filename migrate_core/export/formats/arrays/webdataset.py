"""The format `webdataset`: tar files, in which the files of a sample follow each other.

The files of a sample have one name up to the first dot, which is its key; what comes after it says
what is in the file: https://github.com/webdataset/webdataset#the-webdataset-format
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....workspace import written_then_renamed
from ...samples.sample import Sample
from ..base import SPLITS, Content, Cut, Format, Part
from .described import about, about_sample, array_names, arrays_of, classes_in
from .shards import is_first, remove_others, shards

ABOUT = "dataset.json"
_FORM = ("arrays", "bands", "image", "label", "chip_size")


class Webdataset(Format):
    """Tar files per split, with the arrays of each sample as .npy and what is known of it as .json.

    The same samples give the same bytes.
    """

    name = "webdataset"
    title = "WebDataset"
    help = "Tar files that are read as a stream, from a disk or an object store, also in parallel."
    loads = (
        "webdataset.WebDataset(sorted(glob('DEST/webdataset/train-*.tar')), shardshuffle=False)"
        ".decode()"
    )
    cut = Cut.WHEN_ASKED

    def parts(self, content: Content) -> Sequence[Part]:
        """One a tar file."""
        return [
            Part(f"{split}-{number:06}", samples, (f"{split}-{number:06}.tar",))
            for split, number, samples in shards(content)
        ]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """Write a tar file, sample by sample."""
        if is_first(part, content):
            _begin(content, folder)
        target = folder / part.files[0]
        with (
            written_then_renamed(target, apart=folder) as temporary,
            tarfile.open(temporary, "w", format=tarfile.GNU_FORMAT) as tar,
        ):
            for sample in part.samples:
                _add_sample(tar, sample, content)

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """The table of contents: what holds for all samples, and the tar files of each split."""
        parts = self.parts(content)
        remove_others(folder.glob("*.tar"), [folder / part.files[0] for part in parts])
        _write_about(content, folder, parts)
        return [ABOUT]


def _begin(content: Content, folder: Path) -> None:
    """Take away shards of other bands, values or classes, which would be read along with these."""
    if _form(_described(content)) != _form_there(folder):
        remove_others(folder.glob("*.tar"), ())
        _write_about(content, folder, ())


def _form(document: Mapping[str, Any]) -> dict[str, Any]:
    """What all shards must have in common, of a table of contents."""
    return {name: document.get(name) for name in _FORM}


def _form_there(folder: Path) -> dict[str, Any] | None:
    """What the shards that are there have in common; None where that isn't known."""
    try:
        return _form(json.loads((folder / ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError):
        return None


def _described(content: Content) -> dict[str, Any]:
    return {
        **about(content),
        "arrays": list(array_names(content)),
        "chip_size": content.chip_size,
    }


def _write_about(content: Content, folder: Path, parts: Sequence[Part]) -> None:
    listed: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    for part in parts:
        one = {"file": part.files[0], "samples": len(part.samples)}
        listed[part.samples[0].split].append(one)
    text = json.dumps({**_described(content), "splits": listed}, indent=2, ensure_ascii=False)
    with written_then_renamed(folder / ABOUT) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _add_sample(tar: tarfile.TarFile, sample: Sample, content: Content) -> None:
    pixels = content.pixels(sample)
    key = sample.sample_id
    for name, array in arrays_of(pixels, content).items():
        _add_file(tar, f"{key}.{name}.npy", _npy(array))
    known = {**about_sample(sample), "classes": classes_in(pixels)}
    _add_file(tar, f"{key}.json", _json(known))


def _npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _add_file(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file without time, owner or rights of this machine."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
