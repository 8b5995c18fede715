"""Files are read in worker processes, so that what crashes a library costs one file.

GDAL, GEOS and Arrow are C++: a damaged or malicious file may end the process that reads it, or
take all of its memory. The workers stay for the calls after.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

from ...errors import MaskError, MigrateError
from ...jobs.pool import WorkerCrashedError, WorkerOverdueError, WorkerPool

log = logging.getLogger(__name__)

T = TypeVar("T")
P = ParamSpec("P")

# The largest files that are taken are read in minutes; what takes longer never ends.
_LIMIT_S = 30 * 60
# How often somebody is asked, meanwhile, whether to go on.
_TICK_S = 0.5

_pools: dict[int, WorkerPool] = {}


@contextmanager
def reading_pool(workers: int) -> Iterator[WorkerPool]:
    """So many workers, kept for the next time; after an error in the block new ones are started.

    With one worker, calls are answered in their order.
    """
    if workers not in _pools:
        _pools[workers] = WorkerPool(workers, _LIMIT_S)
    pool = _pools[workers]
    try:
        yield pool
    except BaseException:
        _pools.pop(workers, None)
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def read_isolated(
    name: str, going_on: Callable[[], None], function: Callable[..., T], *args: object
) -> T:
    """What `function(*args)` makes of the file called `name`, in a worker process.

    Raises MaskError that names the file, whatever happens. `going_on()` is called now and then
    meanwhile and may raise to end it.
    """
    with reading_pool(1) as pool:
        future: Future[T] = pool.submit(named, name, function, *args)
        wait_for(future, going_on)
    try:
        return future.result()
    except WorkerCrashedError as err:
        raise MaskError(crash(name, err)) from err


def wait_for(future: Future[T], going_on: Callable[[], None]) -> None:
    """Wait until a call has ended, however; `going_on()` is called meanwhile."""
    while not wait([future], timeout=_TICK_S).done:
        going_on()


def named(name: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function gives; an error that nobody foresaw becomes a MaskError with the name.

    A fault of this program, or of a library, over one file must not cost the others.
    """
    try:
        return function(*args, **kwargs)
    except MigrateError as err:
        log.warning("%s", err)
        raise
    except MemoryError as err:
        raise MaskError(
            f"{name}: it doesn't fit into the memory of this machine ({err or 'no more to be had'})"
            ". Cut it into parts."
        ) from err
    except Exception as err:  # whatever it is, it belongs to this file
        log.exception("%s: an unforeseen error.", name)
        frame = traceback.extract_tb(err.__traceback__)[-1]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        raise MaskError(
            f"{name}: it can't be read because of an unforeseen error ({type(err).__name__}: "
            f"{err}, at {where}). Save it again with another program, or leave it out."
        ) from err


def crash(name: str, err: WorkerCrashedError) -> str:
    """What to say of a file that a worker died over."""
    if isinstance(err, WorkerOverdueError):
        return (
            f"{name}: after {_LIMIT_S // 60} minutes it still wasn't read, and was given up. Make "
            "it simpler, or cut it into parts."
        )
    return (
        f"{name}: the program that read it died over it, so the file is damaged, or too large for "
        "the memory of this machine. Save it again, or cut it into parts."
    )
