"""The format `coco`: pictures, GeoTIFFs, and annotations of each split as run lengths and polygons.

`annotations/<split>.json` has masks as run lengths, `annotations/<split>_polygons.json` the same
annotations as polygons, but for crowds, which COCO has as run lengths always.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ....errors import ExportError
from ....model import BACKGROUND
from ....workspace import written_then_renamed
from ...samples.pixels import REFLECTANCE_SCALE, Pixels
from ...samples.sample import Sample
from ..base import SPLITS, Content, Format, Part
from ..rasters import NO_DATA, write_image
from .annotations import annotations_of

Json = dict[str, Any]

_NATURAL = ("B04", "B03", "B02")
# Reflectance that is white in pictures. It is the same in all, so that they can be compared.
WHITE = 0.3


class Coco(Format):
    """Instances of each class: connected pixels, as masks and as polygons."""

    name = "coco"
    title = "COCO, instances"
    help = (
        "Pictures (PNG, 8 bit) with an annotation for each connected patch of a class, as run "
        "lengths and as polygons; GeoTIFFs with all bands beside them."
    )
    loads = "pycocotools.coco.COCO('DEST/coco/annotations/train.json')"

    def parts(self, content: Content) -> Sequence[Part]:
        """One a sample; one that goes to another split is another part."""
        return [
            Part(f"{sample.split}/{sample.sample_id}", (sample,), tuple(_files(sample).values()))
            for sample in content.samples
        ]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """The picture, the GeoTIFF and the annotations of a sample."""
        (sample,) = part.samples
        pixels, files = content.pixels(sample), _files(sample)
        _write_picture(folder / files["picture"], picture(pixels), folder)
        write_image(folder / files["image"], pixels, folder)
        found = annotations_of(pixels.label, [one.value for one in content.classes])
        with written_then_renamed(folder / files["annotations"], apart=folder) as temporary:
            temporary.write_text(json.dumps(found), encoding="utf-8")

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """The annotations of each split that has samples, in two forms."""
        names = []
        for split in SPLITS:
            samples = content.of_split(split)
            if samples:
                masks, polygons = f"annotations/{split}.json", f"annotations/{split}_polygons.json"
                _write_split(folder / masks, samples, content, folder, _as_masks)
                _write_split(folder / polygons, samples, content, folder, _as_polygons)
                names += [masks, polygons]
        return names


def _files(sample: Sample) -> dict[str, str]:
    split, name = sample.split, sample.sample_id
    return {
        "picture": f"images/{split}/{name}.png",
        "image": f"geotiffs/{split}/{name}.tif",
        "annotations": f"annotations/{split}/{name}.json",
    }


def picture(pixels: Pixels) -> NDArray[np.uint8]:
    """Red, green and blue (height, width, 3); black without data, white from `WHITE` on.

    Where these bands don't go out, it is the first three that do, or the first one in grey.
    """
    bands = _NATURAL if set(_NATURAL) <= set(pixels.bands) else pixels.bands[:3]
    bands = bands if len(bands) == 3 else pixels.bands[:1] * 3
    image = pixels.image[[pixels.bands.index(band) for band in bands]]
    scale = REFLECTANCE_SCALE if image.dtype.kind == "u" else 1.0
    shades = np.clip(image * (scale / WHITE * 255), 0, 255)
    shades = np.where(image == NO_DATA, 0, np.maximum(np.rint(shades), 1))
    found: NDArray[np.uint8] = np.moveaxis(shades, 0, -1).astype(np.uint8)
    return found


def _write_picture(path: Path, shades: NDArray[np.uint8], apart: Path) -> None:
    from PIL import Image

    with written_then_renamed(path, apart=apart) as temporary:
        Image.fromarray(np.ascontiguousarray(shades)).save(temporary, format="PNG")


def _as_masks(annotation: Mapping[str, Any]) -> Json:
    return {name: value for name, value in annotation.items() if name != "polygons"}


def _as_polygons(annotation: Mapping[str, Any]) -> Json:
    found = _as_masks(annotation)
    return found if found["iscrowd"] else {**found, "segmentation": annotation["polygons"]}


def _write_split(
    path: Path, samples: Sequence[Sample], content: Content, apart: Path, form: Any
) -> None:
    """All of a split in one file, written image by image."""
    with (
        written_then_renamed(path, apart=apart) as temporary,
        temporary.open("w", encoding="utf-8") as file,
    ):
        head = json.dumps(_head(content), ensure_ascii=False)
        file.write(head[:-1] + ', "images": ')
        _write_list(file, (_image(n, one) for n, one in enumerate(samples, 1)))
        file.write(', "annotations": ')
        _write_list(file, _numbered(samples, apart, form))
        file.write("}")


def _write_list(file: IO[str], documents: Iterable[Json]) -> None:
    file.write("[")
    for number, document in enumerate(documents):
        file.write(",\n" if number else "\n")
        file.write(json.dumps(document, ensure_ascii=False))
    file.write("]")


def _numbered(samples: Sequence[Sample], folder: Path, form: Any) -> Iterator[Json]:
    """The annotations of all samples with the numbers of their images and their own."""
    number = 0
    for image_id, sample in enumerate(samples, 1):
        for annotation in _read(folder / _files(sample)["annotations"]):
            number += 1
            yield {"id": number, "image_id": image_id, **form(annotation)}


def _read(path: Path) -> list[Json]:
    try:
        found: list[Json] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise ExportError(
            f"{path}: the annotations can't be read ({err}). Delete the file and export again."
        ) from err
    return found


def _head(content: Content) -> Json:
    about = content.about
    return {
        "info": {
            "description": content.name,
            "contributor": ", ".join(about.authors),
            "year": int(max(content.years)),
            "attribution": about.attribution,
        },
        "licenses": [{"id": 1, "name": about.licence or "not given", "url": ""}],
        "categories": [
            {"id": one.value, "name": one.name, "supercategory": "", "color": list(one.colour)}
            for one in content.classes
            if one.value != BACKGROUND
        ],
    }


def _image(number: int, sample: Sample) -> Json:
    """An image: its picture in the folder of its split, its GeoTIFF, and where it lies."""
    grid = sample.grid
    return {
        "id": number,
        "file_name": f"{sample.sample_id}.png",
        "width": grid.width,
        "height": grid.height,
        "license": 1,
        "date_captured": sample.row["sensed_at"],
        "geotiff": _files(sample)["image"],
        "pair_id": sample.pair_id,
        "crs": grid.crs,
        "transform": list(tuple(grid.transform)[:6]),
    }
