"""What is installed: one list of requirements, and the versions that the tests passed with."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.requirements import REPOSITORY, lines_of

REQUIREMENTS = (REPOSITORY / "requirements.txt", REPOSITORY / "tests" / "requirements.txt")
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")


def required() -> list[Requirement]:
    return [
        Requirement(line)
        for path in REQUIREMENTS
        for line in lines_of(path)
        if not line.startswith("-r ")
    ]


def pins() -> dict[str, Version]:
    found: dict[str, Version] = {}
    for line in lines_of(REPOSITORY / "constraints.txt"):
        name, _, version = line.partition("==")
        assert canonicalize_name(name) not in found, f"{name} is pinned twice"
        found[canonicalize_name(name)] = Version(version)
    return found


def reached(python: str, machine: str) -> Iterator[tuple[str, Requirement]]:
    """Everything that is installed on `python`, and what asks for it.

    What a package asks for is known of those that are installed here.
    """
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine,
    }
    waiting = [("requirements.txt", requirement) for requirement in required()]
    seen: set[tuple[str, str]] = set()
    while waiting:
        asker, requirement = waiting.pop()
        yield asker, requirement
        for extra in ("", *requirement.extras):
            key = (canonicalize_name(requirement.name), extra)
            if key in seen:
                continue
            seen.add(key)
            for line in requires(requirement.name) or ():
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({**environment, "extra": extra}):
                    waiting.append((requirement.name, needed))


def test_constraints_are_names_with_versions() -> None:
    for line in lines_of(REPOSITORY / "constraints.txt"):
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line), line


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("python", PYTHONS)
def test_every_package_is_pinned_to_what_all_others_allow(python: str, machine: str) -> None:
    pinned = pins()
    wrong = [
        f"{asker} needs {requirement}, pinned is {pinned.get(canonicalize_name(requirement.name))}"
        for asker, requirement in reached(python, machine)
        if (version := pinned.get(canonicalize_name(requirement.name))) is None
        or not requirement.specifier.contains(version, prereleases=True)
    ]
    assert wrong == []


def test_nothing_is_pinned_that_nothing_needs() -> None:
    needed = {
        canonicalize_name(requirement.name)
        for python, machine in itertools.product(PYTHONS, MACHINES)
        for _, requirement in reached(python, machine)
    }
    assert set(pins()) <= needed


def test_setup_installs_the_pinned_versions() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for path in REQUIREMENTS:
        name = path.relative_to(REPOSITORY).as_posix()
        assert f" -r {name} -c constraints.txt\n" in makefile


def test_the_tests_have_what_builds_the_package() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    build = {str(Requirement(line)) for line in project["build-system"]["requires"]}
    assert build <= {str(requirement) for requirement in required()}
