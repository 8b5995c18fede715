"""A contestant in a process of its own: what it answers, and what it and its children took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.speed.measuring.server import CountingServer

REPOSITORY = Path(__file__).resolve().parents[3]
LAUNCHER = Path(__file__).with_name("launcher.py")
ENVIRONMENT = REPOSITORY / ".venv-benchmarks"
INSTALLED = ENVIRONMENT / ".installed"
# Contestants keep byte code, as what pip installs does: without it each process compiles all of the
# program again, and most of what is measured is that.
_SURROUNDINGS = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


class ContestantError(Exception):
    """A contestant that failed, with what it said."""


@dataclass(frozen=True)
class Cost:
    """Processor and passed seconds, peak memory and bytes read in MB, requests and MB over HTTP."""

    cpu_s: float
    seconds: float
    peak_mb: float
    read_mb: float
    requests: float = 0
    sent_mb: float = 0


@dataclass(frozen=True)
class Contestant:
    """A command whose last line of output is its answer as JSON."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None


def contestant(name: str, module: str, function: str, **arguments: Any) -> Contestant:
    """A function of a module of `benchmarks.speed.contestants`, with its arguments."""
    given = json.dumps(arguments, default=str)
    words = ("-m", f"benchmarks.speed.contestants.{module}", function, given)
    return Contestant(name, (sys.executable, *words))


def in_other_environment(one: Contestant) -> Contestant:
    """The same with the Python of `make setup-benchmarks`."""
    return Contestant(one.name, (str(ENVIRONMENT / "bin" / "python"), *one.command[1:]))


def command_line(name: str, workspace: Path, *words: object, **environment: str) -> Contestant:
    """`python -m migrate_core` in a workspace."""
    program = (sys.executable, "-m", "migrate_core", "--workspace", str(workspace))
    return Contestant(name, (*program, *map(str, words)), environment)


def run(one: Contestant, server: CountingServer | None = None) -> tuple[Any, Cost]:
    """The answer of a contestant (None when it isn't JSON) and what it took.

    Requests and bytes are those that `server` counted meanwhile. The processor and passed seconds
    are those of the process, or of the work alone where the contestant says what that took: where
    Python's start would be most of it. Raises ContestantError.
    """
    if server is not None:
        server.forget()
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        launched = [sys.executable, "-S", str(LAUNCHER), report.name, *one.command]
        environment = {**_SURROUNDINGS, "PYTHONPATH": str(REPOSITORY), **(one.environment or {})}
        done = subprocess.run(
            launched, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )
        found = json.loads(report.read() or b'{"status": "no report"}')
    if found.pop("status") != 0:
        raise ContestantError(f"{one.name}: {done.stderr.strip()[-2000:]}")
    counted = (len(server.requests), server.bytes_sent / 1e6) if server is not None else (0, 0)
    cost = Cost(**found, requests=counted[0], sent_mb=counted[1])
    answer = _answer(done.stdout)
    if isinstance(answer, dict) and set(answer) == {"answer", "work"}:
        return answer["answer"], replace(cost, **answer["work"])
    return answer, cost


def _answer(output: str) -> Any:
    """The last line of an output, or all of it, where that is JSON."""
    for text in (output, output.strip().rpartition("\n")[2]):
        try:
            return json.loads(text)
        except ValueError:
            continue
    return None


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each number of several runs."""
    return Cost(
        **{item.name: median(getattr(c, item.name) for c in costs) for item in fields(Cost)}
    )
