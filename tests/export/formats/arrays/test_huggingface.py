"""The format `huggingface`, loaded with `datasets`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from migrate_core.errors import JobCancelledError
from migrate_core.export.dataset import export_dataset
from migrate_core.export.formats.arrays.columns import schema
from migrate_core.export.formats.base import ClassOfLabel, Content
from migrate_core.export.request import AboutDataset, ChipOptions, ExportRequest, PixelOptions
from migrate_core.export.samples.pixels import PixelReader
from tests.support.arrays import digests, export_killed, pixels_equal
from tests.support.exports import CLASSES, Exportable, exportable

pytestmark = pytest.mark.usefixtures("plots_undrawn")

SIZE = 32
CHIPS = ChipOptions(SIZE, SIZE)
# Seven chips of 12 bands with label and quality, not compressed.
FEW = 7 * SIZE * SIZE * (2 * 12 + 2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate_core.export.formats.arrays.shards.SHARD_BYTES", FEW)


def export(made: Exportable, to: Path, **wanted: Any) -> int:
    wanted.setdefault("chips", CHIPS)
    return made.export(to, "huggingface", **wanted).samples["huggingface"]


def load(to: Path, cache: str = "cache") -> Any:
    return datasets.load_dataset(str(to / "huggingface"), cache_dir=str(to.parent / cache))


def rows(loaded: Any) -> list[dict[str, Any]]:
    """All rows of all splits, pixels in the data type of their features."""
    found = []
    for split, part in loaded.items():
        dtypes = {
            name: feature.dtype
            for name, feature in part.features.items()
            if "Array" in repr(feature)
        }
        for row in part.with_format("numpy"):
            assert all(np.issubdtype(row[name].dtype, np.number) for name in dtypes)
            arrays = {name: row[name].astype(dtype) for name, dtype in dtypes.items()}
            found.append({**row, **arrays, "split": split})
    return found


def test_each_chip_is_a_row_with_the_pairs_own_pixels(made: Exportable, tmp_path: Path) -> None:
    count = export(made, tmp_path / "out", pixels=PixelOptions(label="both"))
    found = rows(load(tmp_path / "out"))
    assert len({row["sample_id"] for row in found}) == len(found) == count == 28
    for row in found:
        for name in ("image", "label", "fractions", "quality"):
            assert pixels_equal(made, row["sample_id"], name, row[name], SIZE)
    assert {row["split"] for row in found} == {"train", "val", "test"}


def test_features_have_shapes_and_the_names_of_classes(made: Exportable, tmp_path: Path) -> None:
    export(made, tmp_path / "out", pixels=PixelOptions(bands=("B08", "B04"), label="both"))
    features = load(tmp_path / "out")["train"].features
    assert features["image"] == datasets.Array3D((2, SIZE, SIZE), "uint16")
    assert features["label"] == datasets.Array2D((SIZE, SIZE), "uint8")
    assert features["fractions"] == datasets.Array3D((3, SIZE, SIZE), "float32")
    classes = features["classes"].feature
    assert {classes.str2int(name): name for name in classes.names} == dict(CLASSES)


def test_parquet_alone_and_the_card_say_the_same_features(made: Exportable, tmp_path: Path) -> None:
    export(made, tmp_path / "out", pixels=PixelOptions(label="both"))
    folder = tmp_path / "out" / "huggingface"
    alone = datasets.load_dataset(
        "parquet", data_files=str(folder / "data" / "val-*.parquet"), cache_dir=str(tmp_path / "c")
    )
    head = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    told = datasets.Features._from_yaml_list(head["dataset_info"]["features"])
    assert alone["train"].features == told
    assert head["dataset_info"]["splits"][1]["num_examples"] == len(alone["train"])


def test_chosen_bands_as_reflectance(made: Exportable, tmp_path: Path) -> None:
    export(made, tmp_path / "out", pixels=PixelOptions(bands=("B08", "B04"), values="float32"))
    loaded = load(tmp_path / "out")
    assert loaded["train"].features["image"].dtype == "float32"
    for row in rows(loaded):
        pair = row["sample_id"][:-14]
        image = np.zeros((2, SIZE, SIZE), np.uint16)
        part = made.read(pair, "image")[[7, 3], row["row"] :, row["column"] :][:, :SIZE, :SIZE]
        image[:, : part.shape[1], : part.shape[2]] = part
        assert np.array_equal(row["image"], (image * 1e-4).astype(np.float32))


def test_only_area_shares_go_out_when_asked_for(made: Exportable, tmp_path: Path) -> None:
    export(made, tmp_path / "out", pixels=PixelOptions(label="fractions"))
    row = load(tmp_path / "out")["train"][0]
    assert "label" not in row
    assert set(row["classes"]) <= set(CLASSES)


@pytest.mark.usefixtures("small_shards")
def test_shards_are_bounded_and_stream_in_groups_of_rows(
    made: Exportable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "migrate_core.export.formats.arrays.huggingface._ROW_GROUP_BYTES", 3 * FEW // 7
    )
    count = export(made, tmp_path / "out")
    files = sorted((tmp_path / "out" / "huggingface" / "data").iterdir())
    assert [file.name for file in files if "train" in file.name] == [
        "train-00000.parquet",
        "train-00001.parquet",
        "train-00002.parquet",
    ]
    groups = pq.ParquetFile(files[-1].parent / "train-00000.parquet").metadata
    assert [groups.row_group(number).num_rows for number in range(groups.num_row_groups)] == [
        3,
        3,
        1,
    ]
    streamed = datasets.load_dataset(str(tmp_path / "out" / "huggingface"), streaming=True)
    assert streamed["train"].num_shards == 3
    seen = {row["sample_id"] for split in streamed.values() for row in split.with_format("numpy")}
    assert len(seen) == count


@pytest.mark.usefixtures("small_shards")
def test_a_killed_export_is_readable_and_goes_on(made: Exportable, tmp_path: Path) -> None:
    export_killed(made, tmp_path / "out", "huggingface", after=16, limit=FEW)
    files = sorted((tmp_path / "out" / "huggingface" / "data").glob("*.parquet"))
    assert [file.name for file in files] == ["train-00000.parquet", "train-00001.parquet"]
    there = datasets.load_dataset(
        "parquet", data_files=[str(file) for file in files], cache_dir=str(tmp_path / "cache0")
    )
    assert len(there["train"]) == 14
    again = made.export(tmp_path / "out", "huggingface", chips=CHIPS)
    assert again.rewritten == 3
    made.export(tmp_path / "once", "huggingface", chips=CHIPS)
    once, twice = (digests(tmp_path / name / "huggingface" / "data") for name in ("once", "out"))
    assert once == twice
    assert len(rows(load(tmp_path / "out"))) == 28


@pytest.mark.usefixtures("small_shards")
def test_an_export_of_other_values_that_is_killed_mixes_nothing(
    made: Exportable, tmp_path: Path
) -> None:
    export(made, tmp_path / "out")
    export_killed(made, tmp_path / "out", "huggingface", after=9, limit=FEW, values="float32")
    loaded = load(tmp_path / "out")
    assert {split: len(part) for split, part in loaded.items()} == {"train": 9}
    assert loaded["train"].features["image"].dtype == "float32"


@pytest.mark.usefixtures("small_shards")
def test_a_cancelled_export_loads_with_what_is_there(made: Exportable, tmp_path: Path) -> None:
    export(made, tmp_path / "out")
    cancel_after(made, tmp_path / "out", 10, "float32")
    loaded = load(tmp_path / "out")
    assert {split: len(part) for split, part in loaded.items()} == {"train": 12}


def test_class_numbers_are_the_values_of_labels_also_with_gaps(made: Exportable) -> None:
    reader = PixelReader(made.workspace, PixelOptions(), ("B04",), (0, 3, 5))
    colour = (1, 2, 3)
    classes = tuple(
        ClassOfLabel(value, name, colour)
        for value, name in ((0, "background"), (3, "quarry"), (5, "quarry"))
    )
    content = Content((), reader, classes, "gaps", ("2020",), chip_size=SIZE)
    feature = datasets.Features.from_arrow_schema(schema(content))["classes"].feature
    assert [feature.int2str(value) for value in (0, 3, 5)] == [
        "background",
        "quarry (3)",
        "quarry (5)",
    ]
    assert len(feature.names) == 6


def cancel_after(made: Exportable, to: Path, count: int, values: str) -> None:
    def progress(finished: int, total: int) -> None:
        if finished >= count:
            raise JobCancelledError("stop")

    request = ExportRequest(
        to, formats=("huggingface",), chips=CHIPS, pixels=PixelOptions(values=values)
    )
    with pytest.raises(JobCancelledError):
        export_dataset(made.store, made.workspace, request, progress)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("CC-BY-4.0", {"license": "cc-by-4.0"}),
        ("ODbL-1.0", {"license": "odbl"}),
        ("ask us: first", {"license": "other", "license_name": "ask us: first"}),
    ],
)
def test_the_card_has_title_and_licence_as_the_hub_knows_them(
    made: Exportable, tmp_path: Path, given: str, expected: dict[str, str]
) -> None:
    title = 'Quarries: "é" \x85 #1'
    export(made, tmp_path / "out", about=AboutDataset(title=title, licence=given))
    text = (tmp_path / "out" / "huggingface" / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["pretty_name"] == title
    assert {name: value for name, value in head.items() if name.startswith("license")} == expected
    assert "Contains modified Copernicus Sentinel data 2020" in text
