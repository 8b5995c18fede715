"""The format `stac`: a folder for each item, a collection, and all items as GeoParquet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ....errors import ExportError
from ....workspace import written_then_renamed
from ...samples.sample import Sample
from ..base import Content, Format, Part
from ..rasters import write_fractions, write_image, write_label, write_quality
from ..wording import identifier
from .assets import file_of_asset, item_assets
from .documents import (
    COLLECTION,
    ITEMS_TABLE,
    collection_document,
    extent_document,
    item_document,
)
from .table import write_items


class Stac(Format):
    """A static catalogue: one item a sample, with its rasters as assets."""

    name = "stac"
    title = "STAC catalogue"
    help = "A collection with an item for each sample, its label described by the extension Label."
    loads = "pystac.Collection.from_file('DEST/stac/collection.json')"

    def parts(self, content: Content) -> Sequence[Part]:
        """One a sample: its item, and the files that the item names."""
        keys = item_assets(content)
        return [
            Part(
                sample.sample_id,
                (sample,),
                (
                    _item_file(sample),
                    *(f"{sample.sample_id}/{file_of_asset(key)}" for key in keys),
                ),
            )
            for sample in content.samples
        ]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """The rasters of a sample, then the item that names them."""
        (sample,) = part.samples
        pixels = content.pixels(sample)
        here = folder / sample.sample_id
        write_image(here / file_of_asset("image"), pixels, folder)
        write_label(here / file_of_asset("label"), pixels, content.classes, folder)
        write_fractions(here / file_of_asset("fractions"), pixels, content.classes, folder)
        write_quality(here / file_of_asset("quality"), pixels, folder)
        _write(here / file_of_asset("extent"), extent_document(sample), folder)
        item = item_document(sample, content, pixels.label)
        _write(folder / _item_file(sample), item, folder)

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """The collection, and the table of its items."""
        items = [_item(folder / _item_file(sample), content) for sample in content.samples]
        collection = collection_document(content, items)
        _write(folder / COLLECTION, collection, folder)
        write_items(folder / ITEMS_TABLE, items, collection)
        return [COLLECTION, ITEMS_TABLE]


def _item_file(sample: Sample) -> str:
    return f"{sample.sample_id}/{sample.sample_id}.json"


def _write(path: Path, document: Mapping[str, Any], apart: Path) -> None:
    with written_then_renamed(path, apart=apart) as temporary:
        text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
        temporary.write_text(text, encoding="utf-8")


def _item(path: Path, content: Content) -> dict[str, Any]:
    """An item that was written; one that is of a dataset with another name is written again."""
    try:
        item: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise ExportError(
            f"{path}: the item can't be read ({err}). Delete the file and export again."
        ) from err
    if item["collection"] != identifier(content):
        item["collection"] = identifier(content)
        _write(path, item, path.parent.parent)
    return item
