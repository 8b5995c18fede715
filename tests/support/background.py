"""What pages start in the background, noted, or done at once in the process of the test."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from typing import Any
from unittest import mock

import pytest

from migrate_core import background
from migrate_core.errors import MigrateError
from migrate_core.jobs.background import busy_error, claim, now_utc, running_job
from migrate_core.session import Session
from migrate_core.settings import load_settings
from migrate_core.store.base import Store
from migrate_core.store.serialize import from_json
from migrate_core.workspace import Workspace, log_file
from tests.support.logs import logging_to

# The kind of each job, and what it was asked for.
Launched = list[tuple[str, Any]]


def read(request: Mapping[str, Any]) -> Any:
    """What a job was asked for, of the JSON in its row."""
    (command,) = [one for one in background._COMMANDS if one.name == request["work"]]
    return from_json(command.request, request["request"])


def do(
    store: Store,
    workspace: Workspace,
    kind: str,
    request: Any,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Do in this process what the process of its own would."""
    workspace.logs.mkdir(exist_ok=True)
    workspace.log(kind).write_text(f"{kind}\n", encoding="utf-8")
    job = claim(store, kind, 0, request=request)
    with mock.patch.dict(os.environ, environ or {}):
        session = Session(load_settings(workspace.root))
        try:
            with logging_to(log_file(session.settings)):
                background.perform(session, job.job_id)
        except MigrateError:
            pass
        except Exception:
            with workspace.log(kind).open("a", encoding="utf-8") as log:
                traceback.print_exc(file=log)
        finally:
            session.store.engine.dispose()


class Launches:
    """Stands for `launch`: notes what is to be started; `go` does the last of it."""

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self.found: Launched = []
        self.environs: list[dict[str, str]] = []
        self._calls: list[tuple[Any, ...]] = []

    def __call__(
        self,
        store: Store,
        workspace: Workspace,
        kind: str,
        request: Any,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Note it, where nobody is at it."""
        running = running_job(store, kind, now_utc())
        if running is not None:
            raise busy_error(running)
        self.found.append((kind, read(request)))
        self.environs.append(dict(environ or {}))
        self._calls.append((store, workspace, kind, request, environ))
        if self._at_once:
            self.go()

    def go(self) -> None:
        """Do what was started last, as the process of its own would."""
        do(*self._calls[-1])


def note_launches(monkeypatch: pytest.MonkeyPatch, *, at_once: bool = False) -> Launches:
    """Let pages start nothing, but note it; or do it at once."""
    found = Launches(at_once=at_once)
    monkeypatch.setattr(background, "launch", found)
    return found
