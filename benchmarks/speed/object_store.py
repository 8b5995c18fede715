"""Windows of JPEG 2000 files in an S3 store, with and without lengths of tiles and packets."""

from __future__ import annotations

from dataclasses import replace
from operator import gt

from benchmarks.speed.comparing import OURS, Compared, Setup, compete
from benchmarks.speed.data.masks import band_windows
from benchmarks.speed.data.product import NAME, band_path
from benchmarks.speed.measuring.cost import Contestant, contestant
from benchmarks.speed.measuring.server import CountingServer, serving
from benchmarks.speed.tables import Aim, Found, Row, at_most

SIDE = 150
LATENCY_S = 0.05
KINDS = {"plt": "with TLM and PLT", "tlm": "with TLM", "plain": "without TLM"}
# What a quick run may not exceed at first, and with the index kept: the tiles, and the metadata.
LIMIT_REQUESTS = {"plt": (80, 50), "tlm": (40, 20), "plain": (40, 20)}
# Here more requests are made, for fewer bytes: at most this share of those of the tiles.
PACKETS, LIMIT_SHARE = "plt", 0.5
_MOST_REQUESTS = 16
_AGAIN = "ours, again"
_HAND = "by hand"


def measure(setup: Setup) -> Found:
    """The table; problems are pixels that differ, and requests beyond their limits."""
    rows: list[Row] = []
    aims: list[Aim] = []
    problems: list[str] = []
    read: dict[str, float] = {}
    with serving(setup.product.bucket, LATENCY_S) as server:
        for kind, text in KINDS.items():
            found = _compete(setup, server, kind)
            rows += found.rows(f"{SIDE} x {SIDE} window, {text}")
            problems += found.problems
            if OURS not in found.costs:
                continue
            first = found.costs[OURS]
            again = found.costs.get(_AGAIN, first)
            read[kind] = again.sent_mb
            requests, limits = (first.requests, again.requests), LIMIT_REQUESTS[kind]
            if setup.quick and any(map(gt, requests, limits)):
                problems.append(f"{text}: {requests} requests, more than {limits}")
            if kind != PACKETS:
                aim = f"{text}, the index kept: about 15 requests and those of the metadata"
                aims.append(at_most(aim, again.requests, _MOST_REQUESTS + 3))
    if set(read) == set(KINDS):
        share = read[PACKETS] / read["tlm"]
        aims.append(at_most("of the bytes of tiles, those of packets", share, LIMIT_SHARE))
        if setup.quick and share > LIMIT_SHARE:
            problems.append(
                f"{100 * share:.0f} % of the bytes of tiles came where packets are known"
            )
    title = f"JPEG 2000 in an S3 store, {1000 * LATENCY_S:.0f} ms latency"
    return Found(title, rows, aims, problems)


def _compete(setup: Setup, server: CountingServer, kind: str) -> Compared:
    start = 1024 * max(1, setup.product.size // 2048) - SIDE - 20
    windows = band_windows(start, start, SIDE, SIDE)
    workspace = str(setup.scratch(f"object-store-{kind}"))
    keys = {
        "CDSE_S3_ENDPOINT": server.url, "CDSE_S3_ACCESS_KEY": "key",
        "CDSE_S3_SECRET_KEY": "secret", "MIGRATE_WORKSPACE": workspace,
    }  # fmt: skip
    path = f"s3://eodata/{kind}/{NAME}.SAFE"
    ours = contestant(OURS, "ours", "s3_windows", path=path, windows=windows)
    files = {band: f"/vsis3/eodata/{kind}/{NAME}.SAFE/{band_path(band)}" for band in windows}
    gdal = {
        "AWS_S3_ENDPOINT": server.url.partition("//")[2], "AWS_HTTPS": "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE", "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }  # fmt: skip
    options = {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".jp2",
    }  # fmt: skip
    hand = contestant(_HAND, "by_hand", "windows", files=files, windows=windows, options=options)

    def first() -> Contestant:
        return replace(ours, environment=keys)

    def again() -> Contestant:
        return replace(ours, name=_AGAIN, environment=keys)

    def by_hand() -> Contestant:
        return replace(hand, environment=gdal)

    found = compete([first, again, by_hand], 1, server)
    found.must_agree(KINDS[kind])
    return found
