"""Pipes, sockets and devices beside data, inside it, or in its place: nothing waits for them."""

from __future__ import annotations

import json
import os
import signal
import socket
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import FrameType

import pytest

from migrate_core.errors import MaskError, MigrateError, ProductError, WrongUseError
from migrate_core.export.dataset import check_destination
from migrate_core.export.request import ExportRequest
from migrate_core.files.regular import (
    UnfitFileError,
    check_regular,
    is_alone,
    read_bytes,
    read_text,
)
from migrate_core.masks.dates.names import read_dates, read_mapping
from migrate_core.masks.raster.class_tables import parse_classes
from migrate_core.masks.raster.content import read_labels
from migrate_core.masks.vectors.formats.reading import read_layer
from migrate_core.pairs.convert import convert_product
from migrate_core.products.opening import open_product
from migrate_core.scenes.sources.local import LocalSource, walk
from migrate_core.scenes.sources.protocol import SceneRequest
from migrate_core.workspace import Workspace
from tests.support.bands import read_bands
from tests.support.builders import write_catalogue, write_raster
from tests.support.masks import PIXELS, added, good, image, problem_of, run
from tests.support.pairs import Safe, write_safe
from tests.support.vectors import frame, square, write

PATIENCE_S = 20
ANYWHERE = SceneRequest((-180, -90, 180, 90), date(2015, 1, 1), date(2030, 1, 1), "L2A")

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Who waits for a pipe fails."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError("something is waited for")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pipe(path: Path) -> Path:
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def device(path: Path) -> Path:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")
    return path


def link_to_pipe(path: Path) -> Path:
    path.unlink(missing_ok=True)
    path.symlink_to(pipe(path.with_name(f"of-{path.name}.pipe")))
    return path


ENDLESS = [pipe, device, link_to_pipe]
endless = pytest.mark.parametrize("put", ENDLESS)


# the function itself


@endless
def test_what_has_no_end_is_not_opened(put: Callable[[Path], Path], tmp_path: Path) -> None:
    path = put(tmp_path / "a.json")
    for reader in (check_regular, read_bytes, read_text):
        with pytest.raises(UnfitFileError, match="may never end"):
            reader(path)


@pytest.mark.parametrize("other", ["a.tif.aux.xml", "a.tfw", "A.TIF.OVR", "a.b.tif"])
def test_a_file_is_alone_until_another_begins_alike(other: str, tmp_path: Path) -> None:
    file = tmp_path / "a.tif"
    for name in ("a.tif", "a_1.tif", "aa.tif", "tif"):
        (tmp_path / name).write_bytes(b"")
    assert is_alone(file)
    (tmp_path / other).write_bytes(b"")
    os.utime(tmp_path, ns=(0, file.stat().st_mtime_ns + 10**9))
    assert not is_alone(file)


def test_a_socket_and_a_folder_are_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        server.bind("s.tif")
        with pytest.raises(UnfitFileError, match="a socket"):
            check_regular(tmp_path / "s.tif")
    (tmp_path / "x.tif").mkdir()
    with pytest.raises(UnfitFileError, match="a folder"):
        check_regular(tmp_path / "x.tif")


def test_a_file_without_a_size_is_read_as_empty() -> None:
    path = Path("/proc/self/maps")
    if not path.is_file():
        pytest.skip("this system has no /proc")
    assert read_bytes(path) == b""


def test_more_than_a_document_has_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(UnfitFileError, match="3,000 MB; at most 200 MB"):
        read_text(path)


# masks


@endless
@pytest.mark.parametrize(
    "name",
    ["a.tif.aux.xml", "a.tif.ovr", "a.tif.msk", "a.tfw", "a.aux", "a_RPC.TXT", "a.IMD", "a.xml"],
)
def test_a_pipe_beside_a_mask_is_named_and_others_are_taken(
    put: Callable[[Path], Path], name: str, tmp_path: Path
) -> None:
    write_raster(tmp_path / "a.tif", PIXELS)
    write_raster(tmp_path / "b.tif", PIXELS)
    put(tmp_path / name)
    problem = problem_of(tmp_path / "a.tif")
    assert name in problem
    assert "may never end" in problem
    assert "may never end" not in (added(tmp_path / "b.tif").problem or "")


