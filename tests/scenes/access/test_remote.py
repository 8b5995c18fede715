"""Windows of scenes at a service: over HTTP from COGs, few bytes, signed, and through faults."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.windows import Window as RasterWindow

from migrate_core.errors import MigrateError, ProductError
from migrate_core.grid import Window, block, window_of
from migrate_core.model import Scene
from migrate_core.products.pixels.reading import (
    read_band,
    read_decimated,
    read_native_bands,
)
from migrate_core.products.remembered import Remembered
from migrate_core.products.remote import opening as remote_opening
from migrate_core.products.remote.file import HEAD_BYTES
from migrate_core.products.stac.item import reduced
from migrate_core.products.stac.product import AssetLocation, product_of
from migrate_core.scenes.access import opening, remote
from migrate_core.scenes.access.opening import open_scene
from migrate_core.scenes.access.remote import Remotes
from migrate_core.settings import ServiceSettings
from migrate_core.transfer.http.retry import Runtime
from tests.support.bands import read_bands
from tests.support.builders import (
    BANDS_L2A,
    EARTH_SEARCH_NAMES,
    RESOLUTION,
    Safe,
    north_up,
    product_xml,
)
from tests.support.range_server import Answer, Asked, RangeServer, Rule, after, one_of, serving

SIZE = 1536
BLOCK = 256
SECRET = "sig=s3cr3t"


def noise(band: str, height: int, width: int) -> NDArray[np.uint16]:
    """Pixels that hardly compress, as real ones don't."""
    return np.random.default_rng(BANDS_L2A.index(band)).integers(
        1001, 5000, (height, width), dtype=np.uint16
    )


