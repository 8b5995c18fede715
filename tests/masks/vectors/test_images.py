"""COCO and labelme annotations beside georeferenced images."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from shapely.affinity import affine_transform

from migrate_core.errors import MaskError
from migrate_core.masks.options import AddOptions, ClassEntry
from migrate_core.masks.vectors.formats.reading import describe_vector, read_layer
from migrate_core.masks.vectors.formats.rle import rle_area
from migrate_core.masks.vectors.labels import label_polygons
from migrate_core.masks.vectors.register import VectorContext, VectorResult, vector_masks
from migrate_core.model import Acquired, Mask
from tests.support.builders import write_raster
from tests.support.vectors import DAY, UTM, only, reprojected, write_json

TURNED = Affine.translation(483_000, 4_690_000) @ Affine.rotation(20) @ Affine.scale(3, -3)
SIZE = {"height": 40, "width": 60}
NAMES = [{"id": 2, "name": "water"}, {"id": 5, "name": "mine"}]


def image(path: Path, transform: Affine | None = TURNED, crs: str | None = UTM) -> Path:
    return write_raster(path, np.zeros((40, 60), np.uint8), crs=crs, transform=transform)


def on_map(column: float, row: float, width: float, height: float) -> Any:
    a, b, c, d, e, f = tuple(TURNED)[:6]
    return affine_transform(
        shapely.box(column, row, column + width, row + height), (a, b, d, e, c, f)
    )


def ring(column: float, row: float, width: float, height: float) -> list[float]:
    points = shapely.box(column, row, column + width, row + height).exterior.coords[:-1]
    return [number for point in points for number in point]


def coco(*annotations: dict[str, Any], names: tuple[str, ...] = ("a.tif",)) -> dict[str, Any]:
    images = [{"id": number, "file_name": name, **SIZE} for number, name in enumerate(names)]
    full = [{"image_id": 0, "category_id": 2, **annotation} for annotation in annotations]
    return {"images": images, "annotations": full, "categories": NAMES}


def added(path: Path, **options: Any) -> VectorResult:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    said = AddOptions(**{"date": Acquired.parse(DAY), **options})
    place = VectorContext(path.parent / "features", {"mine": 7}, said.date)
    return vector_masks(path, digest, said, place)


def same(found: Any, expected: Any) -> bool:
    return bool(found.symmetric_difference(expected).area < 1e-6 * expected.area)


def classes_of(mask: Mask) -> Any:
    return label_polygons(mask).classes


def test_coco_polygons_lie_where_the_image_says(tmp_path: Path) -> None:
    image(tmp_path / "a.tif")
    first = {"segmentation": [ring(5, 6, 10, 12), ring(30, 6, 4, 4)]}
    second = {"segmentation": [ring(40.5, 20.25, 5, 6)], "category_id": 5}
    result = added(write_json(tmp_path / "coco.json", coco(first, second)))
    mask = only(result)
    assert mask.state == "ready", mask.problem
    assert (mask.name, mask.part, mask.georeference.crs) == ("coco.json", None, UTM)
    assert (mask.source.path, mask.georeference.origin) == (str(tmp_path / "a.tif"),) * 2
    assert dict(mask.classes.stored or {}) == {"2": 2, "5": 5}
    assert mask.classes.names == {"2": "water", "5": "mine"}
    whole = on_map(0, 0, 60, 40)
    assert mask.vector is not None
    assert same(mask.vector.area, whole)
    assert mask.extent is not None
    assert mask.extent.equals_exact(reprojected(shapely.box(*whole.bounds), UTM, "EPSG:4326"), 1e-9)
    found = classes_of(mask)
    assert same(found[2], on_map(5, 6, 10, 12).union(on_map(30, 6, 4, 4)))
    assert same(found[5], on_map(40.5, 20.25, 5, 6))


def test_each_image_of_coco_becomes_a_mask_with_its_own_annotations(tmp_path: Path) -> None:
    names = ("20200202_101532_1014.tif", "plain.tif", "empty.tif")
    for name in names:
        image(tmp_path / name)
    document = coco(
        {"segmentation": [ring(0, 0, 10, 10)]},
        {"segmentation": [ring(20, 20, 10, 10)], "image_id": 1},
        names=names,
    )
    path = write_json(tmp_path / "coco.json", document)
    result = added(path, date=None)
    first, second, empty = result.masks
    assert [mask.part for mask in result.masks] == list(names)
    assert [mask.state for mask in result.masks] == ["ready", "problem", "problem"]
    assert str(first.acquired) == "2020-02-02T10:15:32Z"
    assert "no feature lies in its area" in str(empty.problem)
    # All three lie in one place, but what is drawn on one isn't on the others.
    assert same(classes_of(first)[2], on_map(0, 0, 10, 10))
    assert same(classes_of(second)[2], on_map(20, 20, 10, 10))
    assert classes_of(empty) == {}
    assert "3 images" in str(result.note)
    allowed = added(path, allow_empty=True)
    assert [mask.state for mask in allowed.masks] == ["ready"] * 3
    assert len({mask.mask_id for mask in allowed.masks}) == 3


# (column, row) pixels 1…3 x 1…2 of an image of 4 rows and 5 columns, column by column.
RUNS = [5, 2, 2, 2, 2, 2, 5]


def compressed(counts: list[int]) -> str:
    """pycocotools' rleToString, in Python."""
    text = ""
    for index, count in enumerate(counts):
        number = count - counts[index - 2] if index > 2 else count
        more = True
        while more:
            code = number & 0x1F
            number >>= 5
            more = number != -1 if code & 0x10 else number != 0
            text += chr((code | 0x20 if more else code) + 48)
    return text


