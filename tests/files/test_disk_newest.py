"""Folders of what can be made again hold so many files and no more."""

from __future__ import annotations

import os
from pathlib import Path

from migrate_core.files.disk import keep_newest


def test_the_newest_files_are_kept_and_folders_left_alone(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for age, name in enumerate(("new", "older", "oldest")):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    keep_newest(tmp_path, 5)
    assert len(list(tmp_path.iterdir())) == 4
    keep_newest(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "new", "older"]
