"""What lets us in somewhere goes nowhere else; one of the servers on loopback is a stranger's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate_core.errors import CredentialsError, MigrateError, ProductError, WrongUseError
from migrate_core.products.pixels.reading import grid_of
from migrate_core.products.product import BandFile
from migrate_core.scenes.access.connection import NOT_SET, try_connection
from migrate_core.scenes.access.remote import Remotes, check_keys
from migrate_core.scenes.sources import open_source, source_of
from migrate_core.scenes.sources.dhus.fetch import DhusFetcher
from migrate_core.scenes.sources.dhus.source import DhusSource
from migrate_core.settings import ServiceSettings, load_settings
from migrate_core.transfer.s3 import S3Store
from tests.scenes.sources.test_dhus import a_request
from tests.support.browsing import REPOSITORY
from tests.support.servers.dhus import PASSWORD, USER, Dhus, Kept, dhus_running, entry_of
from tests.support.servers.faulty import Asked, FaultyServer, Reply, json_reply, serving
from tests.support.transfer import a_client, a_product_store

pytestmark = pytest.mark.enable_socket

NAME = "S2A_MSIL2A_20200121T104351_N0500_R008_T31TDG_20200121T134500"
AREA = "POLYGON((2 41,3 41,3 42,2 42,2 41))"


@pytest.fixture
def dhus() -> Iterator[Dhus]:
    with dhus_running() as running:
        running.products["u-1"] = Kept(entry_of("u-1", NAME, AREA), b"x" * 1000)
        yield running


@pytest.fixture
def stranger() -> Iterator[FaultyServer]:
    with serving(lambda _: Reply(401)) as server:
        yield server


def reference_image(server: FaultyServer) -> str:
    """All that a server was told: paths, queries, headers and bodies."""
    return repr(server.asked)


def nothing_secret(server: FaultyServer) -> None:
    assert server.asked, "the stranger was not even asked"
    for asked in server.asked:
        headers = {name.lower() for name in asked.headers}
        assert not headers & {"authorization", "cookie", "x-amz-security-token"}
    assert PASSWORD not in reference_image(server)
    assert USER not in reference_image(server)


# mirrors


def test_a_mirror_that_somebody_types_gets_no_account(dhus: Dhus, stranger: FaultyServer) -> None:
    source = DhusSource(f"{stranger.url}/dhus", dhus.settings, a_client())
    with pytest.raises(CredentialsError, match=r"did not get them\. Set DHUS_URL"):
        source.search(a_request())
    nothing_secret(stranger)


def test_a_netrc_file_adds_nothing(
    dhus: Dhus, stranger: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with pytest.raises(CredentialsError):
        DhusSource(stranger.url, dhus.settings, a_client()).search(a_request())
    nothing_secret(stranger)


@pytest.mark.parametrize(
    "own",
    [None, "https://127.0.0.1:{port}", "http://127.0.0.1:1", "http://localhost:{port}"],
    ids=["none", "scheme", "port", "host"],
)
def test_the_account_belongs_to_scheme_host_and_port(
    dhus: Dhus, stranger: FaultyServer, own: str | None
) -> None:
    port = stranger.url.rpartition(":")[2]
    settings = replace(dhus.settings, dhus_url=own.format(port=port) if own else None)
    with pytest.raises(CredentialsError, match="Set DHUS_URL"):
        DhusSource(stranger.url, settings, a_client()).search(a_request())
    nothing_secret(stranger)
    (need,) = source_of(f"dhus:{stranger.url}", settings).credentials
    assert not need.found
    (step,) = try_connection(f"dhus:{stranger.url}", settings).steps
    assert (step.state, "DHUS_URL" in step.words) == (NOT_SET, True)


def test_a_mirror_over_plain_http_elsewhere_gets_no_account() -> None:
    settings = ServiceSettings(dhus_url="http://mirror.example", dhus_user="u", dhus_password="p")
    (need,) = source_of("dhus:http://mirror.example", settings).credentials
    assert not need.found
    (step,) = try_connection("dhus:http://mirror.example", settings).steps
    assert "https" in step.words


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_mirror_that_redirects_its_search_gives_no_account_away(
    dhus: Dhus, stranger: FaultyServer, status: int
) -> None:
    away = {"Location": f"{stranger.url}/search", "Set-Cookie": "session=secret"}
    dhus.fault = lambda _: Reply(status, headers=away)
    with pytest.raises(MigrateError):
        DhusSource(dhus.url, dhus.settings, a_client()).search(a_request())
    assert dhus.server is not None
    assert "Authorization" in dhus.server.asked[0].headers
    nothing_secret(stranger)


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_mirror_that_redirects_its_download_gives_no_account_away(
    dhus: Dhus, stranger: FaultyServer, status: int, tmp_path: Path
) -> None:
    (scene,) = DhusSource(dhus.url, dhus.settings, a_client()).search(a_request()).scenes

    def fault(asked: Asked) -> Reply | None:
        away = Reply(status, headers={"Location": f"{stranger.url}/x"})
        return away if asked.path.endswith("$value") else None

    dhus.fault = fault
    fetcher = DhusFetcher(dhus.url, dhus.settings, a_product_store(tmp_path / "workspace"))
    with pytest.raises(MigrateError, match="redirected there, without the credentials"):
        fetcher.fetch(scene, "auto")
    nothing_secret(stranger)


# addresses with credentials in them


@pytest.mark.parametrize(
    "spec",
    [
        "dhus:https://user:hunter2@mirror.example",
        "dhus:https://mirror.example/?key=hunter2",
        "stac:https://user:hunter2@host.example/v1#sentinel-2-l2a",
        "stac:https://host.example/v1?token=hunter2#sentinel-2-l2a",
        "ftp://user:hunter2@host.example",
        "dhus:user:hunter2@host.example",
    ],
)
def test_an_address_with_credentials_is_no_source_and_is_not_repeated(spec: str) -> None:
    with pytest.raises(WrongUseError) as caught:
        open_source(spec)
    assert "hunter2" not in str(caught.value)


def test_a_setting_with_credentials_in_its_address_is_refused() -> None:
    with pytest.raises(WrongUseError, match="DHUS_URL holds a user") as caught:
        load_settings(environ={"DHUS_URL": "https://user:hunter2@mirror.example"})
    assert "hunter2" not in str(caught.value)


def run(workspace: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migrate_core", "--workspace", str(workspace), *words]
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("words", [("scenes", "search", "--source"), ("scenes", "test-source")])
def test_no_file_of_the_workspace_keeps_an_address_with_credentials(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = run(tmp_path / "workspace", *words, "dhus:https://user:hunter2@mirror.example")
    assert done.returncode != 0
    assert "hunter2" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for path in (tmp_path / "workspace").rglob("*"):
        assert path.is_dir() or b"hunter2" not in path.read_bytes()


@pytest.mark.slow
def test_the_command_line_sends_a_stranger_nothing(
    dhus: Dhus, stranger: FaultyServer, tmp_path: Path
) -> None:
    account = {"DHUS_URL": dhus.url, "DHUS_USER": USER, "DHUS_PASSWORD": PASSWORD}
    spec = f"dhus:{stranger.url}"
    done = run(tmp_path / "workspace", "scenes", "test-source", spec, **account)
    assert "Set DHUS_URL" in done.stdout + done.stderr
    assert PASSWORD not in reference_image(stranger)
    good = run(tmp_path / "workspace", "scenes", "test-source", f"dhus:{dhus.url}", **account)
    assert good.returncode == 0, good.stdout + good.stderr


# tokens and keys


def test_a_token_service_that_redirects_gets_the_password_nowhere(stranger: FaultyServer) -> None:
    away = Reply(307, headers={"Location": f"{stranger.url}/token"})
    with serving(lambda _: away) as server:
        settings = ServiceSettings(
            cdse_token_url=f"{server.url}/token",
            cdse_odata_url=server.url,
            cdse_username=USER,
            cdse_password=PASSWORD,
        )
        steps = {step.what: step for step in try_connection("cdse", settings).steps}
    assert "must not get the credentials" in steps["bands and products"].words
    assert PASSWORD not in reference_image(stranger)
    assert all(asked.method == "GET" for asked in stranger.asked)


def test_signatures_go_to_the_planetary_computers_own_hosts_only(stranger: FaultyServer) -> None:
    def rule(asked: Asked) -> Reply:
        return json_reply({"msft:expiry": "2999-01-01T00:00:00Z", "token": "sig=s3cr3t"})

    with serving(rule) as server:
        settings = ServiceSettings(
            planetary_computer_sas_url=f"{server.url}/sas",
            planetary_computer_storage_url=f"{server.url}/storage",
        )
        access = Remotes(settings).access("sentinel-2-l2a")
        own = f"/vsicurl/{server.url}/storage/B02.tif"
        assert access.address(own) == f"{own}?sig=s3cr3t"
        evil = stranger.url.replace("http://", "http://127.0.0.1:80@")
        for url in (stranger.url, evil, "http://sentinel2l2a01.blob.core.windows.net"):
            assert access.address(f"/vsicurl/{url}/B02.tif") == f"/vsicurl/{url}/B02.tif"
        with pytest.raises(MigrateError):
            access.read(f"{stranger.url}/MTD.xml")
    nothing_secret(stranger)
    assert "s3cr3t" not in reference_image(stranger)


def test_the_signatures_of_the_real_storage_are_wanted() -> None:
    storage = ServiceSettings().planetary_computer_storage_url
    assert storage == "https://sentinel2l2a01.blob.core.windows.net"


@pytest.mark.slow
@pytest.mark.parametrize("remote", [True, False], ids=["service", "catalogue on disk"])
@pytest.mark.parametrize(
    "environ",
    [
        {"GDAL_HTTP_HEADERS": "Authorization: Bearer s3cr3t"},
        {"GDAL_HTTP_USERPWD": "me:s3cr3t", "GDAL_HTTP_AUTH": "BASIC"},
        {"GDAL_HTTP_BEARER": "s3cr3t", "GDAL_HTTP_AUTH": "BEARER"},
        {"GDAL_HTTP_COOKIE": "session=s3cr3t"},
        {"GDAL_HTTP_HEADER_FILE": "headers"},
        {"NETRC": "netrc"},
    ],
    ids=lambda environ: str(next(iter(environ))),
)
def test_what_gdal_is_told_to_send_goes_to_no_host_that_an_item_names(
    tmp_path: Path, stranger: FaultyServer, environ: Mapping[str, str], remote: bool
) -> None:
    """In a process of its own, since GDAL reads the environment when it begins."""
    (tmp_path / "headers").write_text("Authorization: Bearer s3cr3t\n")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password s3cr3t\n")
    files = {name: str(tmp_path / text) for name, text in environ.items() if text in FILES}
    (tmp_path / ".netrc").write_text((tmp_path / "netrc").read_text())
    code = (
        f"import tests.transfer.test_credentials as t; t.read_band_at({stranger.url!r}, {remote})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, **environ, **files, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    nothing_secret(stranger)


FILES = ("headers", "netrc")


def read_band_at(url: str, remote: bool) -> None:
    """What a worker does with an asset at an address; that there is none is no matter."""
    access: Any = Remotes(ServiceSettings()).access(brief=True) if remote else None
    try:
        grid_of(BandFile("B02", f"/vsicurl/{url}/B02.tif", 10, "GTiff", access))
    except ProductError:
        return
    raise AssertionError("there is no band")


def test_the_keys_of_another_store_do_not_go_to_the_data_spaces(
    stranger: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "s3cr3t-session")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    settings = ServiceSettings(
        cdse_s3_endpoint=stranger.url, cdse_s3_access_key="OWNKEY", cdse_s3_secret_key="own"
    )
    access = Remotes(settings).access(brief=True)
    with pytest.raises(ProductError):
        grid_of(BandFile("B02", "/vsis3/eodata/x/B02.jp2", 10, "JP2OpenJPEG", access))
    assert any("OWNKEY" in str(asked.query) for asked in stranger.asked), "the address is signed"
    assert "s3cr3t-session" not in reference_image(stranger)
    assert "AKIAOTHER" not in reference_image(stranger)


def test_no_key_signs_for_a_store_that_others_can_listen_to() -> None:
    with pytest.raises(CredentialsError, match="https"):
        check_keys(S3Store("http://eodata.example", access_key="k", secret_key="s"))
