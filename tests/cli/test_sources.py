"""`scenes test-source`, and searches that use what services answered before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from shapely.geometry import box, mapping

from migrate_core.cli import cli
from migrate_core.store.base import open_store
from migrate_core.store.last_search import last_found, last_responses
from migrate_core.workspace import Workspace
from tests.support.pairs import numbered_masks, open_case
from tests.support.range_server import Answer, serving
from tests.support.stac_items import SmallApi, earth_item

Run = Callable[..., Result]
AREA = box(2, 42, 3.5, 43)


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallApi]:
    """Earth Search in small, with a scene on the day of the masks."""
    item = earth_item()
    item |= {"geometry": mapping(AREA), "bbox": list(AREA.bounds)}
    item["properties"]["datetime"] = "2020-02-02T10:48:12.345000Z"
    with serving(tmp_path) as server:
        found = SmallApi([item])
        found.url = server.url
        server.rule = found
        monkeypatch.setenv("EARTH_SEARCH_URL", f"{server.url}/stac")
        yield found


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command in a workspace with three masks."""
    root = tmp_path / "workspace"
    case = open_case(root)
    case.store.put_masks(numbered_masks(tmp_path / "masks", 3))
    case.store.engine.dispose()

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, ["--workspace", str(root), *words])

    return invoke


SEARCH = ("scenes", "search", "--source", "earth-search")


def ids(result: Result) -> set[str]:
    assert result.exit_code == 0, result.stderr
    return {scene["scene_id"] for row in json.loads(result.stdout) for scene in row["scenes"]}


def test_the_second_search_uses_the_answer_and_refresh_asks_anew(
    api: SmallApi, run: Run, tmp_path: Path
) -> None:
    first = ids(run(*SEARCH, "--json"))
    asked = len(api.bodies)
    assert len(first) == 1
    assert asked > 0
    assert ids(run(*SEARCH, "--usable-cloud", "1", "--json")) == first
    assert len(api.bodies) == asked
    api.items = []
    assert run(*SEARCH).exit_code == 0
    assert run(*SEARCH, "--refresh").exit_code == 1
    assert len(api.bodies) == 2 * asked
    store = open_store(Workspace(tmp_path / "workspace"))
    assert set(last_responses(store)) == {"earth-search"}


def test_a_source_that_is_named_twice_is_asked_once(
    api: SmallApi, run: Run, tmp_path: Path
) -> None:
    run(*SEARCH, "--source", "earth-search", "--refresh")
    found = last_found(open_store(Workspace(tmp_path / "workspace")))
    assert found is not None
    assert found.sources == ("earth-search",)


def test_sources_are_tried_with_one_document(api: SmallApi, run: Run, tmp_path: Path) -> None:
    missing = f"local:{tmp_path}/missing"
    result = run("scenes", "test-source", "earth-search", missing, "--json")
    assert result.exit_code == 1
    good, bad = json.loads(result.stdout)
    assert (good["source"], good["problem"]) == ("earth-search", None)
    assert [step["state"] for step in good["steps"]] == ["works"]
    assert (bad["source"], bad["steps"][0]["state"]) == (missing, "fails")
    assert f"Problem: {missing}: There is no" in result.stderr

    plain = run("scenes", "test-source", "earth-search")
    assert plain.exit_code == 0
    assert "works" in plain.stdout


@pytest.mark.parametrize("sources", [(), ("landsat",), ("stac:nowhere",)])
def test_wrong_sources_are_wrong_use(run: Run, sources: tuple[str, ...]) -> None:
    assert run("scenes", "test-source", *sources).exit_code == 2


def test_a_dead_service_does_not_empty_the_table_and_is_named(
    api: SmallApi, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving(tmp_path) as other:
        other.rule = lambda _: Answer(400)
        monkeypatch.setenv("PLANETARY_COMPUTER_URL", other.url)
        result = run(*SEARCH, "--source", "planetary-computer", "--json")
    assert result.exit_code == 1
    rows: list[Any] = json.loads(result.stdout)
    assert all(len(row["scenes"]) == 1 for row in rows)
    assert "Problem: planetary-computer" in result.stderr
