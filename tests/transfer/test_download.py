"""Downloads: resumed, checked, never half under the final name; disk, faults, cancellation."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest
from blake3 import blake3

from migrate_core.errors import JobCancelledError, TransferError
from migrate_core.transfer.checks import Checksum, broken_jp2, broken_zip, wrong_checksum
from migrate_core.transfer.download import Download, download
from tests.support.servers.faulty import Asked, Reply, file_reply, serving
from tests.support.transfer import Time, a_client

CONTENT = bytes(range(256)) * 20_000  # 5 MB
MD5 = Checksum("MD5", hashlib.md5(CONTENT).hexdigest())
MB = 1_000_000


def wanted(url: str, **changes: object) -> Download:
    values: dict[str, object] = {"size": len(CONTENT), "checksums": (MD5,)}
    return Download(url, "product P", **(values | changes))  # type: ignore[arg-type]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def a_zip(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_file_arrives_intact_and_nothing_else_is_left(tmp_path: Path) -> None:
    with serving(lambda asked: file_reply(asked, CONTENT)) as server:
        target = download(wanted(server.url), tmp_path / "deep" / "p.bin", a_client())
        assert target.read_bytes() == CONTENT
        assert names(target.parent) == {"p.bin"}
        download(wanted(server.url), target, a_client())
        assert len(server.asked) == 1


def test_a_connection_that_breaks_again_and_again_goes_on_where_it_broke(tmp_path: Path) -> None:
    client = a_client(attempts=3)

    def rule(asked: Asked) -> Reply:
        reply = file_reply(asked, CONTENT, ETag='"v1"')
        return Reply(reply.status, reply.body, reply.headers, clip=MB)

    with serving(rule) as server:
        target = download(wanted(server.url), tmp_path / "p.bin", client)
        starts = [asked.first_byte for asked in server.asked]
    assert target.read_bytes() == CONTENT
    # Six pieces, more than the policy's attempts: progress isn't failure.
    assert len(starts) == 6
    assert starts == sorted(set(starts))
    assert client.traffic.bytes == len(CONTENT)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 0])
def test_faults_between_the_pieces_are_waited_out(status: int, tmp_path: Path) -> None:
    faults = 0

    def rule(asked: Asked) -> Reply:
        nonlocal faults
        faults += 1
        if faults % 2:
            return Reply(status)
        reply = file_reply(asked, CONTENT)
        return Reply(reply.status, reply.body, reply.headers, clip=2 * MB)

    with serving(rule) as server:
        target = download(wanted(server.url), tmp_path / "p.bin", a_client())
    assert target.read_bytes() == CONTENT


def interrupted(tmp_path: Path, etag: str = '"v1"') -> None:
    """A part of the first version of a file, as a cancelled or killed run leaves it."""
    client = a_client(time := Time())
    got = 0

    def received(size: int) -> None:
        nonlocal got
        got += size

    def check() -> None:
        if got > 2 * MB:
            raise JobCancelledError("stop")

    time.check = check
    with serving(lambda asked: file_reply(asked, CONTENT, ETag=etag)) as server:
        with pytest.raises(JobCancelledError):
            download(wanted(server.url), tmp_path / "p.bin", client, received)
    assert not (tmp_path / "p.bin").exists()
    assert (tmp_path / "p.bin.part").stat().st_size >= 2 * MB


def test_another_process_goes_on_where_a_cancelled_one_stopped(tmp_path: Path) -> None:
    interrupted(tmp_path)
    there = (tmp_path / "p.bin.part").stat().st_size
    client = a_client()
    with serving(lambda asked: file_reply(asked, CONTENT, ETag='"v1"')) as server:
        target = download(wanted(server.url), tmp_path / "p.bin", client)
        assert server.asked[0].first_byte == there
        assert server.asked[0].headers["If-Range"] == '"v1"'
    assert target.read_bytes() == CONTENT
    assert client.traffic.bytes == len(CONTENT) - there
    assert names(tmp_path) == {"p.bin"}


def test_a_part_of_another_version_is_not_gone_on_with(tmp_path: Path) -> None:
    interrupted(tmp_path)
    other = CONTENT[::-1]
    new = Checksum("MD5", hashlib.md5(other).hexdigest())
    with serving(lambda asked: file_reply(asked, other)) as server:
        target = download(wanted(server.url, checksums=(new,)), tmp_path / "p.bin", a_client())
        assert server.asked[0].first_byte == 0
    assert target.read_bytes() == other


def test_a_service_that_ignores_ranges_sends_it_from_the_start(tmp_path: Path) -> None:
    interrupted(tmp_path)
    with serving(lambda _: Reply(200, CONTENT)) as server:
        target = download(wanted(server.url), tmp_path / "p.bin", a_client())
        assert server.asked[0].first_byte > 0
    assert target.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_begun_anew(tmp_path: Path) -> None:
    interrupted(tmp_path)
    short = CONTENT[:MB]
    rule_asked = wanted("", size=None, checksums=())
    (tmp_path / "p.bin.part.json").write_text(
        '{"of": {"size": null, "checksums": []}, "tag": null}'
    )
    with serving(lambda asked: file_reply(asked, short)) as server:
        unknown = Download(server.url, rule_asked.title)
        assert download(unknown, tmp_path / "p.bin", a_client()).read_bytes() == short


@pytest.mark.parametrize(
    "checksums",
    [
        (Checksum("MD5", "0" * 32),),
        (Checksum("BLAKE3", "0" * 64),),
        (MD5, Checksum("SHA3-256", "0" * 64)),
    ],
)
def test_a_wrong_checksum_is_tried_once_more_then_told_and_leaves_nothing(
    checksums: tuple[Checksum, ...], tmp_path: Path
) -> None:
    with serving(lambda asked: file_reply(asked, CONTENT)) as server:
        with pytest.raises(TransferError, match=r"product P arrived 2 times.*(MD5|BLAKE3|SHA3)"):
            download(wanted(server.url, checksums=checksums), tmp_path / "p.bin", a_client())
        assert len(server.asked) == 2
    assert names(tmp_path) == set()


def test_a_file_that_was_wrong_once_is_fetched_again(tmp_path: Path) -> None:
    bodies = [CONTENT[:-1] + b"!", CONTENT]
    with serving(lambda asked: file_reply(asked, bodies.pop(0))) as server:
        target = download(wanted(server.url), tmp_path / "p.bin", a_client())
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("checksums", [(), (Checksum("MD5", ""),), (Checksum("CRC-99", "1"),)])
def test_without_a_known_checksum_and_size_the_content_length_counts(
    checksums: tuple[Checksum, ...], tmp_path: Path
) -> None:
    with serving(lambda asked: file_reply(asked, CONTENT)) as server:
        unknown = wanted(server.url, size=None, checksums=checksums)
        assert download(unknown, tmp_path / "p.bin", a_client()).read_bytes() == CONTENT


def test_a_body_shorter_than_the_catalogue_says_is_no_file(tmp_path: Path) -> None:
    # As a server does that closes the connection without having promised a length.
    with serving(lambda asked: file_reply(asked, CONTENT[: 3 * MB])) as server:
        with pytest.raises(TransferError):
            download(wanted(server.url), tmp_path / "p.bin", a_client())
    assert not (tmp_path / "p.bin").exists()


def test_a_zip_that_is_corrupt_though_its_md5_matches_is_refused(tmp_path: Path) -> None:
    content = bytearray(a_zip(a=os.urandom(5000), b=b"text"))
    content[1000] ^= 0xFF
    corrupt = bytes(content)
    right = Checksum("MD5", hashlib.md5(corrupt).hexdigest())
    with serving(lambda asked: file_reply(asked, corrupt)) as server:
        asked_for = wanted(server.url, size=len(corrupt), checksums=(right,))
        with pytest.raises(TransferError, match=r"damaged|unpacked"):
            download(asked_for, tmp_path / "p.zip", a_client())
    assert names(tmp_path) == set()


def test_an_error_page_with_status_200_is_no_archive(tmp_path: Path) -> None:
    with serving(lambda _: Reply(200, b"<html>maintenance</html>")) as server:
        with pytest.raises(TransferError, match="zip"):
            download(Download(server.url, "P"), tmp_path / "p.zip", a_client())
    assert names(tmp_path) == set()


def test_a_disk_that_is_too_full_is_told_before_the_bytes_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 10**9))
    client = a_client()
    with serving(lambda asked: file_reply(asked, CONTENT)) as server:
        with pytest.raises(TransferError, match=r"product P needs 1\.0 GB.*only 1\.0 GB are free"):
            download(wanted(server.url), tmp_path / "p.bin", client)
    assert client.traffic.bytes == 0


# checks


def test_checksums_agree_with_the_libraries_own(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    right = {
        "MD5": hashlib.md5(CONTENT).hexdigest().upper(),
        "BLAKE3": blake3(CONTENT).hexdigest(),
        "SHA256": hashlib.sha256(CONTENT).hexdigest(),
        "SHA-256": hashlib.sha256(CONTENT).hexdigest(),
        "SHA3-256": hashlib.sha3_256(CONTENT).hexdigest(),
    }
    sums = [Checksum(name, value) for name, value in right.items()]
    assert all(item.known for item in sums)
    assert wrong_checksum(path, sums, lambda: None) is None
    for item in sums:
        other = Checksum(item.algorithm, item.value[::-1])
        assert item.algorithm in (wrong_checksum(path, [other], lambda: None) or "")


def test_archives_with_members_outside_or_missing_ends_are_broken(tmp_path: Path) -> None:
    good = a_zip(a=b"text")
    cases = {"good": good, "cut": good[:-10], "outside": a_zip(**{"../a": b"x"}), "empty": b""}
    found = {}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        found[name] = broken_zip(tmp_path / name, lambda: None) is None
    assert found == {"good": True, "cut": False, "outside": False, "empty": False}


def test_a_jpeg_2000_that_was_cut_is_broken(tmp_path: Path) -> None:
    signature = bytes.fromhex("0000000c6a5020200d0a870a")
    stream = (100).to_bytes(4, "big") + b"jp2c" + bytes(92)
    long_form = b"\0\0\0\1jp2c" + (40).to_bytes(8, "big") + bytes(24)
    to_the_end = b"\0\0\0\0jp2c" + bytes(7)
    cases = {
        "good": (signature + stream, True),
        "long": (signature + long_form, True),
        "open": (signature + to_the_end, True),
        "cut": (signature + stream[:-1], False),
        "head": (signature + stream[:3], False),
        "html": (b"<html>", False),
    }
    for name, (content, good) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert (broken_jp2(tmp_path / name, lambda: None) is None) is good, name