@pytest.mark.parametrize("counts", [RUNS, compressed(RUNS)], ids=["counts", "compressed"])
def test_run_lengths_go_down_the_columns(counts: Any) -> None:
    found = rle_area({"counts": counts, "size": [4, 5]}, (4, 5))
    assert found is not None
    assert found.equals(shapely.box(1, 1, 4, 3))


def test_compressed_counts_of_any_length_are_read() -> None:
    pixels = (np.random.default_rng(3).random((50, 70)) > 0.5).astype(int)
    pixels[:, 20:60] = 1
    flat = pixels.T.ravel()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat])))
    counts = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    found = rle_area({"counts": compressed(counts), "size": [50, 70]}, (50, 70))
    assert found is not None
    assert found.area == pixels.sum()
    row, column = np.nonzero(pixels)
    assert shapely.contains_xy(found, column + 0.5, row + 0.5).all()


@pytest.mark.parametrize(
    "encoded",
    [
        {"counts": [5, 2], "size": [4, 5]},
        {"counts": [25, -5], "size": [4, 5]},
        {"counts": [10, 10], "size": [5, 4]},
        {"counts": "~~~~", "size": [4, 5]},
        {"counts": None, "size": [4, 5]},
        {"counts": ["a"], "size": [4, 5]},
        [1],
    ],
)
def test_run_lengths_that_do_not_fit_the_image_are_none(encoded: Any) -> None:
    assert rle_area(encoded, (4, 5)) is None


def test_crowds_are_areas_of_their_class(tmp_path: Path) -> None:
    image(tmp_path / "a.tif")
    runs = [40 * 10 + 5, 20, 40 * 50 - 25]
    crowd = {"segmentation": {"counts": runs, "size": [40, 60]}, "iscrowd": 1}
    mask = only(added(write_json(tmp_path / "coco.json", coco(crowd))))
    assert same(classes_of(mask)[2], on_map(10, 5, 1, 20))


def test_boxes_without_outline_are_refused_or_unknown(tmp_path: Path) -> None:
    image(tmp_path / "a.tif")
    box = {"bbox": [2, 3, 10, 5], "segmentation": []}
    path = write_json(tmp_path / "coco.json", coco(box))
    with pytest.raises(MaskError, match=r"coco\.json: its 1 annotations are boxes without"):
        added(path)
    drawn = {"segmentation": [ring(30, 10, 10, 10)]}
    result = added(write_json(tmp_path / "coco.json", coco(box, drawn)))
    assert same(label_polygons(only(result)).unknown, on_map(2, 3, 10, 5))
    assert "annotation 1 is a box without outline" in result.problems[0].message


def test_annotations_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    image(tmp_path / "a.tif")
    document = coco({"segmentation": [[1, 2]]}, {"segmentation": [ring(0, 0, 9, 9)]}, {})
    result = added(write_json(tmp_path / "coco.json", document))
    (problem,) = result.problems
    assert "annotation 1 has no outline" in problem.message
    assert "annotation 3 has no outline" in problem.message


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda _: None, "Its image a.tif is neither beside coco.json"),
        (lambda folder: image(folder / "a.tif", None, None), "has no georeference"),
        (
            lambda folder: write_raster(folder / "a.tif", np.zeros((4, 6), np.uint8)),
            "has 6 x 4 pixels, but it was drawn on one of 60 x 40",
        ),
    ],
)
def test_an_image_that_does_not_place_the_polygons_is_a_problem(
    prepare: Any, reason: str, tmp_path: Path
) -> None:
    prepare(tmp_path)
    path = write_json(tmp_path / "coco.json", coco({"segmentation": [ring(0, 0, 9, 9)]}))
    mask = only(added(path))
    assert mask.state == "problem"
    assert mask.vector is None
    assert reason in str(mask.problem)
    assert "--image" in str(mask.problem)