@pytest.mark.parametrize("name", ["summary.txt", "metadata.dim", "RPC_a.txt", "HDRa.TXT"])
def test_files_of_providers_that_gdal_looks_for_are_named(name: str, tmp_path: Path) -> None:
    write_raster(tmp_path / "IMG_a.tif", PIXELS)
    pipe(tmp_path / name)
    assert name in problem_of(tmp_path / "IMG_a.tif")


def test_a_pipe_with_another_masks_beginning_is_no_obstacle(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a_20200202.tif", PIXELS)
    pipe(tmp_path / "a_20200202_b.tif")
    pipe(tmp_path / "ab.ovr")
    good(path)


@endless
def test_a_source_image_or_udm_without_end_is_named(
    put: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = write_raster(tmp_path / "a_20200202.tif", PIXELS)
    assert "may never end" in problem_of(path, image=put(tmp_path / "image.tif"))
    assert "may never end" in str(added(path, udm=put(tmp_path / "udm.tif")).problems)


def test_an_image_that_became_a_pipe_fails_the_pair_and_no_more(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a_20200202.tif", PIXELS)
    picture = image(tmp_path)
    mask = good(path, image=picture)
    pipe(path)
    with pytest.raises(MaskError, match=r"a_20200202\.tif"):
        read_labels(mask)


@endless
@pytest.mark.parametrize(
    "name", ["a.geojson", "a.json", "a.kml", "a.gpkg", "a.shp", "a.fgb", "a.parquet", "a.zip"]
)
def test_a_vector_file_without_end_is_named(
    put: Callable[[Path], Path], name: str, tmp_path: Path
) -> None:
    path = put(tmp_path / name)
    with pytest.raises(MaskError, match="may never end"):
        read_layer(path)
    answer = run(tmp_path / "w", "masks", "add", path, "--follow-links", "--json")
    assert answer.status == 1
    assert "may never end" in answer.said


@pytest.mark.parametrize("suffix", [".dbf", ".prj", ".cpg", ".qix"])
def test_a_pipe_beside_a_shapefile_is_named(suffix: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.shp", frame([square(0, 0)]))
    pipe(path.with_suffix(suffix))
    with pytest.raises(MaskError, match="may never end"):
        read_layer(path)


def test_a_journal_beside_a_geopackage_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", frame([square(0, 0)]))
    pipe(tmp_path / "a.gpkg-journal")
    with pytest.raises(MaskError, match="may never end"):
        read_layer(path)


@endless
def test_tables_without_end_are_wrong_use(put: Callable[[Path], Path], tmp_path: Path) -> None:
    for reader in (read_dates, read_mapping):
        with pytest.raises(WrongUseError, match="may never end"):
            reader(put(tmp_path / "t.csv"))
    for suffix in ("json", "csv", "qml", "clr"):
        with pytest.raises(WrongUseError, match="may never end"):
            parse_classes(str(put(tmp_path / f"c.{suffix}")))
    write_raster(tmp_path / "m" / "a_20200202.tif", PIXELS)
    answer = run(tmp_path / "w", "scenes", "import-match", put(tmp_path / "match.csv"))
    assert answer.status == 2
    assert "may never end" in answer.said


# products


def read_all(path: Path) -> None:
    product = open_product(str(path))
    read_bands(product, product.grid, "nearest")


@endless
@pytest.mark.parametrize("name", ["MTD_MSIL2A.xml", "MTD_TL.xml", "B02", "zip"])
def test_a_product_with_a_part_without_end_is_a_problem_beside_the_others(
    put: Callable[[Path], Path], name: str, tmp_path: Path
) -> None:
    good_one = Safe(sensed="20200121T104351")
    write_safe(tmp_path, good_one)
    bad = Safe()
    if name == "zip":
        put(tmp_path / f"{bad.name}.zip")
    else:
        root = write_safe(tmp_path, bad)
        inside = {"B02": bad.path_of("B02"), "MTD_TL.xml": f"{bad.granule}/MTD_TL.xml"}
        put(root / inside.get(name, name))
    result = LocalSource(tmp_path).search(ANYWHERE)
    assert good_one.name in {scene.scene_id for scene in result.scenes}
    if name in ("B02", "MTD_TL.xml"):  # found by its metadata; told when it is read
        with pytest.raises(ProductError, match="may never end"):
            read_all(tmp_path / f"{bad.name}.SAFE")
    else:
        assert "may never end" in " ".join(problem.message for problem in result.problems)


def test_members_that_are_no_files_or_grow_without_measure_are_refused(tmp_path: Path) -> None:
    def zipped(name: str, mode: int, content: bytes) -> Path:
        path = tmp_path / name
        member = zipfile.ZipInfo("X.SAFE/MTD_MSIL2A.xml")
        member.external_attr = mode << 16
        member.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, content)
        return path

    for mode, word in ((0o120777, "link"), (0o010644, "pipe"), (0o020644, "device")):
        with pytest.raises(ProductError, match=word):
            open_product(str(zipped(f"{word}.zip", mode, b"/etc/passwd")))
    with pytest.raises(ProductError, match="grows from"):
        open_product(str(zipped("bomb.zip", 0o100644, bytes(60 * 1024**2))))


# catalogues


@endless
def test_an_item_without_end_is_a_problem(put: Callable[[Path], Path], tmp_path: Path) -> None:
    write_catalogue(tmp_path, "./a.json", "./b.json")
    put(tmp_path / "a.json")
    (tmp_path / "b.json").write_text("[]")
    problems = LocalSource(tmp_path).search(ANYWHERE).problems
    assert [problem.item for problem in problems] == ["a.json", "b.json"]
    assert "may never end" in problems[0].message


def linking(path: Path, *hrefs: str) -> None:
    links = [{"rel": "child", "href": href} for href in hrefs]
    path.write_text(json.dumps({"type": "Catalog", "links": links}))


def test_a_catalogue_that_leads_back_or_deep_down_is_read_once(tmp_path: Path) -> None:
    count = 3_000
    for number in range(count):
        linking(tmp_path / f"{number}.json", f"./{number + 1}.json", "./0.json", "./catalog.json")
    linking(tmp_path / "catalog.json", "./0.json", "./catalog.json", "../x/../catalog.json")
    (tmp_path / f"{count}.json").write_text("{")
    problems = LocalSource(tmp_path).search(ANYWHERE).problems
    assert f"{count}.json" in {problem.item for problem in problems}


def test_a_catalogue_of_too_many_links_is_told_and_what_it_has_first_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_MOST_FILES", 5)
    linking(tmp_path / "catalog.json", *(f"./{number}.json" for number in range(1000)))
    problems = LocalSource(tmp_path).search(ANYWHERE).problems
    assert len(problems) == 5
    assert any("more than 5 files" in problem.message for problem in problems)


def test_folders_that_lead_back_are_walked_once(tmp_path: Path) -> None:
    write_safe(tmp_path / "a", Safe())
    for name in "bcd":
        (tmp_path / "a" / name).symlink_to(tmp_path)
    assert [s.scene_id for s in LocalSource(tmp_path).search(ANYWHERE).scenes] == [Safe().name]


# where results go


@endless
def test_a_destination_without_end_is_refused(put: Callable[[Path], Path], tmp_path: Path) -> None:
    product = write_safe(tmp_path / "scenes", Safe())
    with pytest.raises(MigrateError, match=r"out\.tif"):
        convert_product(product, put(tmp_path / "out.tif"), "nearest", lambda *_: None)
    (tmp_path / "out").mkdir()
    put(tmp_path / "out" / "dataset_card.md")
    with pytest.raises(WrongUseError, match="other files"):
        check_destination(ExportRequest(tmp_path / "out"), Workspace(tmp_path / "ws"))
    put(tmp_path / "new.zip")
    with pytest.raises(WrongUseError, match=r"new\.zip"):
        check_destination(ExportRequest(tmp_path / "new", archive=True), Workspace(tmp_path / "ws"))
