"""Downloads that end complete and checked, or not at all under their final name.

What has arrived lies in `<name>.part` beside the target, with `<name>.part.json` saying of what
file it is a part; another process, or another day, goes on from there.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import requests

from ..errors import ArchiveOrderedError, TransferError
from ..files.disk import writing
from .checks import Checksum, broken_jp2, broken_zip, wrong_checksum
from .http.bounds import MAX_FILE_BYTES, Bound
from .http.client import Authorization, HttpClient, Query, TransientError
from .http.retry import Check, SlowError

log = logging.getLogger(__name__)

# Left free on a disk, whatever is downloaded: a full disk hurts everybody on it.
DISK_RESERVE_BYTES = 1_000_000_000
# How often a file is fetched from its start when what arrived was wrong.
_FILE_ATTEMPTS = 2
_RANGE_NOT_SATISFIABLE = 416
_PARTIAL = 206
_ACCEPTED = 202
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

Test = Callable[[Path, Check], str | None]
_TESTS: dict[str, Test] = {".zip": broken_zip, ".jp2": broken_jp2}


@dataclass(frozen=True)
class Download:
    """A file to fetch; `title` names it in errors.

    `size` in bytes and `checksums` are what the service says of it; None and () where it doesn't.
    Where nobody says its size, more than `most_bytes` are not fetched.
    """

    url: str
    title: str
    size: int | None = None
    checksums: tuple[Checksum, ...] = ()
    auth: Authorization | None = field(default=None, repr=False)
    most_bytes: int = MAX_FILE_BYTES


def download(
    wanted: Download,
    target: Path,
    client: HttpClient,
    received: Callable[[int], None] = lambda _bytes: None,
) -> Path:
    """Fetch a file, or find it fetched; returns `target`. Raises TransferError, DiskError.

    The caller keeps others from the same target. `received(bytes)` is called as pieces come in.
    """
    if target.exists():
        return target
    with writing(target, wanted.size):
        return _downloaded(wanted, target, client, received)


def _downloaded(
    wanted: Download, target: Path, client: HttpClient, received: Callable[[int], None]
) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(target, wanted)
    faults = []
    for _ in range(_FILE_ATTEMPTS):
        _Transfer(wanted, part, client, received).run()
        fault = _fault(part.path, target, wanted, client.runtime.check)
        if fault is None:
            part.finish()
            size = target.stat().st_size
            log.info("%s: %s has arrived (%d bytes).", client.service, wanted.title, size)
            return target
        log.warning("%s: %s arrived, but %s.", client.service, wanted.title, fault)
        faults.append(fault)
        part.forget()
    raise TransferError(
        f"{client.service}: {wanted.title} arrived {_FILE_ATTEMPTS} times and was wrong each "
        f"time: {faults[-1]}. The service's own copy seems to be damaged: use another source, or "
        "another scene."
    )


def _fault(path: Path, target: Path, wanted: Download, check: Check) -> str | None:
    """What is wrong with a file that arrived, in words."""
    if wanted.size and path.stat().st_size != wanted.size:
        return f"it has {path.stat().st_size} bytes, the service says {wanted.size}"
    fault = wrong_checksum(path, wanted.checksums, check)
    test = _TESTS.get(target.suffix.lower())
    return fault or (test(path, check) if test else None)


class _Part:
    """What has arrived of a file, and of which file it is a part."""

    def __init__(self, target: Path, wanted: Download) -> None:
        self._target = target
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")
        self._of = {
            "size": wanted.size,
            "checksums": [[item.algorithm, item.value] for item in wanted.checksums],
        }
        self.tag: str | None = None
        self._take_up()

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def _take_up(self) -> None:
        """Go on with what is there, if it is of the same file; else begin again."""
        try:
            note: Any = json.loads(self._note.read_text(encoding="utf-8"))
            same = note["of"] == self._of
            self.tag = note["tag"]
        except (OSError, ValueError, KeyError, TypeError):
            same = False
        if not same:
            self.forget()

    def mark(self, tag: str | None) -> None:
        """Write down of which version of the file this is a part."""
        self.tag = tag
        self._note.write_text(json.dumps({"of": self._of, "tag": tag}), encoding="utf-8")

    def forget(self) -> None:
        """Throw away what is there."""
        self.tag = None
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give it its final name, on the disk for good."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        self.path.replace(self._target)
        self._note.unlink(missing_ok=True)


class _Transfer:
    """One file on its way, over as many requests as it takes."""

    def __init__(
        self, wanted: Download, part: _Part, client: HttpClient, received: Callable[[int], None]
    ) -> None:
        self._wanted = wanted
        self._part = part
        self._client = client
        self._received = received
        self._total = wanted.size or None

    def run(self) -> None:
        """Fetch what is missing. Only attempts that get no further count as failures in a row."""
        failures, furthest = 0, self._part.size
        while not self._complete():
            try:
                self._attempt()
                return
            except TransientError as err:
                further = self._part.size > furthest and not isinstance(err, SlowError)
                failures = 1 if further else failures + 1
                furthest = max(furthest, self._part.size)
                self._client.wait_after(err, failures, self._wanted.url)

    def _complete(self) -> bool:
        return self._total is not None and self._part.size == self._total

    def _attempt(self) -> None:
        position = self._part.size
        headers = {"Accept-Encoding": "identity"}
        if position:
            headers["Range"] = f"bytes={position}-"
            if self._part.tag:
                headers["If-Range"] = self._part.tag
        query = Query(
            self._wanted.url,
            headers=headers,
            auth=self._wanted.auth,
            accept=frozenset({_RANGE_NOT_SATISFIABLE}),
        )
        with self._client.opened(query) as response:
            if response.status_code == _RANGE_NOT_SATISFIABLE:
                self._part.forget()
                raise TransientError("what had arrived doesn't fit to the file any more")
            if response.status_code == _ACCEPTED:
                raise ArchiveOrderedError(
                    f"{self._wanted.title}: the service has to fetch it from its archive first. "
                    "Run it again later."
                )
            self._store(response, position)
        if self._total is not None and self._part.size < self._total:
            raise TransientError(f"only {self._part.size} of {self._total} bytes arrived")

    def _store(self, response: requests.Response, position: int) -> None:
        """Append the answer to the part, or begin again when it is the whole file."""
        start = self._measure(response)
        if start != position:
            if start != 0:
                self._part.forget()
                raise TransientError("it sent another range than was asked for")
            self._part.forget()
        self._check_disk(start)
        tag = response.headers.get("ETag")
        # A weak tag (W/…) doesn't promise the same bytes, so it can't stand in If-Range.
        self._part.mark(tag if tag and not tag.startswith("W/") else None)
        with self._part.path.open("ab") as file:
            self._write(response, file)

    def _measure(self, response: requests.Response) -> int:
        """Where the answer begins; notes how long the whole file is."""
        length = response.headers.get("Content-Length", "")
        if response.status_code != _PARTIAL:
            if self._total is None and length.isdigit():
                self._total = int(length)
            return 0
        match = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if match is None:
            raise TransientError("it sent a range without saying which")
        if self._total is None and match[2] != "*":
            self._total = int(match[2])
        return int(match[1])

    def _write(self, response: requests.Response, file: IO[bytes]) -> None:
        for piece in self._client.pieces(response, self._bound(file.tell())):
            file.write(piece)
            self._received(len(piece))

    def _bound(self, position: int) -> Bound:
        """How much may still come behind the bytes that are there."""
        wanted = self._wanted
        if self._total is None:
            return Bound(
                max(wanted.most_bytes - position, 0), f"{wanted.title} has an unknown size"
            )
        who = "the catalogue" if wanted.size else "the service"
        reason = f"{who} announced {wanted.title} with {self._total:,} bytes"
        return Bound(max(self._total - position, 0), reason)

    def _check_disk(self, position: int) -> None:
        """Raise TransferError when the rest of the file doesn't fit on the disk."""
        if self._total is None:
            return
        needed = self._total - position + DISK_RESERVE_BYTES
        free = shutil.disk_usage(self._part.path.parent).free
        if free < needed:
            raise TransferError(
                f"{self._wanted.title} needs {needed / 1e9:.1f} GB (with some to spare), but only "
                f"{free / 1e9:.1f} GB are free on the disk of {self._part.path.parent}. Make room, "
                "choose another workspace, or lower MIGRATE_CACHE_GB."
            )