def test_images_are_found_in_the_folder_of_the_option_also_by_stem(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    image(folder / "sub" / "a.png", None, None)
    image(folder / "sub" / "a.tif")
    document = coco({"segmentation": [ring(0, 0, 9, 9)]}, names=("sub/a.png",))
    path = write_json(tmp_path / "coco.json", document)
    assert only(added(path, image=folder)).source.path == str(folder / "sub" / "a.tif")
    other = image(tmp_path / "other.tif")
    assert only(added(path, image=other)).source.path == str(other)


def test_an_image_path_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    outside = image(tmp_path / "secret.tif")
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "linked.tif").symlink_to(outside)
    for name in ("../secret.tif", str(outside), "..\\secret.tif", "linked.tif"):
        document = {"imagePath": name, "shapes": [], **SIZE}
        mask = only(added(write_json(folder / "x.json", document)))
        assert "is neither beside x.json" in str(mask.problem), name


def labelme(*shapes: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "5.0",
        "imagePath": "..\\pictures\\a.tif",
        "imageData": "not looked at",
        "imageHeight": 40,
        "imageWidth": 60,
        "shapes": list(shapes),
    }


def test_labelme_shapes_become_classes_by_label(tmp_path: Path) -> None:
    image(tmp_path / "a.tif")
    points = [[5, 5], [15, 5], [15, 15], [5, 15]]
    document = labelme(
        {"label": "water", "points": points, "shape_type": "polygon"},
        {"label": "mine", "points": [[50, 30], [40, 20]], "shape_type": "rectangle"},
        {"label": "water", "points": [[30, 20], [34, 20]], "shape_type": "circle"},
        {"label": "__ignore__", "points": [[0, 30], [9, 39]], "shape_type": "rectangle"},
        {"label": "_background_", "points": [[41, 21], [43, 23]], "shape_type": "rectangle"},
        {"label": "path", "points": points, "shape_type": "linestrip"},
        {"label": "x", "points": [[20, 0], [24, 4]], "shape_type": "mask", "mask": "iVBOR"},
    )
    path = write_json(tmp_path / "x.json", document)
    result = added(path, classes=(ClassEntry(None, "water", "#0000ff"),))
    mask = only(result)
    assert mask.state == "ready", mask.problem
    # mine is known to be 7 from files before, water gets the lowest that is free.
    assert mask.classes.stored is not None
    assert mask.classes.stored["_background_"] == 0
    assert (mask.classes.stored["mine"], mask.classes.stored["water"]) == (7, 1)
    assert mask.classes.colours == {"water": "#0000ff"}
    found = label_polygons(mask)
    assert same(found.classes[7], on_map(40, 20, 10, 10).difference(on_map(41, 21, 2, 2)))
    # A circle of radius 4 in pixels of 3 m, beside the square.
    assert found.classes[1].area == pytest.approx(900 + np.pi * 12**2, rel=1e-3)
    assert same(found.unknown, on_map(0, 30, 9, 9).union(on_map(20, 0, 4, 4)))
    (problem,) = result.problems
    assert "shape 6 (linestrip) is no area" in problem.message
    assert "shape 7 is an image of a mask" in problem.message


def test_annotations_have_no_columns_and_are_no_layer(tmp_path: Path) -> None:
    path = write_json(tmp_path / "coco.json", coco())
    assert describe_vector(path).columns == ()
    with pytest.raises(MaskError, match=r"coco\.json: COCO annotations lie on images"):
        read_layer(path)
    with pytest.raises(MaskError, match="name no file"):
        added(write_json(tmp_path / "none.json", {"images": [], "annotations": []}))


def test_names_of_images_that_are_odd_or_twice_there_are_told_apart(tmp_path: Path) -> None:
    image(tmp_path / "a.tif")
    names = ("a.tif", "a.tif", "b\n\0.tif", "c" * 300 + ".tif", "")
    result = added(write_json(tmp_path / "coco.json", coco(names=names)), allow_empty=True)
    parts = [str(mask.part) for mask in result.masks]
    assert parts == ["a.tif", "a.tif (2)", "b .tif", "c" * 80, "image"]
    assert [mask.state for mask in result.masks] == ["ready"] * 2 + ["problem"] * 3
    assert len({mask.mask_id for mask in result.masks}) == 5


@pytest.mark.parametrize("odd", [[1], {"a": 1}, None, True, "5", 1e400])
def test_odd_values_in_annotations_end_in_a_message_not_a_crash(odd: Any, tmp_path: Path) -> None:
    image(tmp_path / "a.tif")
    good = {"segmentation": [ring(0, 0, 9, 9)]}
    for change in (
        {"image_id": odd},
        {"category_id": odd},
        {"segmentation": odd},
        {"segmentation": [odd]},
        {"bbox": odd, "segmentation": None},
        {"segmentation": {"counts": odd, "size": odd}},
    ):
        mask = only(added(write_json(tmp_path / "coco.json", coco(good, {**good, **change}))))
        assert set(classes_of(mask)) == {2}
