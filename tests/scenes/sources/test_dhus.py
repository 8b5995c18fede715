"""`dhus:URL`: entries, pages, the archive's orders over days, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from shapely.geometry import box

from migrate_core.errors import (
    ArchiveOrderedError,
    CredentialsError,
    JobCancelledError,
    TransferError,
)
from migrate_core.model import Scene
from migrate_core.products.opening import open_product
from migrate_core.scenes.access.connection import try_connection
from migrate_core.scenes.sources.dhus.fetch import DhusFetcher
from migrate_core.scenes.sources.dhus.source import DhusSource
from migrate_core.scenes.sources.protocol import SceneRequest
from migrate_core.store.base import open_store
from migrate_core.store.transfers.orders import orders
from migrate_core.workspace import Workspace
from tests.support.builders import Safe, write_safe
from tests.support.servers.cdse import zipped
from tests.support.servers.dhus import PASSWORD, Dhus, Kept, dhus_running, entry_of
from tests.support.servers.faulty import Reply, json_reply
from tests.support.transfer import Time, a_client, a_product_store

WKT = box(2.9, 42.2, 3.1, 42.4).wkt
SAFE = Safe(baseline="05.00", offset=-1000)
DAY_S = 86400


@pytest.fixture
def dhus() -> Iterator[Dhus]:
    with dhus_running() as running:
        yield running


def a_request(**changes: Any) -> SceneRequest:
    whole = SceneRequest((2.9, 42.2, 3.1, 42.4), date(2020, 1, 1), date(2020, 12, 31), "L2A")
    return replace(whole, **changes)


def searched(dhus: Dhus, **changes: Any) -> list[Scene]:
    result = DhusSource(dhus.url, dhus.settings, a_client()).search(a_request(**changes))
    assert result.problems == ()
    return list(result.scenes)


def keep(dhus: Dhus, count: int) -> None:
    for number in range(count):
        name = (
            f"S2A_MSIL2A_20200110T{number // 60:02d}{number % 60:02d}00_N0500_R008_T31TDG_"
            "20230101T000000"
        )
        dhus.products[f"u-{number}"] = Kept(entry_of(f"u-{number}", name, WKT), b"")


# search


@pytest.mark.parametrize("count", [0, 1, 2, 100, 101, 250])
def test_all_entries_are_found_a_single_one_included(dhus: Dhus, count: int) -> None:
    keep(dhus, count)
    assert len(searched(dhus)) == count
    assert dhus.asked("search") == count // 100 + 1


def test_the_question_has_the_documented_form(dhus: Dhus) -> None:
    searched(dhus, first_day=date(2020, 5, 20), last_day=date(2020, 5, 21))
    assert dhus.server is not None
    question = dhus.server.asked[0].query["q"]
    for part in (
        'beginPosition:["2020-05-20T00:00:00Z" TO "2020-05-22T00:00:00Z"]',
        'platformname:"Sentinel-2"',
        'producttype:"S2MSI2A"',
        'footprint:"Intersects(POLYGON',
    ):
        assert part in question


def test_a_scene_is_what_its_entry_says(dhus: Dhus) -> None:
    keep(dhus, 1)
    (scene,) = searched(dhus)
    assert scene.source == f"dhus:{dhus.url}"
    assert (scene.level, scene.tile, scene.baseline, scene.cloud_percent) == (
        "L2A",
        "31TDG",
        "05.00",
        3.6476,
    )
    assert scene.sensed_at == datetime(2020, 1, 10, 0, 0, 0, 24000, tzinfo=UTC)
    assert scene.footprint.equals(box(2.9, 42.2, 3.1, 42.4))


def test_an_entry_that_cannot_be_read_is_named_and_the_others_count(dhus: Dhus) -> None:
    keep(dhus, 3)
    entry = dhus.products["u-1"].entry
    entry["str"] = [item for item in entry["str"] if item["name"] != "footprint"]
    result = DhusSource(dhus.url, dhus.settings, a_client()).search(a_request())
    assert len(result.scenes) == 2
    (problem,) = result.problems
    assert problem.item == entry["title"]
    assert "footprint" in problem.message


def test_the_recorded_answer_becomes_scenes(
    dhus: Dhus, require_data: Callable[[str], Path]
) -> None:
    path = require_data("responses/dhus_sentinelsat/test_s2_cloudcover.yaml")
    (recorded,) = yaml.safe_load(path.read_text())["interactions"]
    body = recorded["response"]["body"]["string"]
    titles = [entry["title"] for entry in json.loads(body)["feed"]["entry"]]
    dhus.fault = lambda _: Reply(200, body.encode(), {"Content-Type": "application/json"})
    scenes = searched(dhus, first_day=date(2018, 12, 12), last_day=date(2018, 12, 28), level="L1C")
    assert [scene.scene_id for scene in scenes] == [t for t in titles if "MSIL1C" in t]
    assert scenes
    assert all(scene.cloud_percent is not None and scene.cloud_percent <= 10 for scene in scenes)
    assert {scene.baseline for scene in scenes} == {"02.07"}


def test_a_mirror_that_is_unwell_is_asked_again(dhus: Dhus) -> None:
    keep(dhus, 2)
    faults = iter([Reply(503, b"busy"), Reply(0), Reply(200, b"{"), Reply(502, b"<html>no</html>")])
    dhus.fault = lambda _: next(faults, None)
    source = DhusSource(dhus.url, dhus.settings, a_client(attempts=6))
    assert len(source.search(a_request()).scenes) == 2


def test_wrong_credentials_give_one_clear_sentence(dhus: Dhus) -> None:
    wrong = replace(dhus.settings, dhus_password="wr0ng")
    with pytest.raises(CredentialsError, match="DHUS_USER and DHUS_PASSWORD") as caught:
        DhusSource(dhus.url, wrong, a_client()).search(a_request())
    assert "wr0ng" not in str(caught.value)
    assert dhus.asked("search") == 1
    assert "DHUS_USER" in (try_connection(f"dhus:{dhus.url}", wrong).problem or "")
    assert try_connection(f"dhus:{dhus.url}", dhus.settings).problem is None


def test_a_search_can_be_cancelled_while_the_mirror_makes_it_wait(dhus: Dhus) -> None:
    dhus.fault = lambda _: Reply(503, b"busy", {"Retry-After": "600"})
    time = Time()

    def cancelled(finished: int, total: int) -> None:
        if time.slept:
            raise JobCancelledError("stop")

    source = DhusSource(dhus.url, dhus.settings, a_client(time))
    with pytest.raises(JobCancelledError):
        source.search(a_request(progress=cancelled))
    assert sum(time.slept) < 2


# fetching


@pytest.fixture
def kept(dhus: Dhus, tmp_path: Path) -> Kept:
    content = zipped(write_safe(tmp_path / "archive", SAFE))
    dhus.products["u-1"] = Kept(entry_of("u-1", SAFE.product_id, WKT), content)
    return dhus.products["u-1"]


def a_fetcher(dhus: Dhus, tmp_path: Path, time: Time | None = None) -> DhusFetcher:
    return DhusFetcher(dhus.url, dhus.settings, a_product_store(tmp_path / "workspace", time))


def waiting(tmp_path: Path) -> list[tuple[str, str]]:
    store = open_store(Workspace(tmp_path / "workspace"))
    return [(order.scene_id, order.state) for order in orders(store)]


@pytest.mark.parametrize("knows_online", [True, False])
def test_a_product_that_is_online_is_downloaded_and_opens(
    dhus: Dhus, kept: Kept, tmp_path: Path, knows_online: bool
) -> None:
    kept.knows_online = knows_online
    (scene,) = searched(dhus)
    fetched = a_fetcher(dhus, tmp_path).fetch(scene, "auto")
    assert Path(fetched.href).read_bytes() == kept.content
    assert open_product(fetched.href).product_id == SAFE.product_id
    assert (fetched.source, fetched.access) == (f"dhus:{dhus.url}", "product")
    assert waiting(tmp_path) == []


@pytest.mark.parametrize("knows_online", [True, False])
def test_an_archived_product_is_ordered_once_waited_for_and_fetched_another_day(
    dhus: Dhus, kept: Kept, tmp_path: Path, knows_online: bool
) -> None:
    kept.online, kept.knows_online = False, knows_online
    (scene,) = searched(dhus)
    time = Time()
    with pytest.raises(ArchiveOrderedError, match=r"long-term archive.*was ordered on 2023-11-14"):
        a_fetcher(dhus, tmp_path, time).fetch(scene, "auto")
    assert waiting(tmp_path) == [(SAFE.product_id, "ordered")]
    ordered = dhus.asked("$value")
    time.now += DAY_S / 2
    with pytest.raises(ArchiveOrderedError):
        a_fetcher(dhus, tmp_path, time).fetch(scene, "auto")
    if knows_online:
        # The order still runs, so asking whether it is online is enough.
        assert dhus.asked("$value") == ordered
    kept.online = True
    time.now += DAY_S
    fetched = a_fetcher(dhus, tmp_path, time).fetch(scene, "auto")
    assert Path(fetched.href).read_bytes() == kept.content
    assert waiting(tmp_path) == []


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply(403, headers={"cause-message": "User offline products retrieval quota exceeded"}),
            "quota exceeded",
        ),
        (Reply(503, headers={"cause-message": "too many orders"}), "too many orders"),
    ],
)
def test_an_order_that_is_refused_is_told_in_the_archives_words_and_tried_another_time(
    dhus: Dhus, kept: Kept, tmp_path: Path, reply: Reply, words: str
) -> None:
    kept.online, kept.archive = False, reply
    (scene,) = searched(dhus)
    time = Time()
    with pytest.raises(ArchiveOrderedError, match=f"takes no order now.*{words}"):
        a_fetcher(dhus, tmp_path, time).fetch(scene, "auto")
    assert waiting(tmp_path) == [(SAFE.product_id, "refused")]
    kept.archive = Reply(202)
    with pytest.raises(ArchiveOrderedError, match="was ordered"):
        a_fetcher(dhus, tmp_path, time).fetch(scene, "auto")
    assert waiting(tmp_path) == [(SAFE.product_id, "ordered")]


def test_a_quota_that_is_used_up_while_downloading_is_told(
    dhus: Dhus, kept: Kept, tmp_path: Path
) -> None:
    (scene,) = searched(dhus)
    cause = "Maximum number of 2 concurrent flows achieved"
    dhus.fault = lambda asked: (
        Reply(403, headers={"cause-message": cause}) if "$value" in asked.path else None
    )
    with pytest.raises(TransferError, match=f"403.*{cause}") as caught:
        a_fetcher(dhus, tmp_path).fetch(scene, "auto")
    assert PASSWORD not in str(caught.value)


def test_what_cannot_be_fetched_is_told(dhus: Dhus, kept: Kept, tmp_path: Path) -> None:
    (scene,) = searched(dhus)
    nobody = replace(dhus.settings, dhus_user=None)
    with pytest.raises(CredentialsError, match="Set DHUS_URL, DHUS_USER and DHUS_PASSWORD"):
        DhusFetcher(dhus.url, nobody, a_product_store(tmp_path)).fetch(scene, "auto")
    dhus.products.clear()
    with pytest.raises(TransferError, match="search again"):
        a_fetcher(dhus, tmp_path).fetch(scene, "auto")


def test_a_query_that_the_mirror_does_not_understand_is_no_scene(dhus: Dhus) -> None:
    dhus.fault = lambda _: json_reply({"feed": {"error": {"message": "SyntaxError: oops"}}})
    with pytest.raises(TransferError, match="oops"):
        searched(dhus)
    assert dhus.asked("search") == 1


# without end


def test_a_mirror_whose_pages_do_not_end_is_left_and_what_came_counts(dhus: Dhus) -> None:
    keep(dhus, 100)
    first: list[Reply] = []

    def rule(asked: Any) -> Reply | None:
        """The first page again and again, whatever is asked for."""
        if "search" not in asked.path:
            return None
        if not first:
            first.append(dhus._search(asked))
        return first[0]

    dhus.fault = rule
    result = DhusSource(dhus.url, dhus.settings, a_client()).search(a_request())
    assert len(result.scenes) == 100
    assert "repeat themselves" in result.problems[0].message
