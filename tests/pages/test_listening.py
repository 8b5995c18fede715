"""Who can reach the app: this machine only, unless somebody says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browsing import REPOSITORY, free_port, listening_addresses, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


@contextmanager
def started(folder: Path, script: str, **environ: str) -> Iterator[set[str]]:
    """The addresses that the app listens on, started from `folder` by the README's command."""
    port, log = free_port(), folder / "app.log"
    command = [sys.executable, "-m", "streamlit", "run", script]
    options = {
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_HEADLESS": "true",
        "MIGRATE_WORKSPACE": str(folder / "workspace"),
    }
    cwd = REPOSITORY if script == "app.py" else folder
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    with log.open("wb") as file:
        server = subprocess.Popen(
            command, cwd=cwd, env={**kept, **options, **environ}, stdout=file, stderr=file
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", log)
            yield listening_addresses(server.pid)
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.mark.parametrize("script", ["app.py", str(REPOSITORY / "app.py")], ids=["here", "away"])
def test_the_app_listens_on_this_machine_only(tmp_path: Path, script: str) -> None:
    with started(tmp_path, script) as addresses:
        assert addresses == {"127.0.0.1"}


def test_the_documented_variable_lets_others_reach_it(tmp_path: Path) -> None:
    with started(tmp_path, "app.py", STREAMLIT_SERVER_ADDRESS="0.0.0.0") as addresses:
        assert addresses == {"0.0.0.0"}
    assert "STREAMLIT_SERVER_ADDRESS=0.0.0.0 make run" in (REPOSITORY / "README.md").read_text()


def test_make_run_gives_no_address_of_its_own() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    (command,) = [line for line in makefile.splitlines() if "streamlit run" in line]
    assert command == "\t$(PY) -m streamlit run app.py"
