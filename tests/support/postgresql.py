"""A PostgreSQL server of one's own, for tests and measurements."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def why_no_postgresql() -> str | None:
    """What is missing on this machine; None where a cluster can be made."""
    if postgresql_programs() is None:
        return "no PostgreSQL server is installed here (initdb was not found)"
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed; see tests/requirements.txt"
    return None


@contextmanager
def postgresql_cluster(fsync: str = "off", port: int | None = None) -> Iterator[str]:
    """The URL of a private cluster on a Unix socket, empty, gone afterwards.

    With `port` it listens there as well, on the loopback.
    """
    programs = postgresql_programs()
    assert programs is not None, why_no_postgresql()
    # Not below pytest's folders: those are closed to other users, and sockets need short paths.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    cluster = folder / "data"
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    listens = (
        "listen_addresses=''" if port is None else f"listen_addresses=127.0.0.1 -c port={port}"
    )
    options = f"-c {listens} -c unix_socket_directories={folder} -c fsync={fsync}"
    control = [programs / "pg_ctl", "-D", cluster, "-w"]
    try:
        _run([programs / "initdb", "-D", cluster, "-U", "migrate", "-A", "trust"])
        _run([*control, "-l", folder / "log", "-o", options, "start"])
        try:
            yield f"postgresql+psycopg://migrate@/postgres?host={folder}"
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder)


def postgresql_programs() -> Path | None:
    """The folder of Debian's newest PostgreSQL server, or that of `initdb` on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[4])
    named = shutil.which("initdb")
    programs = found[-1] if found else Path(named) if named else None
    return programs.parent if programs else None


def _run(command: Sequence[object]) -> None:
    # PostgreSQL refuses to run as root.
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    words = [*prefix, *map(str, command)]
    done = subprocess.run(words, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
