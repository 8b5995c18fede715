"""S3: signatures as botocore's, listings over pages, and JPEG 2000 windows of a SAFE product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import numpy as np
import pytest
import rasterio
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from migrate_core.errors import CredentialsError, ProductError, TransferError
from migrate_core.grid import Window, block
from migrate_core.model import Scene
from migrate_core.products.pixels.reading import read_native, read_scene_classification
from migrate_core.products.remembered import Remembered
from migrate_core.products.remote import index
from migrate_core.products.scene_classes import Flag
from migrate_core.products.stac.item import reduced
from migrate_core.scenes.access.opening import open_s3_safe, open_scene
from migrate_core.scenes.cloud_cover.scene_clouds import read_cloud_classes
from migrate_core.scenes.sources.cdse.fetch import CdseFetcher
from migrate_core.scenes.sources.protocol import Fetched
from migrate_core.settings import ServiceSettings
from migrate_core.transfer.http.client import HttpClient
from migrate_core.transfer.http.retry import RetryPolicy, Runtime
from migrate_core.transfer.s3 import S3Store, get_object, list_keys, signed_url
from tests.support.bands import read_bands
from tests.support.builders import BANDS_L2A, Safe, a_scene, ramp, scene_classes, write_safe
from tests.support.range_server import Answer, Asked, after, one_of, serving
from tests.support.transfer import a_cloud_reader

SAFE = Safe(baseline="05.11", offset=-1000)
PREFIX = f"Sentinel-2/MSI/L2A/2020/01/21/{SAFE.product_id}.SAFE"
STORE = S3Store("https://eodata.example", access_key="AKEY", secret_key="s3cr3t")
NOW = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_known", Remembered(64))
    monkeypatch.setattr(index, "_folder", [])


# signatures


def by_botocore(monkeypatch: pytest.MonkeyPatch, url: str, params: dict[str, str]) -> str:
    """The signature that botocore gives the same request at the same moment."""
    auth = S3SigV4QueryAuth(Credentials("AKEY", "s3cr3t"), "s3", "default", expires=900)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None))
    request = AWSRequest("GET", url, params=params)
    auth.add_auth(request)
    return parse_qs(urlsplit(request.url).query)["X-Amz-Signature"][0]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/eodata/a/b.jp2", {}),
        ("/eodata/a folder/b+c~d%e.xml", {}),
        ("/eodata", {"list-type": "2", "prefix": "Sentinel-2/MSI/a b&c=d"}),
    ],
)
def test_a_signature_is_what_botocore_makes(
    monkeypatch: pytest.MonkeyPatch, path: str, params: dict[str, str]
) -> None:
    mine = signed_url(STORE, path, params, NOW)
    plain = signed_url(replace(STORE, access_key=None), path, {}, NOW)
    assert parse_qs(urlsplit(mine).query)["X-Amz-Signature"][0] == by_botocore(
        monkeypatch, plain, params
    )


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_any_key_and_prefix_survive_the_address(key: str, prefix: str) -> None:
    parts = urlsplit(signed_url(STORE, f"/b/{key}", {"prefix": prefix}, NOW))
    assert parts.path.isascii()
    assert parse_qs(parts.query, keep_blank_values=True)["prefix"] == [prefix]


def test_a_store_without_key_is_asked_without_signature() -> None:
    assert signed_url(S3Store("http://host"), "/b/k", {}, NOW) == "http://host/b/k"


# listings


def test_a_listing_is_read_over_its_pages(tmp_path: Path) -> None:
    pages = {
        None: "<R><Contents><Key>p/a</Key></Contents><NextContinuationToken>t/1"
        "</NextContinuationToken></R>",
        "t/1": "<R xmlns='x'><Contents><Key>p/b c</Key></Contents></R>",
    }

    def rule(asked: Asked) -> Answer | None:
        assert (asked.path, asked.query["prefix"]) == ("/eodata", "p/")
        return Answer(200, pages[asked.query.get("continuation-token")].encode())

    with serving(tmp_path) as server:
        server.rule = one_of(after(1, Answer(503)), rule)
        http = HttpClient("S3", runtime=Runtime(sleep=lambda _: None))
        store = replace(STORE, endpoint=server.url)
        assert list(list_keys(http, store, "eodata", "p/")) == ["p/a", "p/b c"]
        server.rule = lambda _: Answer(200, b"<html")
        with pytest.raises(TransferError, match="not proper XML"):
            list(list_keys(http, store, "eodata", "p/"))


def test_errors_do_not_show_key_or_signature(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        http = HttpClient("S3", policy=RetryPolicy(attempts=1))
        for answer in (Answer(403), Answer(500)):
            server.rule = lambda _, answer=answer: answer
            with pytest.raises(TransferError) as caught:
                get_object(http, replace(STORE, endpoint=server.url), "eodata", "a/b")
            reported = f"{caught.value!r} {caught.value.__cause__!r}"
            assert "/eodata/a/b" in reported
            assert not [word for word in ("AKEY", "s3cr3t", "Signature") if word in reported]


# a product in S3


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceSettings]:
    """A store with one product under the paths of the Copernicus Data Space."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="AKEY",
        aws_secret_access_key="s3cr3t",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="eodata")
    folder = write_safe(tmp_path_factory.mktemp("safe"), SAFE)
    for path in folder.rglob("*"):
        if path.is_file():
            key = f"{PREFIX}/{path.relative_to(folder).as_posix()}"
            client.put_object(Bucket="eodata", Key=key, Body=path.read_bytes())
    client.close()
    yield ServiceSettings(
        cdse_s3_endpoint=endpoint, cdse_s3_access_key="AKEY", cdse_s3_secret_key="s3cr3t"
    )
    server.stop()


