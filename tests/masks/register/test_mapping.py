"""The table of images and dates that goes with masks."""

from pathlib import Path

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.masks.dates.names import read_dates, read_mapping
from migrate_core.model import Acquired
from tests.support.builders import write_raster
from tests.support.masks import PIXELS, image, run


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "mapping.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_columns_are_read_whatever_separates_them(tmp_path: Path, encoding: str, sign: str) -> None:
    image(tmp_path, "i.tif")
    lines = ["date,IMAGE,Mask", "2020-02-02,i.tif,a.png", ",,", ",,b.png", "2020-02-03,,c"]
    rows = read_mapping(table(tmp_path, "\r\n".join(lines).replace(",", sign), encoding))
    assert {key: (row.image, row.date) for key, row in rows.items()} == {
        "a.png": (tmp_path / "i.tif", Acquired.parse("2020-02-02")),
        "b.png": (None, None),
        "c": (None, Acquired.parse("2020-02-03")),
    }


def test_paths_count_from_the_table_or_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tables").mkdir()
    for name in ("tables/a/i.tif", "here/i.tif"):
        write_raster(tmp_path / name, PIXELS)
    monkeypatch.chdir(tmp_path)
    text = "mask,image\nx,a/i.tif\ny,here/i.tif\nz,../here/i.tif\nw,none.tif\n"
    rows = read_mapping(table(tmp_path / "tables", text))
    assert [str(row.image.relative_to(tmp_path)) for row in rows.values() if row.image] == [
        "tables/a/i.tif",
        "here/i.tif",
        "here/i.tif",
        "tables/none.tif",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("mask,image,date\n", "no rows"),
        ("image,date\ni.tif,2020-02-02\n", "mask"),
        ("mask,other\na,b\n", "`image` or"),
        ("mask,date\na,soon\n", "line 2: 'soon' is not a date"),
        ("mask,date\na,2020-02-02\na,2020-02-03\n", "line 3: a is there twice"),
        ("mask,date\n,2020-02-03\n", "line 2: the line names no mask"),
        ("mask,date\na,2020-02-05/2020-02-02\n", "line 2"),
    ],
)
def test_a_table_that_can_not_be_meant_is_told_with_its_line(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(WrongUseError, match=reason):
        read_mapping(table(tmp_path, text))


def test_a_table_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mapping.csv"
    path.write_bytes(b"\xff\xfe\0\x01")
    with pytest.raises(WrongUseError, match="can't be read as a CSV table"):
        read_mapping(path)
    path.write_text("mask,date\n" + "x" * 200_000)
    with pytest.raises(WrongUseError, match="can't be read as a CSV table"):
        read_dates(path)


def test_masks_of_one_name_in_two_folders_are_told_apart_by_path(tmp_path: Path) -> None:
    for number, name in enumerate(("north", "south")):
        write_raster(tmp_path / name / "mask.png", PIXELS * (number + 1), crs=None)
        image(tmp_path / name, "image.tif")
    text = (
        "mask,image,date\nnorth/mask.png,north/image.tif,2020-02-02\n"
        f"{tmp_path}/south/mask.png,south/image.tif,2020-02-03\n"
    )
    paths = (tmp_path / "north" / "mask.png", tmp_path / "south" / "mask.png")
    answer = run(
        tmp_path / "w", "masks", "add", *paths, "--mapping", table(tmp_path, text), "--json"
    )
    assert answer.status == 0
    assert [row["acquired"] for row in answer.document] == ["2020-02-02", "2020-02-03"]
    assert [Path(row["image"]).parent.name for row in answer.document] == ["north", "south"]


def test_rows_that_do_not_fit_and_images_that_are_not_there_stop_nothing(tmp_path: Path) -> None:
    write_raster(tmp_path / "masks" / "a.png", PIXELS, crs=None)
    write_raster(tmp_path / "masks" / "b.png", PIXELS, crs=None)
    image(tmp_path, "i.tif")
    text = "mask,image,date\na,i.tif,2020-02-02\nb.png,none.tif,2020-02-02\nc.png,i.tif,\n"
    answer = run(
        tmp_path / "w", "masks", "add", tmp_path / "masks", "--mapping", table(tmp_path, text),
        "--json",
    )  # fmt: skip
    assert answer.status == 1
    assert {row["name"]: row["state"] for row in answer.document} == {
        "a.png": "ready",
        "b.png": "problem",
    }
    assert "none.tif" in answer.said
    assert "c.png: the mapping names it, but no mask that was added has this name" in answer.said
