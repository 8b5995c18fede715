"""Files that would do harm, or aren't what they say: each is refused in words, none is followed."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import rasterio

from tests.support.builders import UTM31, north_up, write_raster
from tests.support.masks import NAME, PIXELS, Answer, good, problem_of, run, world_file

BOMB = '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><PAMDataset>&z;</PAMDataset>'
VRT = '<VRTDataset rasterXSize="30" rasterYSize="20"><SourceFilename>/etc/passwd</SourceFilename>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good mask, which must be registered whatever lies beside it."""
    write_raster(tmp_path / "masks" / "good_20200120.tif", PIXELS)
    return tmp_path / "masks"


def add(folder: Path, *options: object) -> Answer:
    """Add the folder: the good mask must be there, and something must be told."""
    answer = run(folder.parent / "workspace", "masks", "add", folder, *options, "--json")
    states = {row["name"]: row["state"] for row in answer.document}
    assert states["good_20200120.tif"] == "ready"
    assert answer.status == 1
    return answer


# names and kinds


def test_a_line_break_in_a_name_is_refused(folder: Path) -> None:
    write_raster(folder / "x.tif", PIXELS).rename(folder / "a\nb_20200120.tif")
    answer = add(folder)
    assert "'a\\nb_20200120.tif': its name has a line break" in answer.said
    assert "Rename it" in answer.said


@pytest.mark.parametrize(
    "place", [b"a\xff_20200120.tif", b"s\xff/20200120.tif", b"s\n/20200120.tif"]
)
def test_names_that_can_not_be_written_are_refused(folder: Path, place: bytes) -> None:
    target = os.path.join(os.fsencode(folder), place)  # noqa: PTH118 - no text
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    os.rename(write_raster(folder / "x.tif", PIXELS), target)  # noqa: PTH104
    assert "Rename" in add(folder).said


def test_a_name_as_long_as_names_can_be_is_taken(tmp_path: Path) -> None:
    path = write_raster(tmp_path / f"20200120_{'a' * 242}.tif", PIXELS)
    assert len(path.name) == 255
    assert good(path).classes.stored == {"0": 0, "1": 1}


def test_links_to_files_and_folders_are_refused_unless_they_are_wanted(
    folder: Path, tmp_path: Path
) -> None:
    secret = write_raster(tmp_path / "secret" / "other_20200120.tif", 2 * PIXELS)
    (folder / "link.tif").symlink_to(secret)
    (folder / "sub").symlink_to(secret.parent)
    answer = add(folder)
    assert [row["name"] for row in answer.document] == ["good_20200120.tif"]
    for name in ("link.tif", "sub"):
        assert f"Problem: {name}: it is a symbolic link to" in answer.said
    assert "--follow-links" in answer.said
    wanted = run(tmp_path / "w", "masks", "add", folder, "--follow-links", "--date", DAY, "--json")
    assert wanted.status == 0
    assert {row["name"] for row in wanted.document} >= {"good_20200120.tif", "other_20200120.tif"}


DAY = "2020-01-20"


def test_a_folder_that_is_a_link_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    answer = run(tmp_path / "w", "masks", "add", tmp_path / "link", "--json")
    assert (answer.status, answer.document) == (1, [])
    assert "link: it is a symbolic link" in answer.said


def test_links_in_a_circle_come_to_an_end(folder: Path, tmp_path: Path) -> None:
    (folder / "again").symlink_to(folder)
    answer = run(tmp_path / "w", "masks", "add", folder, "--follow-links", "--json")
    assert (answer.status, len(answer.document)) == (0, 1)


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe_20200120.tif")
    os.mkfifo(folder / "good_20200120.json")
    os.mkfifo(folder / "good_20200120.prj")
    os.mkfifo(folder / "good_20200120.qml")
    assert "pipe_20200120.tif: it can't be opened (it is a pipe" in add(folder).said


def test_a_folder_named_like_a_file_is_a_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "folder.tif").mkdir()
    answer = run(tmp_path / "w", "masks", "add", folder, "--json")
    assert (answer.status, len(answer.document)) == (0, 1)


