"""The log: ids in each line, several processes in one file, rotation, a disk that takes nothing."""

from __future__ import annotations

import logging
import multiprocessing
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from migrate_core.errors import JobCancelledError
from migrate_core.jobs.pool import WorkerCrashedError, WorkerPool
from migrate_core.logs import setup
from migrate_core.logs.context import about, bound
from migrate_core.logs.jobs import logged
from migrate_core.logs.reading import last_lines
from migrate_core.logs.setup import MAX_BYTES, LogFile
from tests.support.logs import lines_of, log, log_and_fill, log_many, log_then_die, logging_to

PATIENCE_S = 60
LINE = re.compile(r"^\S+Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) +\[\d+\] job=\S+ pair=\S+ \S+: ")


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "logs" / "migrate.log"
    with logging_to(LogFile(path)):
        yield path


def test_each_line_names_job_and_pair(path: Path) -> None:
    log.info("before")
    with about({"job": "j1"}), about({"pair": "p1"}):
        log.info("two\nlines")
        try:
            raise ValueError("no\rreturn")
        except ValueError:
            log.exception("it failed")
    log.info("after")
    first, *about_it, last = lines_of(path)
    assert "job=- pair=- migrate_core.test: before" in first
    assert "job=- pair=- migrate_core.test: after" in last
    assert all("job=j1 pair=p1 migrate_core.test: " in line for line in about_it)
    assert all(LINE.match(line) for line in about_it)
    assert any("Traceback" in line for line in about_it)
    assert any("ValueError" in line for line in about_it)
    assert last_lines(path, "pair", "p1") == last_lines(path, "job", "j1") == tuple(about_it)


def test_no_text_passes_for_a_line_about_something_else(path: Path) -> None:
    head = "2020-01-01T00:00:00.000Z INFO     [1] job=j2 pair=p2 migrate_core: forged"
    log.info("a name\n%s\r%s\x1b[2J\u2028%s", head, head, head)
    assert last_lines(path, "pair", "p2") == ()
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.filterwarnings("default")
def test_levels_and_other_libraries(tmp_path: Path) -> None:
    path = tmp_path / "migrate.log"
    with logging_to(LogFile(path, "DEBUG")):
        noisy = logging.getLogger("urllib3.connectionpool")
        noisy.setLevel(logging.DEBUG)
        noisy.info("GET /")
        noisy.setLevel(logging.NOTSET)
        logging.getLogger("rasterio._err").warning("GDAL warns")
        warnings.warn("Python warns", stacklevel=1)
        log.debug("in detail")
    text = path.read_text()
    assert "GET /" not in text
    assert all(words in text for words in ("GDAL warns", "Python warns", "in detail"))
    with logging_to(LogFile(tmp_path / "other.log", "WARNING")):
        log.info("not heard")
        log.warning("heard")
    (line,) = lines_of(tmp_path / "other.log")
    assert line.endswith("heard")


def test_without_a_configuration_nothing_goes_to_stderr() -> None:
    words = "import logging, migrate_core.jobs.pool as p; p.log.error('an error')"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


