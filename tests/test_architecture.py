"""The house's layers: imports go down only, and no room grows too big to know.

`find_violations` reads source text, so it is tested on small made-up projects as well.
"""

import ast
import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

from migrate_core.scenes.sources import SERVICES

REPOSITORY = Path(__file__).resolve().parent.parent

# From top to bottom. A room may import itself and every room on a line below its own;
# rooms on one line do not know each other.
LAYERS = (
    ("app", "pages"),
    ("pages.shared",),
    ("migrate_core.__main__",),
    ("migrate_core.cli", "migrate_core.notebook"),
    ("migrate_core.background",),
    ("migrate_core.job_requests",),
    ("migrate_core.export",),
    ("migrate_core.review",),
    ("migrate_core.pairs",),
    ("migrate_core.scenes",),
    ("migrate_core.masks",),
    ("migrate_core.session",),
    ("migrate_core.jobs", "migrate_core.products", "migrate_core.transfer"),
    ("migrate_core.store",),
    ("migrate_core.demo",),  # the synthetic example, which stands alone
    ("migrate_core.advice",),
    ("migrate_core.model",),
    ("migrate_core.mask",),
    ("migrate_core.acquired", "migrate_core.states"),
    ("migrate_core.grid", "migrate_core.text", "migrate_core.escaping"),
    ("migrate_core.workspace",),
    ("migrate_core.settings",),
    ("migrate_core.logs",),
    ("migrate_core.files",),
    ("migrate_core.errors",),
    ("migrate_core",),  # __init__.py: the version, open to all, and the door to the notebook way
)
DEPTH = {room: depth for depth, rooms in enumerate(LAYERS) for room in rooms}

OWN = {"app", "pages", "migrate_core"}
USER_INTERFACE = {"streamlit", "folium", "streamlit_folium"}
NOT_THREAD_SAFE = ("matplotlib.pyplot", "matplotlib.pylab", "pylab")
# The package gives the functions of this module as its own, and imports it when one is asked for.
BEHIND_THE_DOOR = "migrate_core.notebook"
SOURCES = "migrate_core.scenes.sources"
# STAC is also what datasets are written as, and TACO has columns that begin with it.
FORMATS = "migrate_core.export.formats"
COMMON_TO_SOURCES = {"protocol", "adapter", "eodata"}
# What a source is called. Nobody else asks for it: the source itself says what it is.
NAMES_OF_SOURCES = tuple(SERVICES)
SCHEMES_OF_SOURCES = ("local:", "dhus:", "stac:")

# Who speaks SQL; tests may, to look at what is in the database.
SQL = "sqlalchemy"
SPEAKS_SQL = ("migrate_core.store", "tests")

PAGE_LINES = 120
MODULE_LINES = 350
FOLDER_MODULES = 16


def within(name: str, package: str) -> bool:
    """Whether dotted `name` is `package` or something in it."""
    return name == package or name.startswith(package + ".")