SAFE = Safe(size=SIZE, baseline="04.00", pixels=noise)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """COGs of a product."""
    root = tmp_path_factory.mktemp("cogs")
    for band in BANDS_L2A:
        pixels = noise(band, SIZE * 10 // RESOLUTION[band], SIZE * 10 // RESOLUTION[band])
        profile = {"count": 1, "dtype": "uint16", "crs": "EPSG:32631", "nodata": 0}
        profile |= {"height": len(pixels), "width": len(pixels), "driver": "GTiff"}
        profile["transform"] = north_up(SAFE.west, SAFE.north, RESOLUTION[band])
        with rasterio.open(root / "plain.tif", "w", **profile) as dataset:
            dataset.write(pixels, 1)
        options = {"driver": "COG", "blocksize": BLOCK, "compress": "deflate", "predictor": "yes"}
        rasterio.shutil.copy(root / "plain.tif", root / f"{band}.tif", **options)
    return root


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[RangeServer]:
    with serving(folder) as server:
        yield server


@pytest.fixture
def server(running: RangeServer) -> RangeServer:
    running.rule = lambda _: None
    running.forget()
    return running


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens and connections are shared within one test only, and nothing waits in earnest."""
    monkeypatch.setattr(opening, "_remotes", lru_cache(quick))
    monkeypatch.setattr(remote_opening, "_heads", Remembered(64))
    monkeypatch.setitem(remote._REMOTE, "GDAL_HTTP_RETRY_DELAY", "0.01")


def item(server: RangeServer, **properties: Any) -> dict[str, Any]:
    return {
        "id": "S2A_31TDG_20200121_0_L2A",
        "collection": "sentinel-2-l2a",
        "properties": properties,
        "assets": {
            EARTH_SEARCH_NAMES[band]: {"href": f"{server.url}/{band}.tif"} for band in BANDS_L2A
        },
    }


def scene(content: dict[str, Any], source: str = "earth-search") -> Scene:
    return Scene(
        scene_id=SAFE.product_id,
        source=source,
        sensed_at=datetime(2020, 1, 21, tzinfo=UTC),
        level="L2A",
        tile="31TDG",
        baseline="04.00",
        cloud_percent=0.0,
        footprint=SAFE.lonlat(),
        href="http://127.0.0.1/item",
        item=reduced(content),
    )


def quick(services: ServiceSettings) -> Remotes:
    """Remotes that don't really wait between attempts."""
    return Remotes(services, Runtime(sleep=lambda _: None))


def opened(server: RangeServer, **properties: Any) -> Any:
    content, services = item(server, **properties), ServiceSettings()
    access = quick(services).access()
    return product_of(reduced(content), scene(content), AssetLocation(None, access, access.read))


def bytes_of_blocks(path: Path, window: RasterWindow) -> int:
    """What the blocks that a window touches weigh in the file, by the file's own directory."""
    with rasterio.open(path) as dataset:
        height, width = dataset.block_shapes[0]
        rows = range(window.row_off // height, (window.row_off + window.height - 1) // height + 1)
        columns = range(window.col_off // width, (window.col_off + window.width - 1) // width + 1)
        return sum(
            int(dataset.get_tag_item(f"BLOCK_SIZE_{column}_{row}", "TIFF", bidx=1))
            for row in rows
            for column in columns
        )


# bytes


@pytest.mark.parametrize("place", [(0, 0), (256, 512), (700, 300)], ids=str)
def test_a_window_costs_hardly_more_than_the_blocks_it_touches(
    folder: Path, server: RangeServer, place: tuple[int, int]
) -> None:
    product = opened(server, **{"earthsearch:boa_offset_applied": True})
    server.forget()
    column, row = place
    needed = 0
    for band in product.bands:
        if band.resolution_m != 10:
            continue
        grid = block(product.grid, Window(column, row, 256, 256))
        found = read_band(product, band, grid, "bilinear")
        whole = noise(band.name, SIZE, SIZE)
        np.testing.assert_array_equal(found, whole[row : row + 256, column : column + 256])
        needed += bytes_of_blocks(folder / f"{band.name}.tif", RasterWindow(column, row, 256, 256))
    assert needed <= server.bytes_sent <= 1.5 * needed


def test_all_bands_of_a_pair_cost_hardly_more_than_their_blocks(
    folder: Path, server: RangeServer
) -> None:
    """From the item to the pixels: what opening costs counts, too."""
    product = opened(server, **{"earthsearch:boa_offset_applied": True})
    found = read_bands(product, block(product.grid, Window(260, 520, 256, 256)), "bilinear")
    assert found.shape == (12, 256, 256)
    needed = 0
    for band in BANDS_L2A:
        factor = RESOLUTION[band] // 10
        first_column, first_row = 260 // factor, 520 // factor
        size = -(-256 // factor)
        window = RasterWindow(first_column, first_row, size, size)
        needed += bytes_of_blocks(folder / f"{band}.tif", window)
    assert server.bytes_sent <= 1.5 * needed
    assert not [asked for asked in server.asked if not asked.path.endswith(".tif")]


def test_all_bands_take_two_round_trips_and_a_request_each(
    folder: Path, server: RangeServer
) -> None:
    """Round one fetches all headers at once, round two the blocks; a second window one round."""
    product = opened(server, **{"earthsearch:boa_offset_applied": True})
    server.forget()
    server.rule = in_flight = AtOnce()
    # Inside one block of each band, at every resolution.
    grid = block(product.grid, Window(0, 0, 252, 252))
    found = pixels_of(product, grid)
    needed = needed_bytes(folder, grid, product)
    # The header of the band whose grid was asked for is known from opening the product.
    assert len(server.asked) == 23
    # One after another are only the two of one file.
    assert max(Counter(asked.path for asked in server.asked).values()) == 2
    assert in_flight.most >= 11
    assert server.bytes_sent <= needed + 11 * HEAD_BYTES
    server.forget()
    again = pixels_of(product, grid)
    assert len(server.asked) == 12
    assert server.bytes_sent <= 1.01 * needed
    for name, pixels in found.items():
        size = SIZE * 10 // RESOLUTION[name]
        side = 252 * 10 // RESOLUTION[name]
        np.testing.assert_array_equal(pixels, noise(name, size, size)[:side, :side])
        np.testing.assert_array_equal(pixels, again[name])


@pytest.mark.parametrize("position", [(250, 250), (1279, 900), (1530, 1530)], ids=str)
def test_blocks_side_by_side_come_in_one_request(
    folder: Path, server: RangeServer, position: tuple[int, int]
) -> None:
    product = opened(server, **{"earthsearch:boa_offset_applied": True})
    grid = block(product.grid, Window(*position, 6, 6))
    natives = {"B03": grid}
    read_native_bands(product, natives)
    server.forget()
    found = read_native_bands(product, natives)["B03"]
    column, row = position
    expected = noise("B03", SIZE, SIZE)[row : row + 6, column : column + 6]
    np.testing.assert_array_equal(found, expected)
    rows = (row + 5) // BLOCK - row // BLOCK + 1
    assert len(server.asked) == rows


def test_a_decimated_read_takes_the_blocks_of_one_overview(
    folder: Path, server: RangeServer
) -> None:
    product = opened(server, **{"earthsearch:boa_offset_applied": True})
    band = next(one for one in product.bands if one.name == "B03")
    found = read_decimated(product, band, Window(100, 300, 1024, 1024), (256, 256))
    with rasterio.open(folder / "B03.tif") as dataset:
        expected = dataset.read(
            1,
            window=RasterWindow(100, 300, 1024, 1024),
            out_shape=(256, 256),
            resampling=rasterio.enums.Resampling.average,
        )
    np.testing.assert_array_equal(found, expected)
    assert len(server.asked) <= 4
    assert server.bytes_sent < 0.1 * (folder / "B03.tif").stat().st_size


def test_a_file_replaced_meanwhile_is_read_from_its_beginning_again(
    folder: Path, server: RangeServer
) -> None:
    """The directory that is remembered leads elsewhere in the new file."""
    product = opened(server, **{"earthsearch:boa_offset_applied": True})
    natives = {"B03": block(product.grid, Window(700, 700, 100, 100))}
    read_native_bands(product, natives)
    other = (folder / "B04.tif").read_bytes()

    def rule(asked: Asked) -> Answer | None:
        return part(asked, other, ETag='"another"') if "B03" in asked.path else None

    server.rule = rule
    found = read_native_bands(product, natives)["B03"]
    np.testing.assert_array_equal(found, noise("B04", SIZE, SIZE)[700:800, 700:800])


def test_a_service_without_ranges_is_left_to_gdal(folder: Path, server: RangeServer) -> None:
    product = opened(server, **{"earthsearch:boa_offset_applied": True})
    content = (folder / "B03.tif").read_bytes()
    agents: list[str] = []

    def rule(asked: Asked) -> Answer | None:
        if "B03" not in asked.path:
            return None
        agents.append(asked.headers.get("User-Agent", ""))
        ours = "label-migrate" in agents[-1]
        return Answer(200, content) if ours else None

    server.rule = rule
    found = read_native_bands(product, {"B03": block(product.grid, Window(9, 9, 30, 30))})["B03"]
    np.testing.assert_array_equal(found, noise("B03", SIZE, SIZE)[9:39, 9:39])
    assert any("label-migrate" not in agent for agent in agents)


class AtOnce:
    """How many requests were being answered at once, at most."""

    def __init__(self) -> None:
        self.most, self._running, self._lock = 0, 0, threading.Lock()

    def __call__(self, asked: Asked) -> Answer | None:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        time.sleep(0.5)
        with self._lock:
            self._running -= 1
        return None


def part(asked: Asked, content: bytes, **headers: str) -> Answer:
    first, last = map(int, asked.headers["Range"].removeprefix("bytes=").split("-"))
    last = min(last, len(content) - 1)
    position = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
    return Answer(206, content[first : last + 1], {**position, **headers})


def pixels_of(product: Any, grid: Any) -> dict[str, NDArray[np.uint16]]:
    """All bands as a pair reads them, each at its own resolution, without neighbours."""
    return read_native_bands(
        product, {band.name: grid.coarser(band.resolution_m // 10) for band in product.bands}
    )


def needed_bytes(folder: Path, grid: Any, product: Any) -> int:
    needed = 0
    for band in product.bands:
        factor = band.resolution_m // 10
        window = window_of(grid.coarser(factor), product.grid.coarser(factor))
        sides = (window.column, window.row, window.width, window.height)
        needed += bytes_of_blocks(folder / f"{band.name}.tif", RasterWindow(*sides))
    return needed


# faults


FAULTS: dict[str, Callable[[], Rule]] = {
    "429": lambda: one_of(*(after(n, Answer(429), path="B03") for n in (1, 4))),
    "500": lambda: one_of(*(after(n, Answer(500), path="B03") for n in (2, 3))),
    "502": lambda: one_of(*(after(n, Answer(502), path="B03") for n in (3, 5))),
    "503 often": lambda: one_of(*(after(n, Answer(503), path="B03") for n in range(2, 8))),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_fails_in_passing_is_asked_for_again(server: RangeServer, fault: str) -> None:
    product = opened(server)
    server.rule = FAULTS[fault]()
    grid = block(product.grid, Window(100, 100, 300, 300))
    found = read_band(product, product.bands[2], grid, "bilinear")
    expected = noise("B03", SIZE, SIZE)[100:400, 100:400].astype(int) - 1000
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("drop", [0, 1000, 60_000])
def test_a_connection_that_drops_inside_the_body_is_made_again(
    server: RangeServer, drop: int
) -> None:
    product = opened(server)
    seen = [0]

    def rule(asked: Asked) -> Answer | None:
        if asked.method != "GET" or "B03" not in asked.path:
            return None
        seen[0] += 1
        if seen[0] not in (2, 3):
            return None
        first, last = map(int, asked.headers["Range"].removeprefix("bytes=").split("-"))
        content = (server.root / "B03.tif").read_bytes()
        part = content[first : last + 1]
        place = {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(content)}"}
        return Answer(206, part, place, drop_after=drop)

    server.rule = rule
    grid = block(product.grid, Window(100, 100, 300, 300))
    found = read_band(product, product.bands[2], grid, "bilinear")
    expected = noise("B03", SIZE, SIZE)[100:400, 100:400].astype(int) - 1000
    np.testing.assert_array_equal(found, expected)
    assert seen[0] > 3


def test_a_file_that_is_gone_is_said_at_once(server: RangeServer) -> None:
    product = opened(server)
    server.forget()
    server.rule = lambda asked: Answer(404) if "B04" in asked.path else None
    with pytest.raises(ProductError, match=r"B04\.tif: band B04 can't be read .*404"):
        read_bands(product, block(product.grid, Window(0, 0, 10, 10)), "bilinear")
    assert len([asked for asked in server.asked if "B04" in asked.path]) <= 3


def test_a_service_that_stays_down_ends_in_an_error(server: RangeServer) -> None:
    product = opened(server)
    server.rule = lambda _: Answer(403)
    with pytest.raises(ProductError, match="service may be down"):
        read_bands(product, block(product.grid, Window(0, 0, 10, 10)), "bilinear")


# signatures


class Signer:
    """A signing service whose tokens stand for `uses` requests, in the storage's eyes."""

    def __init__(self, uses: int = 10**6, seconds: float = 3600) -> None:
        self.uses, self.seconds = uses, seconds
        self.issued = 0
        self.used = 0

    def __call__(self, asked: Asked) -> Answer | None:
        if asked.path.startswith("/sas/token/"):
            self.issued, self.used = self.issued + 1, 0
            expiry = datetime.fromtimestamp(time.time() + self.seconds, UTC).isoformat()
            content = {"msft:expiry": expiry, "token": f"{SECRET}{self.issued}&se=1"}
            return Answer(200, json.dumps(content).encode())
        if asked.query.get("sig") != f"s3cr3t{self.issued}" or self.used >= self.uses:
            return Answer(403, b"<Error><Code>AuthenticationFailed</Code></Error>")
        self.used += 1
        return None


def signed_scene(server: RangeServer) -> tuple[Scene, ServiceSettings]:
    services = ServiceSettings(planetary_computer_sas_url=f"{server.url}/sas")
    content = item(server)
    content["assets"] = {band: {"href": f"{server.url}/{band}.tif"} for band in BANDS_L2A}
    return scene(content, "planetary-computer"), services


def test_addresses_of_the_planetary_computer_are_signed_with_one_token(
    server: RangeServer,
) -> None:
    server.rule = signer = Signer()
    wanted, services = signed_scene(server)
    product = open_scene(wanted, services)
    found = read_bands(product, block(product.grid, Window(0, 0, 30, 30)), "bilinear")
    np.testing.assert_array_equal(found[1], noise("B02", SIZE, SIZE)[:30, :30].astype(int) - 1000)
    open_scene(wanted, services)
    assert signer.issued == 1
    paths = [asked.path for asked in server.asked if "token" in asked.path]
    assert paths == ["/sas/token/sentinel-2-l2a"]


def test_a_token_that_expires_in_the_middle_is_renewed(server: RangeServer) -> None:
    server.rule = signer = Signer(uses=8)
    wanted, services = signed_scene(server)
    product = open_scene(wanted, services)
    found = read_bands(product, block(product.grid, Window(0, 0, 600, 600)), "bilinear")
    np.testing.assert_array_equal(found[3], noise("B04", SIZE, SIZE)[:600, :600].astype(int) - 1000)
    assert signer.issued > 2


def test_a_token_is_not_used_when_it_is_about_to_expire(server: RangeServer) -> None:
    now = [1_000_000.0]
    server.rule = signer = Signer()
    services = ServiceSettings(planetary_computer_sas_url=f"{server.url}/sas")
    remotes = Remotes(services, Runtime(sleep=lambda _: None, clock=lambda: now[0]))
    access = remotes.access("sentinel-2-l2a")
    signer.seconds = now[0] + 600 - time.time()
    assert access.address(f"/vsicurl/{server.url}/B02.tif").endswith(f"?{SECRET}1&se=1")
    now[0] += 400
    access.address(f"/vsicurl/{server.url}/B02.tif")
    assert signer.issued == 1
    now[0] += 100
    assert access.address(f"/vsicurl/{server.url}/B02.tif").endswith(f"?{SECRET}2&se=1")


def test_the_signing_service_is_asked_again_after_the_seconds_it_says(
    server: RangeServer,
) -> None:
    words = b'{"message": "Rate limit is exceeded. Try again in 7 seconds."}'
    slept: list[float] = []
    server.rule = one_of(after(1, Answer(429, words), path="/token/"), Signer())
    services = ServiceSettings(planetary_computer_sas_url=f"{server.url}/sas")
    remotes = Remotes(services, Runtime(sleep=slept.append))
    remotes.access("sentinel-2-l2a").address(f"/vsicurl/{server.url}/B02.tif")
    assert sum(slept) == pytest.approx(7)


def test_no_signature_gets_into_errors_or_logs(
    server: RangeServer, caplog: pytest.LogCaptureFixture
) -> None:
    signer, first = Signer(), after(1, Answer(503))
    wanted, services = signed_scene(server)

    def rule(asked: Asked) -> Answer | None:
        if "B03" in asked.path:
            return first(asked) or Answer(404)
        return signer(asked)

    server.rule = rule
    with caplog.at_level(logging.INFO, "rasterio"):
        product = open_scene(wanted, services)
        with pytest.raises(ProductError) as caught:
            read_bands(product, block(product.grid, Window(0, 0, 10, 10)), "bilinear")
    reported = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "B03.tif" in reported
    assert "s3cr3t" not in reported
    assert "s3cr3t" not in repr(product)


# what the item says of the offset


@pytest.mark.parametrize("key", ["product_metadata", "product-metadata"])
def test_the_products_own_metadata_are_believed_first(
    folder: Path, server: RangeServer, key: str
) -> None:
    (folder / "MTD_MSIL2A.xml").write_text(product_xml(replace(SAFE, offset=-1000)))
    content = item(server, **{"earthsearch:boa_offset_applied": True})
    content["assets"][key] = {"href": f"{server.url}/MTD_MSIL2A.xml"}
    product = open_scene(scene(content), ServiceSettings())
    assert set(product.offsets.values()) == {-1000}
    assert product.offset_origin == "BOA_ADD_OFFSET in the product's metadata"
    assert any("boa_offset_applied is true" in warning for warning in product.offset_warnings)


def test_metadata_that_cannot_be_read_are_done_without_and_named(server: RangeServer) -> None:
    content = item(server, **{"earthsearch:boa_offset_applied": True})
    for href in (f"{server.url}/none.xml", "s3://sentinel-s2-l2a/tiles/MTD_MSIL2A.xml"):
        content["assets"]["product_metadata"] = {"href": href}
        product = open_scene(scene(content), ServiceSettings())
        assert set(product.offsets.values()) == {0}
        assert "could not be read" in product.offset_origin


def test_an_item_whose_assets_have_no_address_is_named() -> None:
    content: dict[str, Any] = {"id": "x", "properties": {}, "assets": {}}
    content["assets"] = {band: {"href": f"./{band}.tif"} for band in BANDS_L2A}
    with pytest.raises(MigrateError, match="must begin with https"):
        open_scene(scene(content), ServiceSettings())
