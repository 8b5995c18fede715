"""Products that were read without a crash: what is read of them needs no process of its own.

GDAL and OpenJPEG end the process over some damaged files. A product is trusted once a pair was made
of it in a worker, for as long as none of its files is written anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ...masks.size import oversize
from ...workspace import Workspace
from ..task import PairTask

# Starting a process takes as long as some small pairs.
_FEW = 2
_CRASHED = ".crashed"
_SMALL_PIXELS = 1 << 18


def trusted(workspace: Workspace, tasks: Iterable[PairTask]) -> bool:
    """Whether all products of the tasks lie on disk and were read before."""
    return all(_is_noted(workspace, href) for task in tasks for href in _products_of(task))


def work_here(workspace: Workspace, tasks: Sequence[PairTask]) -> bool:
    """Whether so few, and small, are to be made of trusted products that this process does it."""
    small = all(oversize(task.mask, _SMALL_PIXELS) is None for task in tasks)
    return len(tasks) <= _FEW and small and trusted(workspace, tasks)


def trust(workspace: Workspace, task: PairTask) -> None:
    """Note that a pair was made of these products. A disk that refuses doesn't stop the work."""
    _note(workspace, task, "")


def distrust(workspace: Workspace, task: PairTask) -> None:
    """Note that a process died over these products: no pair of them is made here any more."""
    _note(workspace, task, _CRASHED)


def _note(workspace: Workspace, task: PairTask, suffix: str) -> None:
    for href in _products_of(task):
        if (name := _identity(href)) is not None:
            with suppress(OSError):
                workspace.read_products.mkdir(parents=True, exist_ok=True)
                (workspace.read_products / f"{name}{suffix}").touch()


def _products_of(task: PairTask) -> set[str]:
    return {scene.href for scene in task.scenes}


def _is_noted(workspace: Workspace, href: str) -> bool:
    name = _identity(href)
    noted = name is not None and (workspace.read_products / name).is_file()
    return noted and not (workspace.read_products / f"{name}{_CRASHED}").exists()


def _identity(href: str) -> str | None:
    """A name for a product as it lies there now: path, size and time of each file; else None."""
    if "://" in href:
        return None
    root, digest = Path(href), hashlib.sha256(href.encode())
    try:
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for path in files:
            found = path.stat()
            digest.update(f"{path} {found.st_mtime_ns} {found.st_size}\n".encode())
    except OSError:
        return None
    return digest.hexdigest()
