"""A Dask cluster as what a run works with, once all of its workers were found able to.

A worker without the program, the workspace or the products would fail every pair that it is given,
each with a message of its own. So each is asked before the first pair, and a run that can't go
well doesn't begin.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ... import __version__
from ...errors import MigrateError
from ...files.disk import writing
from ...workspace import Workspace
from ..task import PairTask

log = logging.getLogger(__name__)

# A worker that says nothing for so long has a disk that doesn't answer, in seconds.
_PATIENCE_S = 60.0
# Of more folders than these, evenly spread ones are looked at.
_MOST_FOLDERS = 1000
# So many workers are named for each reason.
_MOST_NAMED = 3
_GUIDE = "docs/scale.md shows how to start workers."


@dataclass(frozen=True)
class Needed:
    """What a worker must have: the program, a file with `token`, and files that can be read.

    `program` is the digest of the source files; `folder` lies in the workspace.
    """

    program: str
    folder: str
    token: str
    paths: tuple[str, ...]


@contextmanager
def open_cluster(
    address: str, workspace: Workspace, tasks: Sequence[PairTask]
) -> Iterator[tuple[list[Executor], int]]:
    """An executor for each worker of the scheduler at `address`, and how many threads they have.

    A call that is given to one of them may be done by another worker that has nothing to do.

    Raises MigrateError when the scheduler doesn't answer, has no workers, or a worker can't make
    the pairs of the tasks.
    """
    from distributed import Client

    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as err:
        raise MigrateError(
            f"No Dask scheduler answers at {address} ({err}). Check the address and that it runs, "
            "or leave out --scheduler."
        ) from err
    with client:
        threads = client.nthreads()
        if not threads:
            raise MigrateError(f"The Dask scheduler at {address} has no workers. Start some.")
        check_workers(client, address, workspace, tasks)
        executors = [
            # Results depend on files, so a task must run each time it is asked for: never cached.
            client.get_executor(pure=False, workers=[worker], allow_other_workers=True)
            for worker in threads
        ]
        yield executors, sum(threads.values())


def check_workers(
    client: Any, address: str, workspace: Workspace, tasks: Sequence[PairTask]
) -> None:
    """Have every connected worker look whether it can make the pairs of the tasks.

    It must have the same files of the program, see the workspace under the same path and write
    there, and read the folders of masks, images and products. Raises MigrateError that names each
    reason once, with its workers.
    """
    token = uuid.uuid4().hex
    folder = workspace.cluster_check(token)
    needed = Needed(program_digest(), str(folder), token, samples(_paths(tasks)))
    try:
        with writing(folder):
            folder.mkdir()
            (folder / "token").write_text(token)
        answers = client.run(look, needed, on_error="return")
        reasons = {worker: _reason(answer, folder) for worker, answer in answers.items()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    unable = {worker: reason for worker, reason in reasons.items() if reason}
    if unable:
        raise MigrateError(_message(address, unable, len(reasons)))
    log.info("%d workers at %s have the program and see all files.", len(reasons), address)


def _reason(answer: object, folder: Path) -> str:
    """Why a worker is unable to work, by its answer; empty when it isn't."""
    if isinstance(answer, BaseException):
        return (
            f"migrate_core {__version__} doesn't run there ({answer}); install the program in the "
            "worker's environment"
        )
    reason, name = str(answer[0]), str(answer[1])  # type: ignore[index]
    if not reason and not (folder / name).is_file():
        return f"what it writes into {folder.parent} isn't seen here; share that folder"
    return reason


def _message(address: str, unable: Mapping[str, str], connected: int) -> str:
    """One sentence for each reason."""
    workers: dict[str, list[str]] = {}
    for worker, reason in sorted(unable.items()):
        workers.setdefault(reason, []).append(worker)
    sentences = "; ".join(f"{_named(names)}: {reason}" for reason, names in workers.items())
    return (
        f"{len(unable)} of {connected} workers of the Dask cluster at {address} can't make these "
        f"pairs, so none was begun. {sentences}. {_GUIDE}"
    )


def _named(workers: Sequence[str]) -> str:
    more = len(workers) - _MOST_NAMED
    return ", ".join(workers[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _paths(tasks: Iterable[PairTask]) -> Iterator[str]:
    """The files on disk that the tasks read: masks, what belongs to them, and products."""
    for task in tasks:
        source = task.mask.source
        yield task.mask.path
        yield from filter(None, (source.path, source.udm, source.valid_from))
        yield from (scene.href for scene in task.scenes if "://" not in scene.href)


def samples(paths: Iterable[str]) -> tuple[str, ...]:
    """One path of each folder; of very many folders some, evenly spread.

    What can't be read here either says nothing of workers, and fails its own pair only.
    """
    found: dict[Path, str] = {}
    for path in paths:
        if Path(path).parent not in found and os.access(path, os.R_OK):
            found[Path(path).parent] = path
    one_each = list(found.values())
    step = -(-len(one_each) // _MOST_FOLDERS) or 1
    return tuple(one_each[::step])


@cache
def program_digest() -> str:
    """The SHA-256 of all source files of the package, by their names, as they are on disk."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith("_app/"):  # the pages, which lie elsewhere in a checkout
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


# what workers run


async def look(needed: Needed) -> tuple[str, str]:
    """Why this worker is unable to work, or "", and the name of the file that it wrote.

    Beside the calls that the worker is busy with, and beside what keeps it in touch.
    """
    name = uuid.uuid4().hex
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await asyncio.to_thread(_unable, needed, name), name
    except TimeoutError:
        return f"its disks didn't answer for {_PATIENCE_S:g} s; look after its mounts", name


def _unable(needed: Needed, name: str) -> str:
    if program_digest() != needed.program:
        return (
            f"it has other files of the program ({__version__} in "
            f"{Path(__file__).resolve().parents[2]}) than the machine that starts the run; install "
            "the same version there and start the worker again"
        )
    try:
        # What a worker imports at its first pair: libraries may be missing.
        from .. import make  # noqa: F401
    except ImportError as err:
        return f"the program can't be imported there ({err}); install its requirements"
    folder = Path(needed.folder)
    try:
        seen = (folder / "token").read_text() == needed.token
    except OSError:
        seen = False
    if not seen:
        return f"it doesn't see the workspace at {folder.parent}; mount it there under this path"
    try:
        (folder / name).write_text(name)
    except OSError as err:
        return f"it can't write into the workspace at {folder.parent} ({err.strerror})"
    return _unread(needed.paths)


def _unread(paths: Iterable[str]) -> str:
    """What is said when some of the paths can't be read; empty when all can."""
    unread = [path for path in paths if not os.access(path, os.R_OK)]
    if not unread:
        return ""
    more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
    return f"it can't read {unread[0]}{more}; mount the folder there under the same path"