def cdse_scene(**changes: Any) -> Scene:
    assets = {
        f"{band}_{int(resolution)}m": {"href": f"s3://eodata/{PREFIX}/{SAFE.band_file(band)}"}
        for band, resolution in (
            *((band, SAFE.band_file(band)[-7:-5]) for band in BANDS_L2A),
            ("SCL", "20"),
        )
    }
    assets["product_metadata"] = {"href": f"s3://eodata/{PREFIX}/MTD_MSIL2A.xml"}
    item = reduced({"id": SAFE.product_id, "properties": {}, "assets": assets})
    return a_scene(SAFE.product_id, source="cdse-stac", href="https://stac/x", item=item, **changes)


@pytest.mark.services
@pytest.mark.parametrize("way", ["safe", "s3 address", "item"])
def test_a_window_of_a_product_in_s3_is_read_as_from_disk(
    services: ServiceSettings, way: str
) -> None:
    if way == "safe":
        product = open_s3_safe(f"/eodata/{PREFIX}", services)
    elif way == "s3 address":
        product = open_scene(a_scene(href=f"s3://eodata/{PREFIX}"), services)
    else:
        product = open_scene(cdse_scene(), services)
    assert product.product_id == SAFE.product_id
    assert set(product.offsets.values()) == {-1000}
    assert product.offset_origin.startswith("BOA_ADD_OFFSET in")
    grid = block(product.grid, Window(4, 6, 12, 10))
    found = read_bands(product, grid, "bilinear")
    expected = ramp("B03", 24, 24)[6:16, 4:16].astype(int) - 1000
    np.testing.assert_array_equal(found[2], expected)
    classes = read_scene_classification(product, grid)
    coarse = np.kron(scene_classes(12, 12), np.ones((2, 2), dtype=np.uint8))
    np.testing.assert_array_equal(classes, coarse[6:16, 4:16])


