"""Pairs from scenes at services: fetched once, fallen back, waited for, cancelled, recorded."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from shapely.geometry import box, mapping

from migrate_core.jobs.background import now_utc, request_cancel
from migrate_core.model import SceneQuery
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.run.runner import KIND
from migrate_core.scenes.search.search import search
from migrate_core.scenes.sources import open_source
from migrate_core.settings import RankingSettings, ServiceSettings
from migrate_core.store.transfers.orders import orders
from tests.support.pairs import Case, Safe, numbered_masks, open_case, write_safe
from tests.support.servers.cdse import PASSWORD, Cdse, cdse_running, zipped
from tests.support.servers.dhus import PASSWORD as DHUS_PASSWORD
from tests.support.servers.dhus import USER as DHUS_USER
from tests.support.servers.dhus import Dhus, Kept, dhus_running, entry_of
from tests.support.servers.faulty import Asked, Reply
from tests.support.threads import InThreads

SAFE = Safe()
FOOTPRINT = box(2.5, 42.0, 3.5, 43.0)


@pytest.fixture(autouse=True)
def _in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in threads of this process: starting workers takes a second each time."""
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)


@pytest.fixture
def cdse() -> Iterator[Cdse]:
    with cdse_running() as running:
        yield running


@pytest.fixture
def dhus() -> Iterator[Dhus]:
    with dhus_running() as running:
        yield running


