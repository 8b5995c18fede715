"""What downloads share: locks, connections, the usage record of a quota, the cache, orders."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path
from typing import Any

import pytest

from migrate_core.errors import JobCancelledError, TransferError
from migrate_core.files.locks import try_lock
from migrate_core.store.base import open_store
from migrate_core.transfer.cache import ProductCache
from migrate_core.transfer.http.retry import Runtime
from migrate_core.transfer.limits import Quota
from migrate_core.transfer.locks import ConnectionLimit, locked
from migrate_core.transfer.quota import QuotaUsage
from migrate_core.workspace import Workspace
from tests.support.transfer import Time

DAY = 86400.0


# locks


def hold_until_told(path: str, pipe: Any) -> None:
    """In another process: hold a lock until told to stop, or until killed."""
    lock = try_lock(Path(path))
    pipe.send(lock is not None)
    pipe.recv()


def test_a_lock_is_respected_by_processes_and_freed_by_a_killed_one(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "one"
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=hold_until_told, args=(str(path), theirs))
    process.start()
    assert mine.recv() is True
    assert try_lock(path) is None
    process.kill()
    process.join()
    lock = try_lock(path)
    assert lock is not None
    lock.release()
    lock.release()


def test_threads_exclude_each_other_and_readers_do_not(tmp_path: Path) -> None:
    path = tmp_path / "one"
    first, second = try_lock(path, shared=True), try_lock(path, shared=True)
    assert first is not None
    assert second is not None
    assert try_lock(path) is None
    first.release()
    second.release()
    with locked(path, Runtime()):
        assert try_lock(path, shared=True) is None


def test_waiting_for_a_lock_can_be_cancelled(tmp_path: Path) -> None:
    time = Time()

    def check() -> None:
        if time.slept:
            raise JobCancelledError("stop")

    time.check = check
    with locked(tmp_path / "one", Runtime()), pytest.raises(JobCancelledError):
        with locked(tmp_path / "one", time.runtime):
            pass


def test_no_more_than_the_allowed_connections_are_open_at_a_time(tmp_path: Path) -> None:
    limit = ConnectionLimit(tmp_path, 3, Runtime())
    count = threading.Lock()
    now = most = 0
    free = threading.Barrier(3)

    def work() -> None:
        nonlocal now, most
        with limit.connection():
            with count:
                now += 1
                most = max(most, now)
            free.wait(5)
            with count:
                now -= 1

    threads = [threading.Thread(target=work) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 3


# usage record


def test_the_usage_counts_what_the_days_of_the_quota_saw(tmp_path: Path) -> None:
    time = Time()
    usage = QuotaUsage(open_store(Workspace(tmp_path)), "cdse", Quota(1000, 30), time.runtime)
    usage.add(400, 2, "a")
    time.now += 20 * DAY
    usage.add(500, 3, "b")
    assert (usage.state().bytes, usage.state().requests, usage.state().left) == (900, 5, 100)
    usage.check(100)
    with pytest.raises(TransferError, match=r"cdse: .* are left. Wait some days"):
        usage.check(101)
    time.now += 11 * DAY
    other_process = QuotaUsage(
        open_store(Workspace(tmp_path)), "cdse", Quota(1000, 30), time.runtime
    )
    assert (other_process.state().bytes, other_process.state().left) == (500, 500)


def test_no_quota_is_no_limit_and_nothing_is_no_download(tmp_path: Path) -> None:
    usage = QuotaUsage(open_store(Workspace(tmp_path)), "s", None, Time().runtime)
    usage.add(7, 1, "a")
    usage.add(0, 0, "nothing")
    usage.add(8, 1, "b")
    assert (usage.state().bytes, usage.state().requests, usage.state().left) == (15, 2, None)
    usage.check(10**18)


def test_services_have_accounts_of_their_own(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    first, second = (QuotaUsage(store, name, None, Time().runtime) for name in ("a", "b"))
    first.add(7, 1, "x")
    second.add(8_000_000_000_000, 2, "y")
    assert (first.state().bytes, second.state().bytes) == (7, 8_000_000_000_000)


# cache


def a_cache(folder: Path, limit: int) -> ProductCache:
    return ProductCache(folder, limit, Runtime())


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name != ".locks"]


def write(size: int) -> Any:
    return lambda target: target.write_bytes(bytes(size))


def test_a_product_is_fetched_once_however_many_want_it_at_once(tmp_path: Path) -> None:
    cache = a_cache(tmp_path, 10**6)
    fetched: list[Path] = []
    started = threading.Barrier(6)

    def fetch(target: Path) -> None:
        fetched.append(target)
        target.write_bytes(b"x")

    def want() -> None:
        started.wait(5)
        cache.hold("a.zip", 1, fetch).release()

    threads = [threading.Thread(target=want) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fetched == [tmp_path / "a.zip"]


def test_what_was_not_used_for_the_longest_time_goes_first_and_what_is_in_use_stays(
    tmp_path: Path,
) -> None:
    import os

    cache = a_cache(tmp_path, 350)
    for age, name in enumerate(("old", "used", "young")):
        cache.hold(name, 100, write(100)).release()
        os.utime(tmp_path / name, (1000 + age, 1000 + age))
    held = cache.hold("old", 100, write(100))
    os.utime(tmp_path / "old", (1000, 1000))
    cache.hold("new", 100, write(100)).release()
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"old", "young", "new"}
    held.release()
    cache.make_room(350)
    assert left_in(tmp_path) == []


def test_folders_are_cleaned_up_as_well_and_parts_go_first(tmp_path: Path) -> None:
    cache = a_cache(tmp_path, 300)

    def folder(target: Path) -> None:
        target.mkdir()
        (target / "file").write_bytes(bytes(150))

    cache.hold("a.SAFE", 150, folder).release()
    (tmp_path / "b.zip.part").write_bytes(bytes(140))
    (tmp_path / "b.zip.part.json").write_text("{}")
    cache.hold("c", 100, write(100)).release()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != ".locks") == [
        "a.SAFE",
        "c",
    ]
    cache.make_room(300)
    assert left_in(tmp_path) == []


def test_a_fetch_that_fails_holds_nothing(tmp_path: Path) -> None:
    cache = a_cache(tmp_path, 100)

    def fail(_: Path) -> None:
        raise TransferError("no")

    with pytest.raises(TransferError):
        cache.hold("a", 1, fail)
    cache.hold("a", 1, write(1)).release()
