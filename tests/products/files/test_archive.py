"""The files of a product in a folder or a zip, and archives not to be trusted."""

import zipfile
from pathlib import Path

import pytest
import rasterio

from migrate_core.errors import ProductError
from migrate_core.products.files import archive as module
from migrate_core.products.files.archive import product_files
from tests.support.builders import labels, write_raster

NAMES = ("GRANULE/X/IMG_DATA/B02.jp2", "GRANULE/X/MTD_TL.xml", "MTD_MSIL2A.xml")


def folder_of(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}")
    return folder


def archive_of(path: Path, *names: str, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name in names:
            archive.writestr(name, f"content of {name} " * 20)
    return path


def test_a_folder_has_its_files_below_it(tmp_path: Path) -> None:
    files = product_files(folder_of(tmp_path / "X.SAFE", *NAMES))
    assert set(NAMES) <= set(files.names)
    assert (files.archive, files.title) == (None, "X.SAFE")
    assert files.read("MTD_MSIL2A.xml") == b"content of MTD_MSIL2A.xml"
    assert Path(files.location(NAMES[0])) == tmp_path / "X.SAFE" / NAMES[0]


@pytest.mark.parametrize("root", ["", "X.SAFE/", "any/nesting/X.SAFE/"])
def test_a_zip_has_its_files_below_any_folder_in_it(tmp_path: Path, root: str) -> None:
    archive = archive_of(tmp_path / "X.zip", "readme.txt", *(root + name for name in NAMES))
    files = product_files(archive).below(root)
    assert set(NAMES) <= set(files.names)
    assert (files.root, files.title) == (root, "X.zip")
    assert files.folder == ("X.SAFE" if root else "")
    assert files.read("MTD_MSIL2A.xml").startswith(f"content of {root}MTD_MSIL2A.xml".encode())


def test_a_folder_has_its_files_below_another_one_in_it(tmp_path: Path) -> None:
    files = product_files(folder_of(tmp_path / "X.SAFE", *NAMES)).below("GRANULE/X/")
    assert {"IMG_DATA/B02.jp2", "MTD_TL.xml"} <= set(files.names)
    assert files.folder == "X"
    assert files.read("MTD_TL.xml") == b"content of GRANULE/X/MTD_TL.xml"


@pytest.mark.parametrize("place", ["X.zip", "with space & ü/X (1).zip", "a{b}c/X.zip", "X.SAFE"])
def test_gdal_opens_what_a_zip_holds_in_place(tmp_path: Path, place: str) -> None:
    raster = write_raster(tmp_path / "B02.tif", labels("012", "345"))
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(raster, "X.SAFE/IMG DATA/B02.tif")
        archive.writestr("X.SAFE/MTD_MSIL2A.xml", "")
    files = product_files(path).below("X.SAFE/")
    with rasterio.open(files.location("IMG DATA/B02.tif")) as dataset:
        assert dataset.read(1).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("member", ["../../evil.txt", "X.SAFE/../../evil.txt", "/etc/evil.txt"])
def test_members_that_point_outside_are_refused(tmp_path: Path, member: str) -> None:
    archive = archive_of(tmp_path / "X.zip", "X.SAFE/MTD_MSIL2A.xml", member)
    with pytest.raises(ProductError, match=r"X\.zip: its member .*evil.* points outside"):
        product_files(archive)


def test_dots_inside_a_name_are_harmless(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "X.zip", "X.SAFE/MTD_MSIL2A.xml", "X.SAFE/a..b/..c")
    files = product_files(archive).below("X.SAFE/")
    assert "a..b/..c" in files.names


@pytest.mark.parametrize("kept", [0, 10, 100, -1])
def test_a_truncated_zip_is_refused_by_name(tmp_path: Path, kept: int) -> None:
    archive = archive_of(tmp_path / "X.zip", *(f"X.SAFE/{name}" for name in NAMES))
    archive.write_bytes(archive.read_bytes()[:kept])
    with pytest.raises(ProductError, match=r"^X\.zip: it can't be read as a zip archive"):
        product_files(archive)


def test_a_file_that_is_no_zip_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "X.zip").write_text("no zip")
    for name in ("X.zip", "none.zip"):
        with pytest.raises(ProductError, match=f"^{name}: it can't be read as a zip"):
            product_files(tmp_path / name)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_with_damaged_bytes_is_a_product_error(tmp_path: Path, compression: int) -> None:
    archive = archive_of(tmp_path / "X.zip", "MTD_MSIL2A.xml", compression=compression)
    content = bytearray(archive.read_bytes())
    start = 30 + len("MTD_MSIL2A.xml")  # after the local header
    content[start : start + 12] = b"\xff" * 12
    archive.write_bytes(content)
    files = product_files(archive)
    with pytest.raises(ProductError, match=r"X\.zip: MTD_MSIL2A\.xml can't be read"):
        files.read("MTD_MSIL2A.xml")


def test_an_encrypted_member_is_a_product_error(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "X.zip", "MTD_MSIL2A.xml")
    content = bytearray(archive.read_bytes())
    content[6] |= 1  # bit 0 of the flags in the local header …
    directory = content.index(b"PK\x01\x02")
    content[directory + 8] |= 1  # … and in the central directory
    archive.write_bytes(content)
    files = product_files(archive)
    with pytest.raises(ProductError, match=r"X\.zip: MTD_MSIL2A\.xml can't be read"):
        files.read("MTD_MSIL2A.xml")


def test_a_member_that_claims_to_be_huge_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_METADATA_BYTES", 100)
    files = product_files(archive_of(tmp_path / "X.zip", "MTD_MSIL2A.xml"))
    with pytest.raises(ProductError, match="far more than metadata have"):
        files.read("MTD_MSIL2A.xml")


def test_a_file_that_vanished_is_a_product_error(tmp_path: Path) -> None:
    folder = product_files(folder_of(tmp_path / "X.SAFE", *NAMES))
    archive = product_files(archive_of(tmp_path / "Y.zip", *NAMES))
    for files, title in ((folder, "X.SAFE"), (archive, "Y.zip")):
        with pytest.raises(ProductError, match=rf"^{title}: none\.xml can't be read"):
            files.read("none.xml")
    (tmp_path / "Y.zip").unlink()
    with pytest.raises(ProductError, match=r"^Y\.zip: MTD_MSIL2A\.xml can't be read"):
        archive.read("MTD_MSIL2A.xml")
