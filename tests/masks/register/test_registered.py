"""Which mask a file is: another path is another mask, whatever its name and content."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from PIL import Image
from shapely.geometry import box

from migrate_core.masks.options import AddOptions
from migrate_core.masks.raster.identity import canonical_path
from migrate_core.masks.register.rasters import read_pending, register_headers
from migrate_core.masks.register.uploads import Uploads, save_uploads
from migrate_core.model import Acquired, Mask
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace
from tests.masks.register.test_uploads import Sent, archive
from tests.support.builders import NORTH, WEST, north_up, write_raster
from tests.support.masks import NOW, PIXELS, Answer, image, inspected, run

Write = Callable[[Path], Path]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def store(workspace: Path) -> Iterator[Store]:
    opened = open_store(Workspace(workspace))
    yield opened
    opened.engine.dispose()


def add(workspace: Path, *words: object) -> Answer:
    """`masks add` that must end with status 0."""
    answer = run(workspace, "masks", "add", *words, "--json")
    assert answer.status == 0, answer.said
    return answer


def dates(store: Store) -> dict[str, str]:
    """The date of each mask by the folder of its file, which must be its own."""
    masks = store.masks()
    found = {Path(mask.path).parent.name: str(mask.acquired) for mask in masks}
    assert len(found) == len(masks)
    return found


def ids(store: Store) -> dict[str, str]:
    return {Path(mask.path).parent.name: mask.mask_id for mask in store.masks()}


def tiff(folder: Path) -> Path:
    return write_raster(folder / "classes.tif", PIXELS)


def png_with_world_file(folder: Path) -> Path:
    folder.mkdir(parents=True)
    Image.fromarray(PIXELS).save(folder / "classes.png")
    (folder / "classes.pgw").write_text("3\n0\n0\n-3\n480001.5\n4689998.5\n")
    return folder / "classes.png"


def layer(folder: Path) -> Path:
    """Two features 50 km apart, each of which is a mask."""
    folder.mkdir(parents=True)
    squares = [box(WEST + x, NORTH, WEST + x + 90, NORTH + 90) for x in (0, 50_000)]
    frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=squares, crs="EPSG:32631")
    frame.to_file(folder / "classes.geojson", driver="GeoJSON")
    return folder / "classes.geojson"


@pytest.mark.parametrize("order", [("y2020", "y2021"), ("y2021", "y2020")])
@pytest.mark.parametrize("write", [tiff, png_with_world_file])
def test_the_same_file_in_two_folders_is_two_masks(
    workspace: Path, store: Store, tmp_path: Path, write: Write, order: Sequence[str]
) -> None:
    for folder in order:
        write(tmp_path / folder)
    for folder in order:
        last = add(workspace, tmp_path / folder, "--date", f"{folder[1:]}-05-27", "--crs", 32631)
    assert dates(store) == {"y2020": "2020-05-27", "y2021": "2021-05-27"}
    assert "is an exact copy of" in last.said
    assert str(tmp_path / order[0]) in last.said


def test_both_folders_in_one_command_are_two_masks_with_dates_by_folder(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    for folder in ("y2020", "y2021"):
        tiff(tmp_path / folder)
    table = tmp_path / "dates.csv"
    table.write_text("mask,date\ny2020/classes.tif,2020-05-27\ny2021/classes.tif,2021-05-27\n")
    add(workspace, tmp_path / "y2020", tmp_path / "y2021", "--dates", table)
    assert dates(store) == {"y2020": "2020-05-27", "y2021": "2021-05-27"}


def test_a_pattern_with_a_folder_finds_the_date_of_the_folder(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    for folder in ("2020-05-27", "2021-05-27"):
        tiff(tmp_path / folder)
    places = [tmp_path / folder for folder in ("2020-05-27", "2021-05-27")]
    add(workspace, *places, "--date-pattern", "*/YYYY-MM-DD/*")
    assert dates(store) == {day: day for day in ("2020-05-27", "2021-05-27")}


def test_a_row_of_dates_that_fits_two_files_is_a_problem_and_not_used(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    for folder in ("y2020", "y2021"):
        tiff(tmp_path / folder)
    table = tmp_path / "dates.csv"
    table.write_text("mask,date\nclasses.tif,2020-05-27\n")
    answer = run(
        workspace, "masks", "add", tmp_path / "y2020", tmp_path / "y2021", "--dates", table
    )
    assert answer.status == 1
    assert "a table names it once, but 2 files have this name" in answer.said
    assert dates(store) == {"y2020": "None", "y2021": "None"}


def test_each_feature_of_a_copied_layer_is_a_mask_of_its_own(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    first = layer(tmp_path / "y2020")
    (tmp_path / "y2021").mkdir()
    shutil.copy(first, tmp_path / "y2021")
    for year in (2020, 2021):
        answer = add(workspace, tmp_path / f"y{year}", "--date", f"{year}-05-27", "--margin", 50)
    found = [(Path(m.path).parent.name, m.part, str(m.acquired)) for m in store.masks()]
    assert sorted(found) == [
        (f"y{year}", part, f"{year}-05-27") for year in (2020, 2021) for part in ("1", "2")
    ]
    assert "2 masks have the name and content of others elsewhere" in answer.said
    # Moved, with the date that a person gave.
    (tmp_path / "new").mkdir()
    before = {m.mask_id for m in store.masks()}
    (tmp_path / "y2020").rename(tmp_path / "new" / "y2020")
    answer = add(workspace, tmp_path / "new", "--margin", 50)
    assert "2 masks were moved" in answer.said
    assert {m.mask_id for m in store.masks()} == before
    moved = [m for m in store.masks() if "new" in m.path]
    assert [str(m.acquired) for m in moved] == ["2020-05-27", "2020-05-27"]


def test_tiles_of_two_folders_are_two_masks(workspace: Path, store: Store, tmp_path: Path) -> None:
    for folder in ("a/tiles", "b/tiles"):
        for number in range(2):
            place = north_up(WEST + 90 * number)
            write_raster(tmp_path / folder / f"{number}.tif", PIXELS, transform=place)
        add(workspace, tmp_path / folder, "--mosaic", "--date", "2020-05-27")
    assert len({mask.mask_id for mask in store.masks()}) == 2
    add(workspace, tmp_path / "a/tiles", "--mosaic", "--date", "2020-06-27")
    assert sorted((Path(m.path).parent.name, str(m.acquired)) for m in store.masks()) == [
        ("a", "2020-06-27"),
        ("b", "2020-05-27"),
    ]


def test_the_same_path_again_corrects_its_date_however_it_is_spelled(
    workspace: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("y2020", "y2021"):
        add(workspace, tiff(tmp_path / folder), "--date", "2019-01-01")
    before = ids(store)
    (tmp_path / "link").symlink_to(tmp_path / "y2021")
    monkeypatch.chdir(tmp_path)
    spellings = ["y2021", "./y2021/", "y2020/../y2021/classes.tif", "link/classes.tif"]
    for day, path in enumerate(spellings, 1):
        add(workspace, path, "--date", f"2021-01-{day:02}")
        masks = {mask.mask_id: str(mask.acquired) for mask in store.masks()}
        assert masks == {before["y2020"]: "2019-01-01", before["y2021"]: f"2021-01-{day:02}"}
    # A folder by two paths in one command is one folder, too.
    add(workspace, "link", "y2021", "y2020", "--follow-links")
    assert len(store.masks()) == 2


def test_a_link_of_another_name_is_a_file_of_its_own(tmp_path: Path) -> None:
    path = tiff(tmp_path)
    (tmp_path / "x").mkdir()
    same, other = tmp_path / "x" / "classes.tif", tmp_path / "classes_20200101.tif"
    for link in (same, other):
        link.symlink_to(path)
    assert canonical_path(same) == canonical_path(path)
    assert canonical_path(other) == str(other)


def test_folders_that_were_moved_keep_ids_dates_and_edits(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    source = image(tmp_path)
    for year in (2020, 2021):
        path = tiff(tmp_path / "old" / f"y{year}")
        add(workspace, path, "--date", f"{year}-05-27", "--image", source, "--nodata", 7)
    before = {mask.mask_id: mask for mask in store.masks()}
    (tmp_path / "old").rename(tmp_path / "new")
    answer = add(workspace, tmp_path / "new")
    assert "2 masks were moved and stay the same masks" in answer.said
    assert {mask.mask_id: mask for mask in store.masks()} == {
        key: replace(mask, path=mask.path.replace("/old/", "/new/")) for key, mask in before.items()
    }
    assert add(workspace, tmp_path / "new").said.count("Note") == 0


def test_what_is_gone_is_not_taken_for_a_file_of_another_day(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    add(workspace, tiff(tmp_path / "y2020"), "--date", "2020-05-27")
    shutil.rmtree(tmp_path / "y2020")
    answer = add(workspace, tiff(tmp_path / "y2021"), "--date", "2021-05-27")
    assert dates(store) == {"y2020": "2020-05-27", "y2021": "2021-05-27"}
    assert "is of 2021-05-27 and not of 2020-05-27" in answer.said


def test_which_of_two_was_moved_is_not_guessed(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    for year in (2020, 2021):
        add(workspace, tiff(tmp_path / f"y{year}"), "--date", f"{year}-05-27")
    for year in (2020, 2021):
        shutil.rmtree(tmp_path / f"y{year}")
    answer = run(workspace, "masks", "add", tiff(tmp_path / "elsewhere"))
    assert "others are as much like that" in answer.said
    assert dates(store) == {
        "y2020": "2020-05-27",
        "y2021": "2021-05-27",
        "elsewhere": "None",
    }


def test_names_that_differ_only_by_signs_are_two_masks(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    for name in ("a_b.tif", "a-b.tif", "A b.tif"):
        write_raster(tmp_path / "m" / name, PIXELS)
    add(workspace, tmp_path / "m", "--date", "2020-05-27")
    assert len({mask.mask_id for mask in store.masks()}) == 3


def test_a_mask_of_an_older_workspace_keeps_its_id(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    paths = [tiff(tmp_path / folder) for folder in ("y2021", "y2020")]
    # There, the last of several files of one name and content had the mask.
    old = inspected(paths[1], AddOptions(date=Acquired.parse("2020-05-27"), now=NOW))
    store.put_masks([old])
    run(workspace, "masks", "add", *paths)
    assert ids(store)["y2020"] == old.mask_id
    assert dates(store)["y2020"] == "2020-05-27"
    assert len(store.masks()) == 2


def test_an_id_of_a_copy_that_moved_away_is_not_given_again(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    for folder in ("a", "b"):
        add(workspace, tiff(tmp_path / folder), "--date", "2020-05-27")
    (tmp_path / "b").rename(tmp_path / "c")
    add(workspace, tmp_path / "c")
    add(workspace, tiff(tmp_path / "b"), "--date", "2020-05-27")
    assert len(set(ids(store).values())) == len(store.masks()) == 3


# uploads and zips


def zipped(path: Path, mask: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as target:
        for name in names:
            target.write(mask, name)
    return path


def test_zips_of_two_folders_with_equal_members_are_two_masks(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    mask = tiff(tmp_path)
    zips = [zipped(tmp_path / f"y{year}" / "m.zip", mask, "a.tif") for year in (2020, 2021)]
    for path in zips:
        add(workspace, path, "--date", f"{path.parent.name[1:]}-05-27")
    assert sorted(str(m.acquired) for m in store.masks()) == ["2020-05-27", "2021-05-27"]
    before = {m.mask_id for m in store.masks()}
    answer = add(workspace, zips[0], "--date", "2020-06-27")
    assert "Its date is 2020-06-27 now, not 2020-05-27" in answer.said
    assert sorted(str(m.acquired) for m in store.masks()) == ["2020-06-27", "2021-05-27"]
    assert {m.mask_id for m in store.masks()} == before


def test_year_folders_in_a_zip_are_masks_of_their_own(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    path = zipped(tmp_path / "m.zip", tiff(tmp_path), "y2020/a.tif", "y2021/a.tif")
    table = tmp_path / "dates.csv"
    table.write_text("mask,date\ny2020/a.tif,2020-05-27\ny2021/a.tif,2021-05-27\n")
    add(workspace, path, "--dates", table)
    assert dates(store) == {"y2020": "2020-05-27", "y2021": "2021-05-27"}
    before = ids(store)
    add(workspace, path)
    assert (ids(store), dates(store)["y2021"]) == (before, "2021-05-27")


def upload(workspace: Path, store: Store, sent: Sent, day: int, date: str) -> list[Mask]:
    """Files of the browser as the page adds them, on a day of June 2024."""
    now = datetime(2024, 6, day, tzinfo=UTC)
    batch = save_uploads(Workspace(workspace), Uploads([sent]), now)
    add(workspace, batch.masks, "--date", date)
    return store.masks()


def test_an_upload_of_the_same_name_and_content_corrects_the_earlier_one(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    content = tiff(tmp_path).read_bytes()
    [first] = upload(workspace, store, Sent("a.tif", content), 1, "2020-05-27")
    [again] = upload(workspace, store, Sent("a.tif", content), 2, "2020-06-27")
    assert (again.mask_id, str(again.acquired)) == (first.mask_id, "2020-06-27")
    other = write_raster(tmp_path / "other.tif", PIXELS * 2).read_bytes()
    assert len(upload(workspace, store, Sent("a.tif", other), 3, "2021-05-27")) == 2


def test_uploaded_zips_of_two_names_are_two_masks(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    content = {"a.tif": tiff(tmp_path).read_bytes()}
    for year in (2020, 2021):
        sent = archive(f"y{year}.zip", content)
        masks = upload(workspace, store, sent, year - 2019, f"{year}-05-27")
    assert sorted(str(mask.acquired) for mask in masks) == ["2020-05-27", "2021-05-27"]
    again = upload(workspace, store, archive("y2020.zip", content), 3, "2020-06-27")
    assert sorted(str(mask.acquired) for mask in again) == ["2020-06-27", "2021-05-27"]


def test_an_upload_of_an_older_workspace_is_known_again(
    workspace: Path, store: Store, tmp_path: Path
) -> None:
    folder = workspace / "uploads" / "20240101-120000-000000" / "masks"
    old = inspected(tiff(folder), AddOptions(date=Acquired.parse("2020-05-27"), now=NOW))
    store.put_masks([old])
    sent = Sent("classes.tif", Path(old.path).read_bytes())
    [again] = upload(workspace, store, sent, 1, "2020-06-27")
    assert again.mask_id == old.mask_id


def test_many_copies_are_settled_in_batches_and_told_in_one_note(
    store: Store, tmp_path: Path
) -> None:
    files = [
        (write_raster(tmp_path / folder / f"{number}.tif", np.full((2, 2), number, np.uint8)),)
        for folder in ("a", "b")
        for number in range(1, 31)
    ]
    options = AddOptions(date=Acquired.parse("2020-05-27"), now=NOW)
    added = register_headers(store, files, options, lambda *_: None)
    read_pending(store, lambda *_: None)
    assert len(set(added.mask_ids)) == len(store.masks()) == 60
    assert [note[:8] for note in added.notes] == ["30 masks"]
