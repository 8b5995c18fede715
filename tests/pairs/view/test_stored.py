"""Packed views as files: made at the first look, anew when missing, damaged or outdated."""

from __future__ import annotations

import gzip
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from migrate_core.errors import PairError
from migrate_core.pairs.view import stored
from migrate_core.pairs.view.packed import unpacked
from migrate_core.pairs.view.stored import stored_view, view_version, write_view
from tests.support.pairs import Case, Safe, numbered_masks, open_case, prepare, write_safe


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stored")
    write_safe(root / "scenes", Safe())
    case = prepare(root / "workspace", numbered_masks(root / "masks", 1), root / "scenes")
    assert case.make().made == 1
    case.store.engine.dispose()
    return root / "workspace"


@pytest.fixture
def case(made: Path, tmp_path: Path) -> Iterator[Case]:
    """A workspace with one pair."""
    # As `cp -a`: times of files count.
    shutil.copytree(made, tmp_path / "workspace", copy_function=shutil.copy2)
    found = open_case(tmp_path / "workspace")
    yield found
    found.store.engine.dispose()


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which pairs a view was built of since."""
    pairs: list[str] = []
    build = stored.view_of

    def counted(folder, *rest):
        pairs.append(folder.name)
        return build(folder, *rest)

    monkeypatch.setattr(stored, "view_of", counted)
    return pairs


def look(case: Case) -> bytes:
    (pair,) = case.store.pairs()
    (mask,) = case.store.masks()
    return stored_view(case.workspace, pair.pair_id, mask)


def test_the_view_is_made_at_the_first_look_and_kept(case: Case, built: list[str]) -> None:
    (pair,) = case.store.pairs()
    assert not case.workspace.views.exists()
    view = unpacked(look(case))
    assert look(case) == case.workspace.view(pair.pair_id).read_bytes()
    assert built == [pair.pair_id]
    assert view.header["version"] == view_version(
        case.workspace, pair.pair_id, case.store.masks()[0]
    )
    assert view.header["pair_id"] == pair.pair_id


def cut(case: Case, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])


def other(case: Case, path: Path) -> None:
    path.write_bytes(gzip.compress(b"something else"))


def gone(case: Case, path: Path) -> None:
    shutil.rmtree(case.workspace.views)


def pair_written_anew(case: Case, path: Path) -> None:
    document = case.workspace.pair(path.stem) / "pair.json"
    os.utime(document, ns=(1, 1))


def other_names(case: Case, path: Path) -> None:
    (mask,) = case.store.masks()
    case.store.put_masks([replace(mask, classes=replace(mask.classes, names={"1": "lake"}))])


def image_attached(case: Case, path: Path) -> None:
    (mask,) = case.store.masks()
    case.store.put_masks([replace(mask, source=replace(mask.source, path=mask.path))])


@pytest.mark.parametrize(
    "change", [cut, other, gone, pair_written_anew, other_names, image_attached]
)
def test_a_view_that_does_not_fit_is_made_anew_once(
    case: Case, built: list[str], change: Callable[[Case, Path], None]
) -> None:
    (pair,) = case.store.pairs()
    look(case)
    built.clear()
    change(case, case.workspace.view(pair.pair_id))
    view = unpacked(look(case))
    look(case)
    assert built == [pair.pair_id]
    assert view.header["version"] == view_version(
        case.workspace, pair.pair_id, case.store.masks()[0]
    )


def test_a_source_image_that_was_written_anew_is_another_version(case: Case) -> None:
    (pair,), (mask,) = case.store.pairs(), case.store.masks()
    with_image = replace(mask, source=replace(mask.source, path=mask.path))
    before = view_version(case.workspace, pair.pair_id, with_image)
    os.utime(Path(mask.path), ns=(5, 5))
    assert view_version(case.workspace, pair.pair_id, with_image) != before
    assert view_version(case.workspace, pair.pair_id, None) != before


def test_requests_at_once_make_it_once(case: Case, built: list[str]) -> None:
    start = threading.Barrier(4)

    def ask() -> bytes:
        start.wait()
        return look(case)

    with ThreadPoolExecutor(4) as threads:
        found = {each.result() for each in [threads.submit(ask) for _ in range(4)]}
    assert len(found) == 1
    assert len(built) == 1


def test_files_of_a_pair_that_are_gone_are_told(case: Case) -> None:
    (pair,) = case.store.pairs()
    shutil.rmtree(case.workspace.pair(pair.pair_id))
    with pytest.raises(PairError, match="run `pairs make`"):
        look(case)


def test_a_view_that_fails_half_way_leaves_the_old_one(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pair,), (mask,) = case.store.pairs(), case.store.masks()
    before = look(case)

    def failing(view: object) -> bytes:
        raise PairError("no")

    monkeypatch.setattr(stored, "packed", failing)
    with pytest.raises(PairError):
        write_view(case.workspace, pair.pair_id, mask)
    assert case.workspace.view(pair.pair_id).read_bytes() == before
    assert [path.name for path in case.workspace.views.iterdir()] == [f"{pair.pair_id}.bin"]
