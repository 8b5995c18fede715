"""`cdse`: filters, years, pages, what the catalogue says, products that vanished, fetching."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box, mapping

from migrate_core.errors import (
    CredentialsError,
    JobCancelledError,
    SourceError,
    TransferError,
)
from migrate_core.model import Scene
from migrate_core.products.opening import open_product
from migrate_core.scenes.access.connection import try_connection
from migrate_core.scenes.sources.cdse.catalogue import intersects, years
from migrate_core.scenes.sources.cdse.fetch import CdseFetcher, needed_files
from migrate_core.scenes.sources.cdse.source import CdseSource
from migrate_core.scenes.sources.protocol import SceneRequest
from migrate_core.store.base import open_store
from migrate_core.store.transfers.orders import orders
from migrate_core.workspace import Workspace
from tests.support.builders import Safe, product_xml, write_safe
from tests.support.servers.cdse import ODATA, Cdse, Offered, cdse_running, entry_of
from tests.support.servers.faulty import Reply, json_reply
from tests.support.transfer import Time, a_client, a_product_store, used

BOX = mapping(box(2.9, 42.2, 3.1, 42.4))
SAFE = Safe(baseline="05.00", offset=-1000)


@pytest.fixture
def cdse() -> Iterator[Cdse]:
    with cdse_running() as running:
        yield running


def name_of(second: int, level: str = "L2A", baseline: str = "0500") -> str:
    time = f"20200{1 + second // 86400 % 9}10T{second // 3600 % 24:02d}{second // 60 % 60:02d}"
    return f"S2A_MSI{level}_{time}{second % 60:02d}_N{baseline}_R008_T31TDG_20230101T000000.SAFE"


def a_request(**changes: Any) -> SceneRequest:
    whole = SceneRequest((2.9, 42.2, 3.1, 42.4), date(2020, 1, 1), date(2020, 12, 30), "L2A")
    return replace(whole, **changes)


def searched(cdse: Cdse, **changes: Any) -> list[Scene]:
    result = CdseSource(cdse.settings, a_client()).search(a_request(**changes))
    assert result.problems == ()
    return list(result.scenes)


# questions


def test_a_period_is_asked_a_year_at_a_time_and_both_days_count() -> None:
    windows = years(date(2019, 3, 1), date(2021, 6, 30))
    assert windows[0].start == datetime(2019, 3, 1, tzinfo=UTC)
    assert windows[-1].end == datetime(2021, 7, 1, tzinfo=UTC)
    assert all((w.end - w.start).days <= 365 for w in windows)
    assert [w.end for w in windows[:-1]] == [w.start for w in windows[1:]]
    assert len(years(date(2020, 5, 5), date(2020, 5, 5))) == 1


def test_the_ring_is_closed_and_stays_on_the_globe() -> None:
    assert intersects((179.5, -91.0, 180.5, 2.0)) == (
        "OData.CSC.Intersects(area=geography'SRID=4326;POLYGON((179.500000 -90.000000,"
        "180.000000 -90.000000,180.000000 2.000000,179.500000 2.000000,179.500000 -90.000000))')"
    )


def test_the_question_has_the_documented_form(cdse: Cdse) -> None:
    searched(cdse, first_day=date(2020, 5, 20), last_day=date(2020, 5, 21))
    assert cdse.server is not None
    (asked,) = cdse.server.asked
    assert asked.path == f"{ODATA}/Products"
    assert "Authorization" not in asked.headers
    assert {name: asked.query[name] for name in ("$orderby", "$top", "$expand")} == {
        "$orderby": "ContentDate/Start asc",
        "$top": "1000",
        "$expand": "Attributes",
    }
    condition = asked.query["$filter"]
    for part in (
        "Collection/Name eq 'SENTINEL-2'",
        "ContentDate/Start ge 2020-05-20T00:00:00.000Z",
        "ContentDate/Start lt 2020-05-22T00:00:00.000Z",
        "Attributes/OData.CSC.StringAttribute/any(att:att/Name eq 'productType' and "
        "att/OData.CSC.StringAttribute/Value eq 'S2MSI2A')",
        "OData.CSC.Intersects(area=geography'SRID=4326;POLYGON((",
    ):
        assert part in condition


# pages


@pytest.mark.parametrize(("count", "page"), [(5, 2), (4, 2), (1, 2), (0, 2)])
def test_all_pages_are_read_at_the_address_of_the_settings(
    cdse: Cdse, count: int, page: int
) -> None:
    # The links of the pages name another host, as those of a mirror do.
    cdse.page = page
    for number in range(count):
        cdse.add(Offered(f"p{number}", entry_of(f"p{number}", name_of(number), BOX)))
    assert len(searched(cdse)) == count


@pytest.mark.parametrize("refuses", [True, False])
def test_what_lies_beyond_the_largest_skip_is_found_all_the_same(
    cdse: Cdse, refuses: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Scaled down: pages of 10, a $skip of 40 at most, 230 products, pairs of one sensing time.
    cdse.page, cdse.largest_skip = 10, 40
    if not refuses:
        monkeypatch.setattr("migrate_core.scenes.sources.cdse.catalogue._LARGEST_SKIP", 40)
    for number in range(230):
        name = name_of(number // 2).replace("T000000", f"T{number:06d}")
        cdse.add(Offered(f"p{number}", entry_of(f"p{number}", name, BOX)))
    assert len({scene.scene_id for scene in searched(cdse)}) == 230


def test_more_of_one_time_than_can_be_paged_through_is_told_and_no_loop(cdse: Cdse) -> None:
    cdse.page, cdse.largest_skip = 10, 20
    for number in range(50):
        name = name_of(1).replace("T000000", f"T{number:06d}")
        cdse.add(Offered(f"p{number}", entry_of(f"p{number}", name, BOX)))
    result = CdseSource(cdse.settings, a_client()).search(a_request())
    assert len(result.scenes) == 30
    assert "share one sensing time" in result.problems[0].message


def test_a_search_survives_a_service_that_is_unwell(cdse: Cdse) -> None:
    cdse.page = 2
    for number in range(8):
        cdse.add(Offered(f"p{number}", entry_of(f"p{number}", name_of(number), BOX)))
    faults = iter([Reply(429, headers={"Retry-After": "5"}), None, Reply(502), Reply(0), None] * 3)
    cdse.fault = lambda _: next(faults, None)
    assert len(searched(cdse)) == 8


def test_a_search_can_be_cancelled_while_the_service_makes_it_wait(cdse: Cdse) -> None:
    cdse.fault = lambda _: Reply(429, headers={"Retry-After": "600"})
    time, reported = Time(), []

    def cancelled(finished: int, total: int) -> None:
        reported.append((finished, total))
        if time.slept:
            raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        CdseSource(cdse.settings, a_client(time)).search(a_request(progress=cancelled))
    assert sum(time.slept) < 2
    assert set(reported) == {(0, 1)}


def test_a_question_that_the_service_refuses_is_told_in_its_words(cdse: Cdse) -> None:
    cdse.fault = lambda _: json_reply({"detail": "Invalid field: Tile"}, 422)
    with pytest.raises(TransferError, match=r"422.*Invalid field: Tile"):
        searched(cdse)


def test_what_is_no_catalogue_is_told(cdse: Cdse) -> None:
    cdse.fault = lambda _: json_reply(["hello"])
    with pytest.raises(SourceError, match="CDSE_ODATA_URL"):
        searched(cdse)
    assert "CDSE_ODATA_URL" in (try_connection("cdse", cdse.settings).problem or "")
    cdse.fault = lambda _: None
    assert try_connection("cdse", cdse.settings).problem is None


# what the catalogue says


def test_a_scene_is_what_its_entry_says(cdse: Cdse) -> None:
    cdse.add(Offered("u-1", entry_of("u-1", name_of(61), BOX)))
    (scene,) = searched(cdse)
    assert scene.scene_id == name_of(61).removesuffix(".SAFE")
    assert (scene.source, scene.level, scene.tile, scene.baseline) == (
        "cdse",
        "L2A",
        "31TDG",
        "05.00",
    )
    assert scene.sensed_at == datetime(2020, 1, 10, 0, 1, 1, 24000, tzinfo=UTC)
    assert scene.cloud_percent == 1.5
    assert scene.footprint.equals(box(2.9, 42.2, 3.1, 42.4))


def test_odd_entries_are_read_as_far_as_they_go_or_named(cdse: Cdse) -> None:
    entries = {
        "bare": entry_of("bare", name_of(1), BOX, Checksum=[], ContentLength=0, Online=False),
        "wkt": entry_of(
            "wkt",
            name_of(2),
            None,
            Footprint="geography'SRID=4326;POLYGON ((3 42, 4 42, 4 43, 3 42))'",
        ),
        "cloudless": entry_of("cloudless", name_of(3), BOX),
        "old": entry_of("old", name_of(4), BOX),
        "nowhere": entry_of("nowhere", name_of(5), None),
    }
    clouds = entries["cloudless"]["Attributes"]
    entries["cloudless"]["Attributes"] = [a for a in clouds if a["Name"] != "cloudCover"]
    entries["old"]["Name"] = "S2A_OPER_PRD_MSIL2A_PDMC_20160110T000004.SAFE"
    for identity, entry in entries.items():
        cdse.add(Offered(identity, entry))
    result = CdseSource(cdse.settings, a_client()).search(a_request())
    found = {scene.href.removeprefix("cdse:"): scene for scene in result.scenes}
    assert set(found) == {"bare", "wkt", "cloudless", "old"}
    assert found["wkt"].footprint.bounds == (3, 42, 4, 43)
    assert found["cloudless"].cloud_percent is None
    assert (found["old"].tile, found["old"].level, found["old"].baseline) == (
        "31TDG",
        "L2A",
        "05.00",
    )
    (problem,) = result.problems
    assert problem.item == name_of(5)
    assert "footprint" in problem.message


def test_the_recorded_answer_becomes_the_scenes_it_describes(
    cdse: Cdse, require_data: Callable[[str], Path]
) -> None:
    recorded = json.loads(require_data("responses/eodag/cop_dataspace_search.json").read_text())
    cdse.fault = lambda asked: json_reply(
        recorded if asked.query.get("$skip", "0") == "0" else {"value": []}
    )
    result = CdseSource(cdse.settings, a_client()).search(a_request(level="L1C"))
    assert result.problems == ()
    first, second = result.scenes
    assert first.scene_id == "S2A_MSIL1C_20200808T010311_N0500_R045_T54PXA_20230413T212505"
    assert (first.level, first.tile, first.baseline) == ("L1C", "54PXA", "05.00")
    assert first.sensed_at == datetime(2020, 8, 8, 1, 3, 11, 24000, tzinfo=UTC)
    assert first.cloud_percent == pytest.approx(95.136736479015)
    assert first.footprint.bounds == pytest.approx((142.3320, 13.4725, 142.9438, 14.2240), abs=0.03)
    assert first.href == "cdse:05edf2bb-d103-49f1-a677-9e474138d84f"
    assert second.tile == "55PBR"


# fetching


@pytest.fixture
def safe(tmp_path: Path) -> Path:
    return write_safe(tmp_path / "archive", SAFE)


@pytest.fixture
def fetcher(cdse: Cdse, tmp_path: Path) -> CdseFetcher:
    return CdseFetcher(cdse.settings, a_product_store(tmp_path / "workspace"))


def offered(cdse: Cdse, safe: Path, **changes: Any) -> Scene:
    cdse.offer("u-1", safe, footprint=BOX, **changes)
    (scene,) = searched(cdse)
    return scene


@pytest.mark.parametrize(("access", "taken"), [("auto", "bands"), ("product", "product")])
def test_a_scene_is_fetched_and_opens_as_the_product_it_is(
    cdse: Cdse, safe: Path, fetcher: CdseFetcher, access: str, taken: str
) -> None:
    fetched = fetcher.fetch(offered(cdse, safe), access)
    assert (fetched.access, fetched.source, fetched.product_id) == (taken, "cdse", SAFE.product_id)
    here, there = open_product(fetched.href), open_product(str(safe))
    assert (here.grid, here.offsets, here.offset_origin) == (
        there.grid,
        there.offsets,
        there.offset_origin,
    )
    assert [band.name for band in here.bands] == [band.name for band in there.bands]
    assert here.scene_classification is not None
    fetched.release()


def test_bands_bring_only_what_a_pair_needs(cdse: Cdse, safe: Path, fetcher: CdseFetcher) -> None:
    fetched = Path(fetcher.fetch(offered(cdse, safe), "bands").href)
    names = {path.name for path in fetched.rglob("*") if path.is_file()}
    assert len(names) == 2 + 12 + 1
    assert {"MTD_MSIL2A.xml", "MTD_TL.xml", "T31TDG_20200121T104351_SCL_20m.jp2"} <= names
    for path in fetched.rglob("*.jp2"):
        assert path.read_bytes() == (safe / path.relative_to(fetched)).read_bytes()
    assert not list(fetched.parent.glob("*.part"))


def test_a_product_that_is_here_is_not_fetched_again(
    cdse: Cdse, safe: Path, fetcher: CdseFetcher
) -> None:
    scene = offered(cdse, safe)
    assert cdse.server is not None
    first = fetcher.fetch(scene, "product")
    before = len(cdse.server.asked_for("$value"))
    assert fetcher.fetch(scene, "product").href == first.href
    assert len(cdse.server.asked_for("$value")) == before == 1


def test_bands_go_on_where_a_run_was_interrupted(
    cdse: Cdse, safe: Path, fetcher: CdseFetcher
) -> None:
    scene = offered(cdse, safe)
    assert cdse.server is not None
    cdse.fault = lambda asked: Reply(404) if "B8A" in asked.path else None
    with pytest.raises(TransferError, match="404"):
        fetcher.fetch(scene, "bands")
    done = {a.path for a in cdse.server.asked_for("$value") if "B8A" not in a.path}
    assert len(done) > 3
    cdse.fault = lambda _: None
    cdse.server.asked.clear()
    fetcher.fetch(scene, "bands")
    assert done.isdisjoint({a.path for a in cdse.server.asked_for("$value")})


def test_a_product_that_was_replaced_under_its_name_is_found_again(
    cdse: Cdse, safe: Path, fetcher: CdseFetcher
) -> None:
    scene = offered(cdse, safe)
    moved = cdse.products.pop("u-1")
    cdse.add(Offered("u-2", {**moved.entry, "Id": "u-2"}, moved.content, moved.files))
    assert fetcher.fetch(scene, "product").product_id == scene.scene_id


def test_a_product_that_was_reprocessed_is_replaced_by_its_successor(
    cdse: Cdse, tmp_path: Path, safe: Path, fetcher: CdseFetcher
) -> None:
    scene = offered(cdse, safe)
    del cdse.products["u-1"]
    for baseline in ("05.09", "05.10"):
        other = write_safe(tmp_path / baseline, replace(SAFE, baseline=baseline))
        cdse.offer(f"u-{baseline[-2:]}", other, footprint=BOX)
    fetched = fetcher.fetch(scene, "product")
    assert fetched.product_id == replace(SAFE, baseline="05.10").product_id
    assert open_product(fetched.href).baseline == "05.10"


def test_a_product_that_is_gone_for_good_is_told_with_the_cause(
    cdse: Cdse, safe: Path, fetcher: CdseFetcher
) -> None:
    scene = offered(cdse, safe)
    cdse.products.clear()
    with pytest.raises(SourceError, match=r"has deleted it \(Reprocessing\)"):
        fetcher.fetch(scene, "auto")


def test_without_size_and_checksum_the_archive_itself_is_tested(
    cdse: Cdse, safe: Path, fetcher: CdseFetcher
) -> None:
    scene = offered(cdse, safe, Checksum=[], ContentLength=0)
    broken = bytearray(cdse.products["u-1"].content)
    broken[len(broken) // 2] ^= 0xFF
    whole, cdse.products["u-1"].content = cdse.products["u-1"].content, bytes(broken)
    with pytest.raises(TransferError, match="wrong each time"):
        fetcher.fetch(scene, "product")
    cdse.products["u-1"].content = whole
    assert Path(fetcher.fetch(scene, "product").href).read_bytes() == whole


@pytest.mark.parametrize("access", ["auto", "window"])
def test_with_an_s3_key_a_product_is_read_where_it_lies(
    cdse: Cdse, safe: Path, tmp_path: Path, access: str
) -> None:
    keys = replace(cdse.settings, cdse_s3_access_key="key", cdse_s3_secret_key="secret")
    scene = offered(cdse, safe)
    found = CdseFetcher(keys, a_product_store(tmp_path / "workspace")).fetch(scene, access)
    name = cdse.products["u-1"].entry["Name"]
    assert (found.href, found.access) == (f"s3://eodata/Sentinel-2/MSI/L2A/{name}", "window")


def test_what_cannot_be_fetched_is_told(
    cdse: Cdse, safe: Path, fetcher: CdseFetcher, tmp_path: Path
) -> None:
    scene = offered(cdse, safe, Online=False)
    with pytest.raises(TransferError, match="offline"):
        fetcher.fetch(scene, "auto")
    with pytest.raises(CredentialsError, match="CDSE_S3_ACCESS_KEY"):
        fetcher.fetch(scene, "window")
    with pytest.raises(SourceError, match="search again"):
        fetcher.fetch(replace(scene, href="/somewhere/else.SAFE"), "auto")
    cdse.products["u-1"].entry["Online"] = True
    nobody = replace(cdse.settings, cdse_username=None)
    with pytest.raises(CredentialsError, match="CDSE_USERNAME"):
        CdseFetcher(nobody, a_product_store(tmp_path / "other")).fetch(scene, "auto")
    assert orders(open_store(Workspace(tmp_path / "workspace"))) == []


@pytest.mark.parametrize(
    ("xml", "message"),
    [(b"<a/>", "name no band files"), (b"<a", "not proper XML")],
)
def test_metadata_that_name_no_files_are_told(xml: bytes, message: str) -> None:
    with pytest.raises(TransferError, match=message):
        needed_files(xml, "P")


def test_paths_that_leave_the_product_are_not_followed() -> None:
    evil = product_xml(SAFE).replace("GRANULE/", "GRANULE/../../", 1).encode()
    assert not any(".." in name for name in needed_files(evil, "P"))


def test_the_quota_counts_over_runs_and_stops_what_exceeds_it(
    cdse: Cdse, safe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from migrate_core.scenes.sources.cdse import fetch
    from migrate_core.transfer.limits import Quota, ServiceLimits

    scene = offered(cdse, safe)
    size = len(cdse.products["u-1"].content)
    limits = ServiceLimits("cdse", 4, Quota(size + 10, 30))
    monkeypatch.setattr(fetch, "CDSE_LIMITS", limits)
    product_store = a_product_store(tmp_path / "workspace", Time())
    held = CdseFetcher(cdse.settings, product_store).fetch(scene, "product")
    assert used(product_store, limits).left == 10
    held.release()
    product_store.cache.make_room(10**12)
    with pytest.raises(TransferError, match="are left"):
        CdseFetcher(cdse.settings, a_product_store(tmp_path / "workspace")).fetch(scene, "product")


# without end


def test_a_next_page_that_leads_back_is_told_and_what_came_counts(cdse: Cdse) -> None:
    entries = [entry_of(f"p{number}", name_of(number), BOX) for number in range(3)]
    link = f"https://catalogue.example{ODATA}/Products?$skip=3"
    cdse.fault = lambda _: json_reply({"value": entries, "@odata.nextLink": link})
    result = CdseSource(cdse.settings, a_client()).search(a_request())
    assert len(result.scenes) == 3
    assert "one that was there before" in result.problems[0].message


def test_a_catalogue_without_end_is_left_and_what_came_counts(
    cdse: Cdse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate_core.scenes.sources.cdse.catalogue.MOST_SCENES", 20)
    pages = itertools.count()

    def rule(_: Any) -> Reply:
        page = next(pages)
        entry = entry_of(f"p{page}", name_of(page), BOX)
        link = f"https://catalogue.example{ODATA}/Products?$skiptoken={page}"
        return json_reply({"value": [entry], "@odata.nextLink": link})

    cdse.fault = rule
    result = CdseSource(cdse.settings, a_client()).search(a_request())
    assert len(result.scenes) == 21
    assert "has still more" in result.problems[0].message
    assert next(pages) < 30