def test_several_files_of_nothing_are_named_each(folder: Path) -> None:
    for name in ("none_20200120.tif", "none_20200120.png", "sub/none_20200120.tif"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    answer = add(folder)
    assert len(answer.document) == 4
    problems = [line for line in answer.said.splitlines() if line.startswith("Problem: ")]
    assert len(problems) == 3
    assert all("the file is empty" in line for line in problems)
    assert answer.said.count("the file is empty") == 3
    assert "1 added, 3 can't be read" in answer.said


# contents


@pytest.mark.parametrize("suffix", ["tif", "png", "jpg"])
def test_a_description_of_other_files_in_disguise_is_refused(folder: Path, suffix: str) -> None:
    (folder / f"vrt_20200120.{suffix}").write_text(VRT)
    answer = add(folder)
    assert f"vrt_20200120.{suffix}: it can't be opened as" in answer.said


@pytest.mark.parametrize(
    ("suffix", "content", "reason"),
    [
        (".tif.aux.xml", BOMB, "EntitiesForbidden"),
        (".xml", BOMB, "EntitiesForbidden"),
        ("_metadata.xml", BOMB, "EntitiesForbidden"),
        (".qml", BOMB, "EntitiesForbidden"),
        (".tif.aux.xml", "<PAMDataset>", "isn't proper XML"),
        (".tif.aux.xml", '<P><MDI key="OVERVIEW_FILE">/etc/passwd</MDI></P>', "/etc/passwd"),
        (".tif.msk", VRT, "isn't a TIFF"),
        (".tif.ovr", VRT, "isn't a TIFF"),
        (".qml", "<qgis>" + " " * 21_000_000, "21 MB"),
    ],
)
def test_what_lies_beside_a_mask_is_looked_at_first(
    folder: Path, suffix: str, content: str, reason: str
) -> None:
    write_raster(folder / "bad_20200120.tif", 3 * PIXELS)
    (folder / f"bad_20200120{suffix}").write_text(content)
    answer = add(folder)
    assert "Problem: bad_20200120.tif: " in answer.said
    assert reason in answer.said
    assert "Remove" in answer.said


def test_a_style_with_a_doctype_of_qgis_is_harmless(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS)
    path.with_suffix(".qml").write_text(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis><paletteEntry value='1' "
        "label='water' color='#0000ff'/></qgis>"
    )
    assert good(path).classes.names == {"1": "water"}


@pytest.mark.parametrize("content", ["[" * 200_000, '{"properties": [1]}', "\0", "{" * 9])
def test_metadata_that_are_none_say_nothing(tmp_path: Path, content: str) -> None:
    path = write_raster(tmp_path / NAME, PIXELS)
    path.with_suffix(".json").write_text(content)
    assert str(good(path).acquired) == "2020-01-20"


def test_a_header_of_a_hundred_gigapixels_is_refused_at_once(folder: Path) -> None:
    fields = [(256, 4, 400_000), (257, 4, 250_000), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    fields += [(273, 4, 8), (277, 3, 1), (278, 4, 250_000), (279, 4, 100)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in fields)
    header = b"II*\0" + struct.pack("<IH", 8, len(fields)) + entries + bytes(4)
    (folder / "huge_20200120.tif").write_bytes(header)
    assert "400000 x 250000 pixels, 100.0 gigapixels" in add(folder).said


def test_a_file_of_a_hundred_gigabytes_is_not_read_to_its_end(folder: Path) -> None:
    with (folder / "holes_20200120.tif").open("wb") as file:
        file.write(b"II*\0")
        file.truncate(100_000_000_000)
    assert "holes_20200120.tif: it has 100 GB" in add(folder).said


def test_tiles_too_far_apart_for_one_mask_are_refused(folder: Path, tmp_path: Path) -> None:
    far = tmp_path / "far_20200120"
    for number in (0, 1):
        transform = north_up(482_820 + 300_000 * number, 4_690_320 - 1_200_000 * number)
        write_raster(far / f"{number}.tif", PIXELS, transform=transform)
    answer = run(tmp_path / "w", "masks", "add", far, "--mosaic", "--json")
    assert answer.status == 1
    assert "100030 x 400020 pixels" in answer.said


@pytest.mark.parametrize("suffix", ["tif", "png", "jpg"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_file_is_damaged_not_classes(tmp_path: Path, suffix: str, share: float) -> None:
    pixels = np.random.default_rng(1).integers(0, 5, (400, 400)).astype(np.uint8)
    pixels = pixels * np.uint8(60) if suffix == "jpg" else pixels
    path = write_raster(tmp_path / f"20200120.{suffix}", pixels, crs=None)
    world_file(path.with_suffix(".wld"))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    problem = problem_of(path, crs=UTM31, threshold=100 if suffix == "jpg" else None)
    assert "damaged" in problem or "can't be opened" in problem


def test_every_beginning_of_a_file_is_refused_or_read(tmp_path: Path) -> None:
    whole = write_raster(tmp_path / "whole.tif", PIXELS, compress="deflate").read_bytes()
    path = tmp_path / NAME
    for end in range(0, len(whole) - 1, max(1, len(whole) // 60)):
        path.write_bytes(whole[:end])
        assert problem_of(path).startswith(NAME)


def test_damaged_bytes_never_end_the_command(tmp_path: Path) -> None:
    whole = bytearray(write_raster(tmp_path / "whole.tif", PIXELS, compress="lzw").read_bytes())
    random = np.random.default_rng(2)
    folder = tmp_path / "masks"
    folder.mkdir()
    for number in range(30):
        damaged = whole.copy()
        for place in random.integers(0, len(whole), 6):
            damaged[place] = random.integers(0, 256)
        (folder / f"{number}_20200120.tif").write_bytes(damaged)
    answer = run(tmp_path / "w", "masks", "add", folder, "--json")
    assert len(answer.document) == 30
    for row in answer.document:
        assert row["state"] == "ready" or row["name"] in row["problem"]


def test_tags_and_names_of_another_encoding_are_passed_over(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "mask.tif", PIXELS)
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(TIFFTAG_SOFTWARE="Zzzzzz", ACQUISITIONDATETIME="qqqqq")
    content = path.read_bytes().replace(b"Zzzzzz", b"Z\xe9zzzz").replace(b"qqqqq", b"q\xff\xfeqq")
    path.write_bytes(content)
    assert "It has no date" in problem_of(path)
