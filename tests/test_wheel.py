"""The package: built from what is under version control, installed, and run from elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from migrate_core import __version__
from tests.support.browsing import REPOSITORY, free_port, listening_addresses, wait_for
from tests.support.requirements import lines_of

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

# Presses the button of the home page, and waits for the command that it starts.
PRESS_DEMO = """
import sys, time
from pathlib import Path
from streamlit.testing.v1 import AppTest
from migrate_core.jobs.background import messages, now_utc, running_job
from migrate_core.jobs.launch import last_output
from migrate_core.states import Level
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
app = AppTest.from_file(sys.argv[1], default_timeout=120).run()
assert not app.exception, app.exception
(button,) = [button for button in app.button if button.label == "Load the demo"]
app = button.click().run()
assert not app.error, app.error
workspace = Workspace(Path("workspace").absolute())
store = open_store(workspace)
while running_job(store, "demo", now_utc()):
    time.sleep(0.2)
print(last_output(workspace, "demo"), messages(store, "demo", Level.ERROR, Level.PROBLEM))
"""


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it; what it needs comes from the one of the tests."""

    root: Path

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"

    @property
    def script(self) -> Path:
        return self.root / "bin" / "migrate-labels"

    @property
    def package(self) -> Path:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return self.root / "lib" / f"python{version}" / "site-packages" / "migrate_core"


def environment() -> dict[str, str]:
    """Without what would let the checkout be found, or settings of this machine in."""
    left_out = (
        "DATABASE_URL",
        "PYTHONPATH",
        "PYTHONSAFEPATH",
        "VIRTUAL_ENV",
        "MIGRATE_",
        "STREAMLIT_",
    )
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def versioned(*folders: str) -> list[str]:
    """The files of the checkout that are under version control, or would be by .gitignore."""
    if not (REPOSITORY / ".git").exists():
        pytest.skip("no git checkout")
    words = ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"]
    return [
        name
        for name in run(*words, *folders, cwd=REPOSITORY).split("\0")
        if name and (REPOSITORY / name).is_file()
    ]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which nothing lies that git doesn't know."""
    folder = tmp_path_factory.mktemp("clone")
    for name in versioned():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check")
    run(*pip, "--no-build-isolation", "--no-deps", "-w", folder, clone, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def install(root: Path, *wanted: object) -> Installed:
    """A new environment at `root` with what pip is asked for, and what the tests have."""
    found = Installed(root)
    run(sys.executable, "-m", "venv", "--without-pip", root, cwd=root)
    shared = found.package.parent / "shared.pth"
    shared.write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", found.python, "install", "-q")
    alone = ("--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation")
    run(*pip, *alone, *wanted, cwd=root)
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(tmp_path_factory.mktemp("installed"), wheel)


@pytest.fixture
def served(installed: Installed, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Address and process of the app that `migrate-labels run` opens in an empty folder."""
    port, log = free_port(), tmp_path / "app.log"
    options = ("--server.headless", "true", "--server.port", str(port))
    with log.open("wb") as file:
        server = subprocess.Popen(
            [installed.script, "run", "--", *options],
            cwd=tmp_path,
            env=environment(),
            stdout=file,
            stderr=file,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/_stcore/health", log)
            yield address, server.pid
        finally:
            server.terminate()
            server.wait(timeout=20)


def test_the_wheel_holds_the_package_with_the_app_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"migrate_core"}
    app = {
        f"migrate_core/_app/{name}"
        for name in (
            "app.py",
            ".streamlit/config.toml",
            "docs/images/label_migrated.png",
            *versioned("pages"),
        )
    }
    assert {name for name in names if name.startswith("migrate_core/_app/")} == app
    ours = {name for name in names if name.startswith("migrate_core/")} - app
    assert ours == set(versioned("migrate_core"))
    assert "migrate_core/py.typed" in ours


def test_the_wheel_says_what_requirements_and_package_say(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = message_from_bytes(archive.read(name))

    assert metadata["Version"] == __version__
    listed = {str(Requirement(line)) for line in lines_of(REPOSITORY / "requirements.txt")}
    given = {str(Requirement(line)) for line in metadata.get_all("Requires-Dist", [])}
    assert {line.lower() for line in given} == {line.lower() for line in listed}


def test_the_script_is_the_command_line(installed: Installed, tmp_path: Path) -> None:
    assert __version__ in run(installed.script, "--version", cwd=tmp_path)

    status: dict[str, Any] = json.loads(run(installed.script, "status", "--json", cwd=tmp_path))

    assert status["masks"]["ready"] == 0
    assert (tmp_path / "workspace").is_dir()
    assert "Usage: migrate-labels " in run(installed.script, "--help", cwd=tmp_path)


def test_the_package_is_imported_from_where_it_is_installed(
    installed: Installed, tmp_path: Path
) -> None:
    code = "import migrate_core; print(migrate_core.__file__)"
    where = run(installed.python, "-c", code, cwd=tmp_path).strip()
    assert Path(where) == installed.package / "__init__.py"


def test_run_opens_the_app_from_anywhere(served: tuple[str, int]) -> None:
    address, process = served
    wait_for(f"{address}/", Path("/dev/null"))
    assert listening_addresses(process) == {"127.0.0.1"}


def test_the_home_page_starts_the_demo(installed: Installed, tmp_path: Path) -> None:
    said = run(
        installed.python, "-c", PRESS_DEMO, installed.package / "_app" / "app.py", cwd=tmp_path
    )
    status = json.loads(run(installed.script, "status", "--json", cwd=tmp_path))
    assert status["masks"]["ready"] == 6, said


def test_an_editable_install_is_the_checkout(clone: Path, tmp_path: Path) -> None:
    editable = install(tmp_path, "-e", clone)
    code = "from migrate_core.cli.run_app import app_script; print(app_script())"

    assert run(editable.python, "-c", code, cwd=tmp_path).strip() == str(clone / "app.py")
