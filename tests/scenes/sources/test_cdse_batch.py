"""200 scenes over a faulty service: all arrive intact, with requests and bytes counted."""

from __future__ import annotations

import random
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from shapely.geometry import box, mapping

from migrate_core.scenes.sources.cdse.fetch import CDSE_LIMITS, CdseFetcher
from migrate_core.scenes.sources.cdse.source import CdseSource
from migrate_core.scenes.sources.protocol import SceneRequest
from tests.support.servers.cdse import Cdse, Offered, cdse_running, entry_of
from tests.support.servers.faulty import Asked, Reply
from tests.support.transfer import a_client, a_product_store, used

SCENES = 200
SIZE = 200_000


def fill(cdse: Cdse, folder: Path) -> None:
    """Archives that can't be compressed, each another."""
    for number in range(SCENES):
        path = folder / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.bin", random.Random(number).randbytes(SIZE))
        time = f"20200110T{number // 60:02d}{number % 60:02d}00"
        name = f"S2A_MSIL2A_{time}_N0500_R008_T31TDG_20230101T000000.SAFE"
        footprint = mapping(box(2.9, 42.2, 3.1, 42.4))
        content = path.read_bytes()
        entry = entry_of(f"u-{number}", name, footprint, content)
        cdse.add(Offered(f"u-{number}", entry, content))


class Faults:
    """Every fault there is, by chance but each time the same; ten products come wrong at first."""

    def __init__(self, cdse: Cdse) -> None:
        self._cdse = cdse
        self._chance = random.Random(1)
        self._wrong = {f"u-{number}" for number in range(0, SCENES, 20)}
        self.count = 0

    def __call__(self, asked: Asked) -> Reply | None:
        reply = self._fault(asked)
        self.count += reply is not None
        return reply

    def _fault(self, asked: Asked) -> Reply | None:
        kind = self._chance.randrange(6)
        if kind == 0:
            statuses = (429, 500, 502, 503, 504, 0)
            return Reply(self._chance.choice(statuses), headers={"Retry-After": "3"})
        if "$value" not in asked.path or asked.first_byte:
            return None
        identity = asked.path.split("(")[1].split(")")[0]
        whole = self._cdse.products[identity].content
        if identity in self._wrong:
            self._wrong.discard(identity)
            return Reply(200, whole[:-1] + b"!")
        if kind == 1:
            return Reply(200, whole, clip=self._chance.randrange(len(whole)))
        return None


class Watched:
    """The service, with a count of the downloads that it is at work at."""

    def __init__(self, cdse: Cdse) -> None:
        self._cdse = cdse
        self._lock = threading.Lock()
        self._now = self.most = 0

    def __call__(self, asked: Asked) -> Reply:
        downloads = "$value" in asked.path
        with self._lock:
            self._now += downloads
            self.most = max(self.most, self._now)
        try:
            return self._cdse.rule(asked)
        finally:
            with self._lock:
                self._now -= downloads


@pytest.mark.slow
def test_200_scenes_over_a_faulty_service_all_arrive_intact(tmp_path: Path) -> None:
    with cdse_running() as cdse:
        assert cdse.server is not None
        fill(cdse, tmp_path)
        cdse.page = 70
        cdse.fault = faults = Faults(cdse)
        request = SceneRequest((2.9, 42.2, 3.1, 42.4), date(2020, 1, 1), date(2020, 2, 1), "L2A")
        scenes = CdseSource(cdse.settings, a_client(attempts=8)).search(request).scenes
        assert len(scenes) == SCENES
        cdse.server.asked.clear()
        cdse.server.sent = 0
        cdse.requests_a_token = 25
        cdse.server.rule = watched = Watched(cdse)
        product_store = a_product_store(tmp_path / "workspace")
        fetcher = CdseFetcher(cdse.settings, product_store)

        def intact(number: int) -> bool:
            fetched = fetcher.fetch(scenes[number], "product")
            content = cdse.products[scenes[number].href.removeprefix("cdse:")].content
            fetched.release()
            return Path(fetched.href).read_bytes() == content

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(intact, range(SCENES)))
        assert faults.count > SCENES / 3
        assert 2 <= watched.most <= 4
        assert cdse.grants.count("password") == 1
        assert cdse.grants.count("refresh_token") > 3
        assert product_store.traffic.requests == len(cdse.server.asked)
        # Of a connection that broke, less than a piece of 64 KiB goes uncounted.
        whole = sum(len(product.content) for product in cdse.products.values())
        assert whole < product_store.traffic.bytes <= cdse.server.sent
        assert cdse.server.sent - product_store.traffic.bytes <= faults.count * (1 << 16)
        assert whole <= used(product_store, CDSE_LIMITS).bytes <= product_store.traffic.bytes
        assert not list((tmp_path / "workspace" / "products").glob("*.part*"))
