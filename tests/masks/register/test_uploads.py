"""Files from the browser: what is taken, what is left out, what is refused."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate_core.errors import MaskError
from migrate_core.masks.register import uploads
from migrate_core.masks.register.uploads import Batch, Uploads, read_left_out, save_uploads
from migrate_core.workspace import Workspace

NOW = datetime(2024, 6, 30, 12, 0, tzinfo=UTC)


class Sent(io.BytesIO):
    """A file as the browser sends it."""

    def __init__(self, name: str, content: bytes = b"pixels") -> None:
        super().__init__(content)
        self.name = name
        self.size = len(content)


def archive(name: str, files: dict[str, bytes]) -> Sent:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for path, content in files.items():
            target.writestr(path, content)
    return Sent(name, buffer.getvalue())


def save(tmp_path: Path, masks: Sequence[Sent], images: Sequence[Sent] = ()) -> Batch:
    return save_uploads(Workspace(tmp_path), Uploads(masks, images), NOW)


def saved(tmp_path: Path) -> set[str]:
    """What lies in the one folder of uploads, without its name, and what tells of the rest."""
    root = tmp_path / "uploads"
    return {
        "/".join(path.relative_to(root).parts[1:])
        for path in root.rglob("*")
        if path.is_file() and path.name != "left_out.json"
    }


def test_files_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    batch = save(tmp_path, [Sent("a.tif", b"one"), Sent("b.PNG"), Sent("b.pgw")], [Sent("a.tif")])
    assert saved(tmp_path) == {"masks/a.tif", "masks/b.PNG", "masks/b.pgw", "images/a.tif"}
    assert (batch.count, batch.left_out) == (3, ())
    assert (batch.masks / "a.tif").read_bytes() == b"one"
    assert batch.images == batch.masks.parent / "images"


def test_without_images_there_is_no_folder_of_images(tmp_path: Path) -> None:
    assert save(tmp_path, [Sent("a.tif")]).images is None


def test_a_path_in_a_file_name_is_dropped(tmp_path: Path) -> None:
    save(tmp_path, [Sent("../../etc/a.tif"), Sent("C:\\data\\b.tif")])
    assert saved(tmp_path) == {"masks/a.tif", "masks/b.tif"}


def test_a_zip_is_unpacked_and_what_is_no_mask_is_left_out_and_told(tmp_path: Path) -> None:
    files = {
        "set/a.tif": b"one",
        "other/a.tif": b"two",
        "set/Images/a.tif": b"image",
        "set/readme.txt": b"x",
        "__MACOSX/set/._a.tif": b"x",
        ".hidden.tif": b"x",
    }
    batch = save(tmp_path, [archive("in.zip", files)])
    assert saved(tmp_path) == {"masks/set/a.tif", "masks/other/a.tif", "images/a.tif"}
    assert [problem.item for problem in batch.left_out] == ["readme.txt"]
    assert "no mask by its suffix" in batch.left_out[0].message


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (Sent("a.vrt"), "no mask by its suffix"),
        (Sent("a.aux.xml"), "There is no mask among the files"),
        (Sent("a<b>.tif"), "file names can't have"),
        (Sent("a" * 250 + ".tif"), "too long"),
        (Sent("in.zip", b"no zip"), "can't be read as a zip"),
        (archive("in.zip", {"readme.txt": b"x"}), "There is no mask among the files"),
        (archive("in.zip", {"../a.tif": b"x"}), "outside its folder"),
        (archive("in.zip", {"/etc/a.tif": b"x"}), "outside its folder"),
        (archive("in.zip", {"C:/a.tif": b"x"}), "outside its folder"),
        (archive("in.zip", {"a.tif": b"\0" * 60 * 1024**2}), "grows from"),
    ],
    ids=lambda value: value.name[:12] if isinstance(value, Sent) else None,
)
def test_what_can_not_be_taken_is_refused_and_nothing_is_written(
    tmp_path: Path, sent: Sent, reason: str
) -> None:
    with pytest.raises(MaskError, match=reason):
        save(tmp_path, [sent])
    assert not list(tmp_path.rglob("*.*"))


@pytest.mark.parametrize(
    ("sent", "kept", "named", "reason"),
    [
        ([Sent("a<b>.tif")], set(), "a<b>.tif", "file names can't have"),
        ([Sent("a\nb.tif")], set(), r"'a\nb.tif'", "file names can't have"),
        ([Sent("notes.docx")], set(), "notes.docx", "no mask by its suffix"),
        ([Sent("GOOD.TIF")], set(), "GOOD.TIF", "it is there twice"),
        ([Sent("in.zip", b"no zip")], set(), "in.zip", "can't be read as a zip"),
        (
            [archive("in.zip", {"../a.tif": b"x", "b.tif": b"y"})],
            {"masks/b.tif"},
            "a.tif",
            "points outside its folder",
        ),
        (
            [archive("in.zip", {"a.tif": b"\0" * 60 * 1024**2, "b.tif": b"y"})],
            {"masks/b.tif"},
            "a.tif",
            "grows from",
        ),
        (
            [archive("in.zip", {"x/images/a.tif": b"x", "images/a.tif": b"y"})],
            {"images/a.tif"},
            "a.tif",
            "it is there twice",
        ),
    ],
    ids=["name", "line break", "suffix", "twice", "no zip", "outside", "bomb", "twice in a zip"],
)
def test_one_file_that_can_not_be_taken_is_named_and_the_others_are_saved(
    tmp_path: Path, sent: list[Sent], kept: set[str], named: str, reason: str
) -> None:
    batch = save(tmp_path, [Sent("good.tif", b"one"), *sent])
    assert saved(tmp_path) == {"masks/good.tif", *kept}
    assert (batch.masks / "good.tif").read_bytes() == b"one"
    (problem,) = batch.left_out
    assert problem.item == named
    assert reason in problem.message
    assert batch.reported is not None
    assert read_left_out(batch.reported) == [problem]


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        link = zipfile.ZipInfo("a.tif")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, "/etc/passwd")
    with pytest.raises(MaskError, match="is a link"):
        save(tmp_path, [Sent("in.zip", buffer.getvalue())])


def test_a_damaged_member_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr("a.tif", b"pixels of a mask")
    broken = buffer.getvalue().replace(b"pixels", b"PIXELS")
    with pytest.raises(MaskError, match=r"a\.tif' in it is damaged"):
        save(tmp_path, [Sent("in.zip", broken)])
    assert not saved(tmp_path)
    batch = save(tmp_path, [Sent("in.zip", broken), Sent("b.tif")])
    assert saved(tmp_path) == {"masks/b.tif"}
    assert [problem.item for problem in batch.left_out] == ["a.tif"]


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_MAX_FILES", 2)
    with pytest.raises(MaskError, match="too much for an upload"):
        save(tmp_path, [Sent(f"{number}.tif") for number in range(3)])