def module_name(path: str) -> str:
    """`a/b/c.py` -> `a.b.c`; `a/__init__.py` -> `a`."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def room_of(name: str) -> str | None:
    """The innermost room that holds dotted `name`; None for what is not ours."""
    return max((room for room in DEPTH if within(name, room)), key=len, default=None)


@functools.lru_cache(maxsize=1)
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """All nodes of a file; of the last one they are kept, as several rules look at them."""
    return tuple(ast.walk(ast.parse(source)))


def imports_of(path: str, source: str) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything imported, wherever in the file it stands."""
    package = module_name(path).split(".")
    if PurePosixPath(path).name != "__init__.py":
        package.pop()
    for node in nodes_of(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            up = package[: len(package) - node.level + 1] if node.level else []
            base = [*up, node.module] if node.module else up
            for alias in node.names:
                yield node.lineno, ".".join([*base, alias.name])
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = ast.unparse(node.func).rpartition(".")[2]
            if function in {"import_module", "__import__"}:
                yield node.lineno, str(node.args[0].value)


def source_adapter(name: str, modules: set[str]) -> str | None:
    """Which scene source a dotted name belongs to; None for what they share and for the rest."""
    if not name.startswith(SOURCES + "."):
        return None
    adapter = name.removeprefix(SOURCES + ".").split(".")[0]
    is_module = f"{SOURCES}.{adapter}" in modules
    return adapter if is_module and adapter not in COMMON_TO_SOURCES else None


def why_not(importer: str, imported: str, modules: set[str]) -> str | None:
    """The rule that an import breaks, or None."""
    if any(within(imported, name) for name in NOT_THREAD_SAFE):
        return "pyplot is not thread-safe; use matplotlib.figure.Figure"
    if within(importer, "migrate_core") and imported.split(".")[0] in USER_INTERFACE:
        return "migrate_core knows no user interface"
    if within(imported, SQL) and not any(within(importer, room) for room in SPEAKS_SQL):
        return "SQL is written in the store"
    here, there = room_of(importer), room_of(imported)
    if here is None or there is None:
        return None
    if here == there:
        mine, other = source_adapter(importer, modules), source_adapter(imported, modules)
        return "no source imports another" if mine and other and mine != other else None
    if importer == "migrate_core" and within(imported, BEHIND_THE_DOOR):
        return None
    if here == "migrate_core.demo":
        return "the demo stands alone"
    if there == "migrate_core.cli" and here != "migrate_core.__main__":
        return "only __main__ imports the command line"
    if there == "migrate_core.__main__":
        return "nothing imports __main__"
    return None if DEPTH[there] > DEPTH[here] else "imports go down only"


def named_sources(path: str, source: str, modules: set[str]) -> Iterator[tuple[int, str]]:
    """Line and text of what names a source: imports of adapters, and strings but docstrings."""
    for line, imported in imports_of(path, source):
        if source_adapter(imported, modules):
            yield line, imported
    prose = {node.value for node in nodes_of(source) if isinstance(node, ast.Expr)}
    for node in nodes_of(source):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            text = node.value
            if text in NAMES_OF_SOURCES or text.startswith(SCHEMES_OF_SOURCES):
                yield node.lineno, text


def find_violations(files: Mapping[str, str]) -> list[str]:
    """Every broken rule in `files` (path from the repository's root -> source), as a sentence."""
    modules = {module_name(path) for path in files}
    found = []
    for path, source in sorted(files.items()):
        name = module_name(path)
        if room_of(name) == "migrate_core" and name != "migrate_core":
            found.append(f"{path}: has no layer; give it one in LAYERS")
        for line, imported in imports_of(path, source):
            if reason := why_not(name, imported, modules):
                found.append(f"{path}:{line}: imports {imported}: {reason}")
        if name.split(".")[0] in OWN and not (within(name, SOURCES) or within(name, FORMATS)):
            for line, text in named_sources(path, source, modules):
                found.append(f"{path}:{line}: names {text}: a source is asked, not named")
        if name.split(".")[0] in {"app", "pages"} and "switch_page(" in source:
            found.append(f"{path}: calls switch_page, which can leave the page white; use a link")
        limit = PAGE_LINES if room_of(name) in {"app", "pages"} else MODULE_LINES
        if name.split(".")[0] in OWN and (length := len(source.splitlines())) > limit:
            found.append(f"{path}: {length} lines, at most {limit}")
    return [*found, *full_folders(files)]


def full_folders(paths: Iterable[str]) -> Iterator[str]:
    """The folders of ours with too many modules to know, each as a sentence."""
    modules = (PurePosixPath(path) for path in paths)
    counted = Counter(path.parent for path in modules if path.name != "__init__.py")
    for folder, number in sorted(counted.items()):
        if folder.parts[:1] in {("pages",), ("migrate_core",)} and number > FOLDER_MODULES:
            yield f"{folder}: {number} modules, at most {FOLDER_MODULES}"


def read_project() -> dict[str, str]:
    """The source of every module of ours; folders that are not there yet are left out."""
    paths = [REPOSITORY / "app.py"]
    for folder in ("pages", "migrate_core", "benchmarks", "tests"):
        paths += (REPOSITORY / folder).rglob("*.py")
    return {
        path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.is_file()
    }


def test_the_project_keeps_its_own_rules():
    files = read_project()

    assert "migrate_core/__init__.py" in files
    assert find_violations(files) == []


@pytest.mark.parametrize(
    ("path", "source", "reason"),
    [
        ("migrate_core/grid.py", "import migrate_core.model", "down only"),
        ("migrate_core/grid.py", "from migrate_core import model", "down only"),
        ("migrate_core/grid.py", "from .model import Mask", "down only"),
        ("migrate_core/grid.py", "def f():\n    from . import model", "down only"),
        ("migrate_core/workspace.py", "from .store import Store", "down only"),
        ("migrate_core/store/base.py", "from ..jobs import Job", "down only"),
        ("migrate_core/errors.py", "from .settings import Settings", "down only"),
        ("migrate_core/masks/raster/opening.py", "from ...scenes import run", "down only"),
        ("migrate_core/masks/run.py", "from ..review.set_aside import SetAside", "down only"),
        ("migrate_core/session.py", "from .masks.run import finish", "down only"),
        ("migrate_core/cli/masks.py", "from ..notebook import add_masks", "down only"),
        ("migrate_core/export/run.py", "from ..notebook import export_dataset", "down only"),
        ("migrate_core/pairs/__init__.py", "from ..review import queue", "down only"),
        ("migrate_core/__init__.py", "from .model import Mask", "down only"),
        ("migrate_core/export/card.py", "from pages.shared import plots", "down only"),
        ("pages/shared/frame.py", "import app", "down only"),
        ("pages/shared/frame.py", "from pages import other", "down only"),
        ("app.py", "import pages.first", "down only"),
        ("migrate_core/review/queue.py", "from ..cli import main", "command line"),
        ("pages/shared/frame.py", "import migrate_core.cli.masks", "command line"),
        ("migrate_core/cli/masks.py", "import migrate_core.__main__", "imports __main__"),
        ("migrate_core/demo/make.py", "from ..model import Mask", "stands alone"),
        ("migrate_core/demo/make.py", "from migrate_core import __version__", "stands alone"),
        ("migrate_core/jobs/background.py", "import streamlit as st", "user interface"),
        ("migrate_core/export/card.py", "from folium.plugins import Draw", "user interface"),
        ("migrate_core/jobs/pool.py", "from streamlit_folium import st_folium", "user interface"),
        ("migrate_core/jobs/background.py", "import_module('streamlit')", "user interface"),
        ("migrate_core/export/card.py", "import matplotlib.pyplot as plt", "thread-safe"),
        ("pages/shared/plots.py", "from matplotlib import pyplot", "thread-safe"),
        ("tests/test_plots.py", "from matplotlib.pyplot import plot", "thread-safe"),
        ("migrate_core/scenes/sources/dhus.py", "from . import stac", "source imports another"),
        ("migrate_core/scenes/sources/dhus.py", "from .stac import S", "source imports another"),
        ("migrate_core/jobs/background.py", "import sqlalchemy as sa", "written in the store"),
        ("migrate_core/review/queue.py", "from sqlalchemy.exc import E", "written in the store"),
        ("pages/shared/frame.py", "def f():\n    import sqlalchemy", "written in the store"),
        ("benchmarks/accuracy/real.py", "import sqlalchemy", "written in the store"),
        ("migrate_core/pairs/task.py", "from ..scenes.sources.stac import S", "not named"),
        ("migrate_core/pairs/task.py", "if source == 'cdse':\n    pass", "not named"),
        ("pages/shared/frame.py", "source.startswith('local:')", "not named"),
        ("migrate_core/cli/masks.py", "f'local:{folder}'", "not named"),
        ("migrate_core/new.py", "", "no layer"),
        ("pages/shared/frame.py", "st.switch_page('app.py')", "leave the page white"),
        ("pages/1_Masks.py", "\n" * (PAGE_LINES + 1), "lines"),
        ("app.py", "\n" * (PAGE_LINES + 1), "lines"),
        ("pages/shared/frame.py", "\n" * (MODULE_LINES + 1), "lines"),
        ("migrate_core/pairs/align.py", "\n" * (MODULE_LINES + 1), "lines"),
    ],
)
def test_a_broken_rule_is_found_and_named(path, source, reason):
    project = {"migrate_core/scenes/sources/stac.py": "", path: source}

    (violation,) = find_violations(project)

    assert violation.startswith(path)
    assert reason in violation


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("app.py", "import streamlit\nfrom pages.shared.frame import begin_page"),
        ("pages/1_Masks.py", "from pages.shared import maps\nfrom migrate_core.store import Store"),
        ("pages/shared/maps.py", "import folium\nfrom pages.shared import frame"),
        ("migrate_core/__main__.py", "from .cli import main"),
        ("migrate_core/cli/masks.py", "from .. import demo, export\nfrom . import output"),
        ("migrate_core/export/card.py", "from ..pairs import quality\nfrom .manifest import rows"),
        ("migrate_core/__init__.py", "from .notebook import add_masks"),
        ("migrate_core/notebook.py", "from .export import run\nfrom .session import Session"),
        (
            "migrate_core/masks/run.py",
            "from ..demo import make_demo\nfrom ..session import Session",
        ),
        (
            "migrate_core/jobs/background.py",
            "from ..store import Store\nfrom .. import __version__",
        ),
        ("migrate_core/store/base.py", "from ..workspace import Workspace"),
        ("migrate_core/store/jobs.py", "import sqlalchemy as sa"),
        ("tests/store/test_store.py", "import sqlalchemy as sa"),
        ("migrate_core/model.py", "import shapely\nfrom .grid import PixelGrid"),
        ("migrate_core/scenes/sources/dhus.py", "from . import SceneSource"),
        ("migrate_core/scenes/sources/dhus.py", "from .protocol import SceneSource"),
        ("migrate_core/scenes/sources/stac.py", "from .stac import pages"),
        ("migrate_core/scenes/sources/__init__.py", "from . import stac\nCDSE = 'cdse'"),
        (
            "migrate_core/scenes/run.py",
            '"""local:PATH"""\nfrom .sources import open_source\nfrom .sources.protocol import S',
        ),
        ("migrate_core/export/card.py", "from matplotlib.figure import Figure"),
        ("migrate_core/pairs/align.py", "\n" * MODULE_LINES),
        ("tests/test_pairs.py", "import migrate_core.cli\n" + "\n" * MODULE_LINES),
    ],
)
def test_what_the_rules_allow_passes(path, source):
    project = {
        "migrate_core/scenes/sources/stac.py": "",
        "migrate_core/scenes/sources/protocol.py": "",
        path: source,
    }

    assert find_violations(project) == []


@pytest.mark.parametrize("folder", ["migrate_core/pairs", "pages/shared", "pages"])
def test_a_folder_with_too_many_modules_is_found_and_named(folder):
    modules = {f"{folder}/module_{number}.py": "" for number in range(FOLDER_MODULES)}
    modules |= {f"{folder}/__init__.py": "", f"{folder}/deeper/module.py": ""}

    assert find_violations(modules) == []
    assert find_violations({**modules, f"{folder}/more.py": ""}) == [
        f"{folder}: 17 modules, at most 16"
    ]


def test_tests_may_have_as_many_modules_in_a_folder_as_they_need():
    modules = {f"tests/pairs/test_{number}.py": "" for number in range(FOLDER_MODULES + 1)}

    assert find_violations(modules) == []