@pytest.mark.services
@pytest.mark.parametrize("way", ["s3 address", "item", "catalogue"])
def test_the_sky_of_a_product_in_s3_is_read_without_its_metadata_or_bands(
    services: ServiceSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def found(fetcher: CdseFetcher, scene: Scene, access: str) -> Fetched:
        assert access == "window"
        return Fetched(f"s3://eodata/{PREFIX}", access, scene.source, scene.scene_id)

    monkeypatch.setattr(CdseFetcher, "fetch", found)
    scene = {
        "s3 address": a_scene(href=f"s3://eodata/{PREFIX}"),
        "item": cdse_scene(),
        "catalogue": a_scene(source="cdse", href="cdse:1234"),
    }[way]
    product = a_cloud_reader(services, tmp_path).open(scene)
    assert product.bands == ()
    assert product.grid == SAFE.grid
    cloud_classes = read_cloud_classes(product, scene, SAFE.grid.coarser(2))
    np.testing.assert_array_equal(
        cloud_classes == Flag.CLOUD, np.isin(scene_classes(12, 12), (8, 9))
    )


@pytest.mark.services
def test_what_is_not_there_or_not_allowed_is_told(services: ServiceSettings) -> None:
    with pytest.raises(ProductError, match="there is nothing at this place"):
        open_s3_safe(f"/eodata/{PREFIX}X", services)
    with pytest.raises(ProductError, match="a path in s3://eodata is needed"):
        open_s3_safe("/elsewhere/x.SAFE", services)
    for missing in ("cdse_s3_access_key", "cdse_s3_secret_key"):
        without = replace(services, **{missing: None})
        with pytest.raises(CredentialsError, match="CDSE_S3_SECRET_KEY"):
            open_s3_safe(f"/eodata/{PREFIX}", without)
        with pytest.raises(CredentialsError, match="CDSE_S3_SECRET_KEY"):
            open_scene(cdse_scene(), without)


def test_a_small_band_takes_one_signed_request_and_nothing_is_asked_beside_it(
    tmp_path: Path,
) -> None:
    """Path style, plain http by the endpoint's scheme, no look for files beside the bands."""
    folder = write_safe(tmp_path / "eodata" / "a", SAFE)
    with serving(tmp_path) as server:
        services = ServiceSettings(
            cdse_s3_endpoint=server.url, cdse_s3_access_key="AKEY", cdse_s3_secret_key="s3cr3t"
        )
        assets = {
            band: {"href": f"s3://eodata/a/{folder.name}/{SAFE.band_file(band)}"}
            for band in BANDS_L2A
        }
        item = reduced({"id": "x", "properties": {}, "assets": assets})
        scene = a_scene(SAFE.product_id, href="https://stac/x", item=item)
        product = open_scene(scene, services)
        read_bands(product, SAFE.grid, "nearest")
        assert {asked.path.rpartition(".")[2] for asked in server.asked} == {"jp2"}
        assert len(server.asked) == len(BANDS_L2A) + 1  # one for the grid
        assert all("AKEY" in asked.query["X-Amz-Credential"] for asked in server.asked)
        assert not [asked for asked in server.asked if "s3cr3t" in str((asked.headers, asked))]


def test_a_second_run_asks_for_the_tiles_alone(tmp_path: Path) -> None:
    """Another process, which has what the workspace keeps: a request a band, none for the grid."""
    safe = replace(SAFE, size=1536)
    folder = write_safe(tmp_path / "eodata" / "a", safe)
    index.keep_in(tmp_path / "indexes")
    with serving(tmp_path) as server:
        services = ServiceSettings(
            cdse_s3_endpoint=server.url, cdse_s3_access_key="AKEY", cdse_s3_secret_key="s3cr3t"
        )
        assets = {
            band: {"href": f"s3://eodata/a/{folder.name}/{safe.band_file(band)}"}
            for band in BANDS_L2A
        }
        item = reduced({"id": "x", "properties": {}, "assets": assets})
        scene = a_scene(SAFE.product_id, href="https://stac/x", item=item)
        runs = []
        for _ in range(2):
            server.forget()
            product = open_scene(scene, services)
            runs.append(read_bands(product, block(safe.grid, Window(600, 60, 48, 36)), "bilinear"))
            index._known = Remembered(64)
        assert len(server.asked) == len(BANDS_L2A)
    np.testing.assert_array_equal(*runs)
    expected = ramp("B03", 1536, 1536)[60:96, 600:648]
    np.testing.assert_array_equal(runs[1][2], expected)


def test_what_only_gdal_can_read_is_read_by_gdal_with_the_same_key(tmp_path: Path) -> None:
    """The irreversible transformation, of which parts are decoded otherwise."""
    folder = write_safe(tmp_path / "eodata" / "a", SAFE)
    path = folder / SAFE.band_file("B02")
    with rasterio.open(path) as dataset:
        pixels = dataset.read()
        profile = {"crs": dataset.crs, "transform": dataset.transform, "dtype": "uint16"}
    profile |= {"driver": "JP2OpenJPEG", "REVERSIBLE": "NO", "QUALITY": "30", "count": 1}
    with rasterio.open(path, "w", width=24, height=24, **profile) as dataset:
        dataset.write(pixels)
    with rasterio.open(path) as dataset:
        expected = dataset.read(1)
    assert not np.array_equal(expected, pixels[0])
    with serving(tmp_path) as server:
        services = ServiceSettings(
            cdse_s3_endpoint=server.url, cdse_s3_access_key="AKEY", cdse_s3_secret_key="s3cr3t"
        )
        href = f"s3://eodata/a/{folder.name}/{SAFE.band_file('B02')}"
        item = reduced({"id": "x", "properties": {}, "assets": {"B02": {"href": href}}})
        scene = a_scene(SAFE.product_id, href="https://stac/x", item=item)
        product = replace(open_scene(scene, services), offsets={})
        found = read_native(product, product.bands[0], SAFE.grid)
        np.testing.assert_array_equal(found, expected)
        assert any("AKEY" in asked.headers.get("Authorization", "") for asked in server.asked)