@pytest.mark.filterwarnings("default")
def test_nothing_goes_to_stderr(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log.error("an error")
    warnings.warn("a warning", stacklevel=1)
    assert capfd.readouterr() == ("", "")


def test_a_log_that_can_not_be_written_ends_no_work(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    full = Path("/dev/full")
    places = [tmp_path / "no" / "folder" / "x.log", *([full] if full.exists() else [])]
    for place in places:
        with logging_to(LogFile(place)):
            log.error("lost")
            (handler,) = setup._handlers()
            handler.handle(
                logging.makeLogRecord({"name": "x", "levelno": 40, "msg": "%d", "args": ("one",)})
            )
    assert capfd.readouterr() == ("", "")


def test_the_file_rotates(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (handler,) = setup._handlers()
    handler.maxBytes = 2_000
    log_many("p", 200)
    files = sorted(file.name for file in path.parent.iterdir() if not file.name.startswith("."))
    assert files == ["migrate.log", *(f"migrate.log.{n}" for n in range(1, 5))]
    assert all(file.stat().st_size <= 2_000 for file in path.parent.iterdir())
    kept = [line for name in reversed(files) for line in lines_of(path.parent / name)]
    numbers = [int(line.split()[-3]) for line in kept]
    assert numbers == list(range(numbers[0], 200))
    assert len(last_lines(path, "pair", "p")) > len(lines_of(path))


def test_processes_that_rotate_together_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "migrate.log"
    path.write_bytes(b"x" * (MAX_BYTES - 10_000) + b"\n")
    context = multiprocessing.get_context("spawn")
    names = ("one", "two", "three")
    processes = [
        context.Process(target=log_and_fill, args=(str(path), name, 300)) for name in names
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE_S)
        assert process.exitcode == 0
    lines = [line for file in (path.with_name("migrate.log.1"), path) for line in lines_of(file)]
    assert not path.with_name("migrate.log.2").exists()
    for name in names:
        found = [line for line in lines if f"pair={name} " in line]
        assert [int(line.split()[-3]) for line in found] == list(range(300))
    assert all(LINE.match(line) for line in lines if not line.startswith("x"))


@pytest.mark.slow
def test_lines_of_workers_arrive_in_order_with_the_right_ids(path: Path) -> None:
    with WorkerPool(2) as pool, about({"job": "j1"}):
        calls = [pool.submit(log_many, f"p{number}", 50) for number in range(4)]
        pids = [call.result(PATIENCE_S) for call in calls]
    for number, pid in enumerate(pids):
        found = last_lines(path, "pair", f"p{number}")
        assert [int(line.split()[-3]) for line in found] == list(range(50))
        assert all(f"[{pid}] job=j1 " in line for line in found)


@pytest.mark.slow
def test_a_killed_worker_leaves_what_it_said_and_how_it_ended(path: Path) -> None:
    with WorkerPool(1) as pool, about({"job": "j1"}):
        with pytest.raises(WorkerCrashedError):
            pool.submit(log_then_die, "p1").result(PATIENCE_S)
        pool.submit(log_many, "p2", 1).result(PATIENCE_S)
    words, death, after = last_lines(path, "job", "j1")
    assert words.endswith("pair=p1 migrate_core.test: the last words")
    assert "WARNING" in death
    assert "SIGKILL" in death
    assert "pair=p2" in after


def test_a_thread_has_the_ids_that_it_was_given(path: Path) -> None:
    with ThreadPoolExecutor(1) as threads:
        with about({"job": "j1"}):
            threads.submit(bound(log.info), "with").result()
            threads.submit(log.info, "without").result()
    assert [line.split("job=")[1][:2] for line in lines_of(path)] == ["j1", "- "]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, ["begins", "ended after"]),
        (JobCancelledError("enough"), ["begins", "was cancelled"]),
        (KeyboardInterrupt(), ["begins", "was cancelled"]),
        (SystemExit(1), ["begins", "failed after"]),
        (ValueError("a bug"), ["begins", "failed after", "Traceback"]),
    ],
)
def test_a_job_says_when_it_begins_and_how_it_ends(
    path: Path, error: BaseException | None, words: list[str]
) -> None:
    def work() -> None:
        with logged("masks", "j1"):
            if error is not None:
                raise error

    if error is None:
        work()
    else:
        with pytest.raises(type(error)):
            work()
    lines = last_lines(path, "job", "j1")
    assert all(word in line for word, line in zip(words, lines, strict=False))
    assert len(lines) >= len(words)


def test_only_the_end_of_a_long_log_is_read(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("x" * 3_000_000 + "\n")
    log_many("p", 300)
    lines = last_lines(path, "pair", "p")
    assert len(lines) == 200
    assert lines[-1].endswith("number 299 of p")
    assert last_lines(path.with_name("missing.log"), "pair", "p") == ()