@pytest.fixture
def safe(tmp_path: Path) -> Path:
    return write_safe(tmp_path / "archive", SAFE)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Three masks of one product, in a workspace."""
    case = open_case(tmp_path / "workspace")
    case.store.put_masks(numbered_masks(tmp_path / "masks", 3))
    return case


def settings(cdse: Cdse | None = None, dhus: Dhus | None = None) -> ServiceSettings:
    known = cdse.settings if cdse else ServiceSettings()
    if dhus is None:
        return known
    return replace(known, dhus_url=dhus.url, dhus_user=DHUS_USER, dhus_password=DHUS_PASSWORD)


def find(case: Case, services: ServiceSettings, *specs: str) -> None:
    sources = [open_source(spec, services) for spec in specs]
    outcome = search(case.store.masks(), sources, SceneQuery(), RankingSettings())
    assert outcome.problems == ()
    case.store.put_scenes([*outcome.alternatives, *outcome.scenes])
    case.store.put_candidates(outcome.ranked)


def document(case: Case, number: int = 0) -> dict[str, Any]:
    pair = case.store.pairs()[number]
    path = case.workspace.pair(pair.pair_id) / "pair.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def keep(dhus: Dhus, safe: Path, **changes: Any) -> Kept:
    entry = entry_of("u-1", safe.name.removesuffix(".SAFE"), FOOTPRINT.wkt)
    dhus.products["u-1"] = Kept(entry, zipped(safe), **changes)
    return dhus.products["u-1"]


@pytest.mark.parametrize(("access", "taken"), [("auto", "bands"), ("product", "product")])
def test_one_download_serves_all_masks_and_gives_the_pixels_of_the_product(
    cdse: Cdse, case: Case, safe: Path, tmp_path: Path, access: str, taken: str
) -> None:
    cdse.offer("u-1", safe, footprint=mapping(FOOTPRINT))
    find(case, settings(cdse), "cdse")
    outcome = case.make(RunOptions(workers=2, services=settings(cdse), access=access))
    assert (outcome.made, outcome.failed) == (3, 0)
    assert cdse.server is not None
    files = [asked.path for asked in cdse.server.asked_for("$value")]
    assert len(files) == len(set(files)) == (1 if access == "product" else 15)
    assert cdse.grants == ["password"]
    (scene,) = document(case)["scenes"]
    assert scene["pixels_from"] == {
        "source": "cdse",
        "product_id": SAFE.name,
        "access": taken,
    }
    local = open_case(tmp_path / "local")
    local.store.put_masks(case.store.masks())
    find(local, settings(), f"local:{safe.parent}")
    local.make()
    for remote_pair, local_pair in zip(case.store.pairs(), local.store.pairs(), strict=True):
        assert remote_pair.pair_id == local_pair.pair_id
        remote, here = (
            rasterio.open(one.workspace.pair(local_pair.pair_id) / "image.tif")
            for one in (case, local)
        )
        with remote, here:
            np.testing.assert_array_equal(remote.read(), here.read())
    assert document(local)["scenes"][0]["pixels_from"]["access"] == "in place"


def test_secrets_reach_neither_the_workspace_nor_the_errors(
    cdse: Cdse, case: Case, safe: Path
) -> None:
    cdse.offer("u-1", safe, footprint=mapping(FOOTPRINT))
    find(case, settings(cdse), "cdse")
    cdse.fault = lambda asked: Reply(403) if "$value" in asked.path else None
    outcome = case.make(RunOptions(workers=1, services=settings(cdse)))
    assert outcome.failed == 3
    cdse.fault = lambda _: None
    assert case.make(RunOptions(workers=1, services=settings(cdse))).made == 3
    secrets = [PASSWORD.encode(), DHUS_PASSWORD.encode(), b"access-1", b"refresh-1"]
    for path in case.workspace.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret in content for secret in secrets), path


def test_a_service_that_fails_is_replaced_by_the_same_acquisition_elsewhere(
    cdse: Cdse, dhus: Dhus, case: Case, safe: Path
) -> None:
    cdse.offer("u-1", safe, footprint=mapping(FOOTPRINT))
    keep(dhus, safe)
    find(case, settings(cdse, dhus), "cdse", f"dhus:{dhus.url}")
    cdse.fault = lambda asked: Reply(403) if "$value" in asked.path else None
    outcome = case.make(RunOptions(workers=1, services=settings(cdse, dhus)))
    assert (outcome.made, outcome.failed) == (3, 0)
    (scene,) = document(case)["scenes"]
    assert (scene["source"], scene["pixels_from"]["source"]) == ("cdse", f"dhus:{dhus.url}")


def test_when_nobody_has_it_the_error_names_all_who_were_asked(
    cdse: Cdse, dhus: Dhus, case: Case, safe: Path
) -> None:
    cdse.offer("u-1", safe, footprint=mapping(FOOTPRINT))
    keep(dhus, safe)
    find(case, settings(cdse, dhus), "cdse", f"dhus:{dhus.url}")
    for server in (cdse, dhus):
        server.fault = lambda asked: Reply(403) if "$value" in asked.path else None
    outcome = case.make(RunOptions(workers=1, services=settings(cdse, dhus)))
    assert outcome.failed == 3
    message = outcome.failures[0].error or ""
    assert "cdse: " in message
    assert f"Elsewhere it failed as well: dhus:127.0.0.1: {dhus.url}" in message


def test_what_is_in_an_archive_waits_and_is_made_another_day(
    dhus: Dhus, case: Case, safe: Path
) -> None:
    kept = keep(dhus, safe, online=False)
    find(case, settings(dhus=dhus), f"dhus:{dhus.url}")
    options = RunOptions(workers=1, services=settings(dhus=dhus))
    outcome = case.make(options)
    assert (outcome.made, outcome.failed, len(outcome.waiting)) == (0, 0, 3)
    assert {pair.state for pair in case.store.pairs()} == {"queued"}
    assert all("long-term archive" in (pair.error or "") for pair in case.store.pairs())
    assert [order.state for order in orders(case.store)] == ["ordered"]
    kept.online = True
    outcome = case.make(options)
    assert (outcome.made, outcome.waiting) == (3, ())
    assert {(pair.state, pair.error) for pair in case.store.pairs()} == {("done", None)}
    assert orders(case.store) == []


def test_a_run_that_waits_polls_the_archive_until_it_has_brought_the_product(
    dhus: Dhus, case: Case, safe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate_core.pairs.run.prefetch.POLL_S", 0.3)
    kept = keep(dhus, safe, online=False)
    find(case, settings(dhus=dhus), f"dhus:{dhus.url}")
    arrival = threading.Timer(1.0, lambda: setattr(kept, "online", True))
    arrival.start()
    outcome = case.make(RunOptions(workers=1, services=settings(dhus=dhus), wait_s=30))
    arrival.join()
    assert (outcome.made, outcome.waiting) == (3, ())


def test_a_cancelled_run_keeps_what_arrived_and_goes_on_from_there(
    cdse: Cdse, case: Case, safe: Path
) -> None:
    # Large enough to come in several pieces.
    (safe / "noise.bin").write_bytes(os.urandom(500_000))
    offered = cdse.offer("u-1", safe, footprint=mapping(FOOTPRINT))
    find(case, settings(cdse), "cdse")
    half = len(offered.content) // 2
    stopped = threading.Event()

    def slow(asked: Asked) -> Reply | None:
        if "$value" not in asked.path:
            return None
        if asked.first_byte == 0:
            return Reply(200, offered.content, clip=half)
        request_cancel(case.store, KIND, now_utc())
        stopped.wait(0.3)
        return Reply(503)

    cdse.fault = slow
    began = time.monotonic()
    outcome = case.make(RunOptions(workers=1, services=settings(cdse), access="product"))
    assert outcome.cancelled
    assert time.monotonic() - began < 20
    assert {pair.state for pair in case.store.pairs()} == {"cancelled"}
    (part,) = case.workspace.products.glob("*.part")
    there = part.stat().st_size
    assert 0 < there <= half
    cdse.fault = lambda _: None
    assert cdse.server is not None
    cdse.server.asked.clear()
    assert case.make(RunOptions(workers=1, services=settings(cdse), access="product")).made == 3
    (asked,) = cdse.server.asked_for("$value")
    assert asked.first_byte == there


def test_local_and_remote_scenes_are_made_in_one_run(
    cdse: Cdse, case: Case, safe: Path, tmp_path: Path
) -> None:
    later = write_safe(tmp_path / "later", Safe(sensed="20200203T104351"))
    cdse.offer("u-1", safe, footprint=mapping(FOOTPRINT))
    find(case, settings(cdse), f"local:{later.parent}", "cdse")
    mask = case.store.masks()[0]
    assert case.store.select(mask.mask_id, Safe(sensed="20200203T104351").name)
    outcome = case.make(RunOptions(workers=2, services=settings(cdse)))
    assert (outcome.made, outcome.failed) == (3, 0)
    sources = {document(case, n)["scenes"][0]["pixels_from"]["source"] for n in range(3)}
    assert sources == {"cdse", f"local:{later.parent}"}
