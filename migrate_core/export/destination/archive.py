"""A dataset as one zip file beside its folder."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from ...errors import WrongUseError
from ...files.regular import check_regular
from ...workspace import written_then_renamed
from ..contents import files_of_dataset
from ..report.card import CARD

# By this comment inside the zip an export finds that it may replace it.
_OURS = b"dataset of migrate_core"

Progress = Callable[[int, int], None]


def archive_path(folder: Path) -> Path:
    """Where the zip of the dataset in `folder` lies: `DEST.zip` beside DEST."""
    return folder.with_name(f"{folder.name}.zip")


def check_archive(folder: Path) -> None:
    """Raises WrongUseError when something else than the zip of an earlier export is in the way."""
    path = archive_path(folder)
    if path.exists() and not _is_ours(path):
        raise WrongUseError(
            f"{path} is there already and is not the zip of an earlier export. Move it "
            "away, or name another folder for the dataset."
        )


def _is_ours(path: Path) -> bool:
    try:
        check_regular(path)
        with zipfile.ZipFile(path) as archive:
            return archive.comment == _OURS
    except (OSError, zipfile.BadZipFile):
        return False


def write_archive(folder: Path, progress: Progress) -> Path:
    """Write the dataset in `folder` as a zip, and give its path back.

    Rasters are stored as they are, since they are compressed already; only what belongs to the
    dataset goes in. `progress(n, of)` is called before the n-th file. Raises DiskError.
    """
    target = archive_path(folder)
    names = files_of_dataset(folder)
    with (
        written_then_renamed(target) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive,
    ):
        archive.comment = _OURS
        for number, name in enumerate(names):
            progress(number, len(names))
            # All files lie in one folder, so that unpacking scatters nothing.
            archive.write(folder / name, f"{folder.name}/{name}")
    progress(len(names), len(names))
    return target


def archive_of(folder: Path) -> Path | None:
    """The zip of the dataset in `folder`, unless the dataset was changed after it was made."""
    path, card = archive_path(folder), folder / CARD
    if not card.is_file() or not _is_ours(path):
        return None
    return path if path.stat().st_mtime >= card.stat().st_mtime else None
