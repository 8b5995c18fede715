"""Fixtures for every test: the shared example data, and a clean slate."""

import functools
import gc
import os
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests.support.properties import THOROUGH, examples

# Only the processes that run tests import the rest, in fixtures: the one that hands tests out would
# do so before it starts them.
if TYPE_CHECKING:
    from migrate_core.demo import DemoCase

REPOSITORY = Path(__file__).resolve().parent.parent

# How long an example takes says more about the machine, and who else works on it, than the code.
hypothesis.settings.register_profile("untimed", deadline=None, max_examples=examples(100))
hypothesis.settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules stay: looking for garbage among them took a third of collecting, a sixth of tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real example data; tests that need it are skipped where it is absent."""
    configured = os.environ.get("MIGRATE_SHARED_DATA")
    folder = Path(configured) if configured else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no shared example data at {folder}; set MIGRATE_SHARED_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def require_data(shared_data: Path) -> Callable[[str], Path]:
    """A function from a name inside the shared data to its path; skips where it is absent."""

    def find(name: str) -> Path:
        path = shared_data / name
        if not path.exists():
            pytest.skip(f"the shared example data at {shared_data} has no {name}")
        return path

    return find


TESTS = Path(__file__).parent
# Folders whose tests drive whole stages, match whole images, or talk to servers on loopback: these
# get the mark `stage`.
STAGES = (
    "cli",
    "export",
    "pages",
    "pairs/registration",
    "pairs/run",
    "pipeline",
    "review",
    "scenes/sources",
    "transfer",
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Folders whose mark is left out are not even collected: to import their tests takes time."""
    folders = {"stage": STAGES, "browser": ("browser",)}
    left_out = (found for mark, found in folders.items() if f"not {mark}" in config.option.markexpr)
    return collection_path in {TESTS / name for found in left_out for name in found} or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the demo is slow: making it takes ten seconds, and two processes make two.

    So are properties with all of their examples, which fast runs try with a quarter of them. What
    drives whole stages takes half of the time of all that is quick, and has a mark of its own.
    """
    for item in items:
        function = getattr(item, "function", None)
        thorough = THOROUGH and hypothesis.is_hypothesis_test(function)
        if thorough or "demo" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
        if any(item.path.is_relative_to(TESTS / folder) for folder in STAGES):
            item.add_marker("stage")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> "DemoCase":
    """The demo, made once for all tests."""
    from migrate_core.demo import make_demo

    return make_demo(tmp_path_factory.mktemp("demo") / "demo")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the developer's own workspace, database, cluster and accounts."""
    from migrate_core.settings import ServiceSettings

    services = (field.name.upper() for field in fields(ServiceSettings))
    own = ("MIGRATE_WORKSPACE", "MIGRATE_LOG_LEVEL", "DATABASE_URL", "DASK_SCHEDULER")
    for name in (*own, *services):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def plots_undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export's plots are files without a picture: drawing takes longer than all else of it."""

    def write_empty(folder: Path, figures: Mapping[str, object]) -> list[Path]:
        paths = [folder / f"{name}.png" for name in figures]
        folder.mkdir(exist_ok=True)
        for path in paths:
            path.write_bytes(b"")
        return paths

    monkeypatch.setattr("migrate_core.export.dataset.write_plots", write_empty)


@pytest.fixture(scope="session", autouse=True)
def _threads_for_workers() -> Iterator[None]:
    """Work in threads of this process, unless a test is marked `workers`."""
    from tests.support.workers import ThreadPool, working_in

    with working_in(ThreadPool):
        yield


@pytest.fixture(autouse=True)
def _workers(request: pytest.FixtureRequest) -> Iterator[None]:
    """What is marked `workers` is about processes, their crashes and their ends."""
    if request.node.get_closest_marker("workers") is None:
        yield
        return
    from migrate_core.jobs.pool import WorkerPool
    from tests.support.workers import working_in

    with working_in(WorkerPool):
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_app_tests() -> Iterator[None]:
    """Keep each AppTest from what takes longer than most pages do.

    It looks for components in the metadata of all installed packages, and asks a thousand times a
    second whether the page is done, which holds the page up.
    """
    if "streamlit.testing.v1" not in sys.modules:
        yield
        return
    from streamlit.components.v2 import manifest_scanner
    from streamlit.testing.v1 import local_script_runner

    ask = local_script_runner.require_widgets_deltas

    def wait_then_ask(page: Any, timeout: float = 3) -> None:
        page._script_thread.join(timeout)
        ask(page, timeout)

    scanned = functools.cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", scanned)
        patch.setattr(local_script_runner, "require_widgets_deltas", wait_then_ask)
        yield


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test cuts the power; a new database alone waits for the disk some dozen times."""
    from migrate_core.store.schema import opening

    configure = opening._configure_sqlite

    def configure_quickly(connection: Any, record: Any) -> None:
        configure(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    monkeypatch.setattr(opening, "_configure_sqlite", configure_quickly)


@pytest.fixture(autouse=True)
def _own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put `__main__` back, which AppTest leaves to be the page: workers would run that first."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def _empty_streamlit_caches() -> Iterator[None]:
    """Streamlit's caches outlive an AppTest; empty them where Streamlit was imported at all."""
    yield
    streamlit = sys.modules.get("streamlit")
    if streamlit is not None:
        streamlit.cache_data.clear()
        streamlit.cache_resource.clear()
