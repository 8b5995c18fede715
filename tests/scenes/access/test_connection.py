"""Whether a source can be used: credentials that are set or missing, right or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.scenes.access.connection import Connection, try_connection
from migrate_core.scenes.sources import source_of
from migrate_core.scenes.sources.adapter import Credential
from migrate_core.settings import ServiceSettings
from tests.support.range_server import serving as files_served
from tests.support.servers.cdse import PASSWORD, Cdse, cdse_running
from tests.support.servers.dhus import Dhus, dhus_running
from tests.support.servers.faulty import Asked, Reply, json_reply, serving
from tests.support.stac_items import SmallApi, earth_item
from tests.support.transfer import Time

KEYS = {"cdse_s3_access_key": "AKEY", "cdse_s3_secret_key": "s3cr3t-key"}
LISTING = b"<ListBucketResult><Key>Sentinel-2/a</Key></ListBucketResult>"


@pytest.fixture
def cdse() -> Iterator[Cdse]:
    with cdse_running() as running:
        yield running


@pytest.fixture
def dhus() -> Iterator[Dhus]:
    with dhus_running() as running:
        yield running


def tried(spec: str, services: ServiceSettings) -> Connection:
    return try_connection(spec, services, Time().runtime)


def needs_of(spec: str, services: ServiceSettings) -> tuple[Credential, ...]:
    return source_of(spec, services).credentials


def states(connection: Connection) -> dict[str, str]:
    return {step.what: step.state for step in connection.steps}


# the Copernicus Data Space


def test_an_account_is_enough_for_the_copernicus_data_space(cdse: Cdse) -> None:
    found = tried("cdse", cdse.settings)
    assert states(found) == {
        "search": "works",
        "bands and products": "works",
        "windows": "not set",
    }
    assert found.problem is None
    assert cdse.grants == ["password"]


def test_a_wrong_password_is_told_without_showing_it(cdse: Cdse) -> None:
    found = tried("cdse", replace(cdse.settings, cdse_password="a wrong secret"))
    assert states(found)["bands and products"] == "fails"
    assert found.problem is not None
    assert "CDSE_USERNAME and CDSE_PASSWORD were not accepted" in found.problem
    assert "a wrong secret" not in repr(found)


def test_an_account_with_two_factors_needs_its_code(cdse: Cdse) -> None:
    cdse.totp = "123456"
    without = tried("cdse", cdse.settings)
    assert without.problem is not None
    assert "needs its present code" in without.problem
    assert tried("cdse", replace(cdse.settings, cdse_totp="123456")).problem is None


def test_without_any_credentials_search_works_but_no_pixels(cdse: Cdse) -> None:
    services = replace(cdse.settings, cdse_username=None)
    found = tried("cdse", services)
    assert states(found)["search"] == "works"
    assert found.problem is not None
    assert "CDSE_USERNAME and CDSE_PASSWORD are not set" in found.problem
    assert "CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY are not set" in found.problem


def test_a_service_that_does_not_answer_is_told(cdse: Cdse) -> None:
    cdse.fault = lambda asked: Reply(503) if "Products" in asked.path else None
    found = tried("cdse", cdse.settings)
    assert (states(found)["search"], states(found)["bands and products"]) == ("fails", "works")
    assert found.problem is not None
    assert "503" in found.problem


@pytest.mark.parametrize(
    ("reply", "state", "words"),
    [
        (Reply(200, LISTING), "works", "accepted"),
        (Reply(403), "fails", "were not accepted"),
        (Reply(401), "fails", "were not accepted"),
        (Reply(404), "fails", "404"),
    ],
)
def test_an_s3_key_is_tried(cdse: Cdse, reply: Reply, state: str, words: str) -> None:
    def rule(asked: Asked) -> Reply:
        return reply if asked.path == "/eodata" else json_reply({}, 500)

    with serving(rule) as server:
        services = replace(cdse.settings, cdse_s3_endpoint=server.url, **KEYS)
        found = tried("cdse", services)
        assert "AKEY" in server.asked[0].query["X-Amz-Credential"]
    (step,) = [step for step in found.steps if step.what == "windows"]
    assert step.state == state
    assert words in step.words
    assert "s3cr3t-key" not in repr(found)


# other services


def test_a_mirror_is_tried_with_its_account_only(dhus: Dhus) -> None:
    spec = f"dhus:{dhus.url}"
    assert states(tried(spec, dhus.settings)) == {"search and products": "works"}
    wrong = tried(spec, replace(dhus.settings, dhus_password="a wrong secret"))
    assert wrong.problem is not None
    assert "were not accepted" in wrong.problem
    before = dhus.asked("search")
    missing = tried(spec, ServiceSettings())
    assert states(missing) == {"search and products": "not set"}
    assert missing.problem is not None
    assert dhus.asked("search") == before


def test_stac_services_are_searched_and_signed(tmp_path: Path) -> None:
    with files_served(tmp_path) as server:
        api = SmallApi([earth_item()])
        api.url = server.url
        server.rule = api
        here = ServiceSettings(
            earth_search_url=f"{server.url}/stac",
            planetary_computer_url=f"{server.url}/stac",
            planetary_computer_sas_url=f"{server.url}/sas",
        )
        assert states(tried("earth-search", here)) == {"search": "works"}
        assert states(tried(f"stac:{server.url}/stac#any", here)) == {"search": "works"}
        found = tried("planetary-computer", here)
        assert states(found) == {"search": "works", "windows": "fails"}
        (tmp_path / "sas/token").mkdir(parents=True)
        token = '{"token": "sig=1", "msft:expiry": "2099-01-01T00:00:00Z"}'
        (tmp_path / "sas/token/sentinel-2-l2a").write_text(token)
        assert tried("planetary-computer", here).problem is None
        (body, *_) = api.bodies
        assert body["datetime"].startswith("2023-06-01")
        broken = tried(f"stac:{server.url}/nothing#any", here)
    assert broken.problem is not None
    assert "404" in broken.problem


def test_a_folder_is_there_or_not(tmp_path: Path) -> None:
    assert tried(f"local:{tmp_path}", ServiceSettings()).problem is None
    missing = tried(f"local:{tmp_path}/missing", ServiceSettings())
    assert missing.problem is not None
    assert f"no {tmp_path}/missing" in missing.problem


def test_what_is_no_source_is_wrong_use() -> None:
    with pytest.raises(WrongUseError, match="known are"):
        try_connection("landsat", ServiceSettings())


# credentials


@pytest.mark.parametrize(
    "spec", ["earth-search", "planetary-computer", "local:/x", "stac:http://a#b"]
)
def test_most_sources_need_no_credentials(spec: str) -> None:
    assert needs_of(spec, ServiceSettings()) == ()


def test_credentials_are_found_when_all_their_variables_are_set() -> None:
    half = ServiceSettings(cdse_username="me", **KEYS)
    account, key = needs_of("cdse", half)
    assert (account.found, key.found) == (False, True)
    account, _ = needs_of("cdse", replace(half, cdse_password=PASSWORD))
    assert account.found
    assert PASSWORD not in repr(account)
    (mirror,) = needs_of("dhus:http://mirror", half)
    assert not mirror.found
    assert needs_of("cdse-stac", half) == (key,)
