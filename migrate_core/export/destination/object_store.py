"""A dataset in an object store: files are sent as they are finished, and deleted here.

The folder in the workspace keeps the tables, the card, the journal, and a log of what was sent. The
last two go along, so that an export from elsewhere goes on, too. An object counts as ours, and as
there, while the store gives it the ETag that it had when it was sent; no other is ever deleted.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...errors import JobCancelledError, MigrateError, TransferError, WrongUseError
from ...settings import ServiceSettings
from ...transfer.http.client import HttpClient
from ...transfer.http.retry import RetryPolicy, Runtime
from ...workspace import written_then_renamed
from ..journal import JOURNAL, Journal
from ..report.card import CARD, MADE_WITH
from ..request import ExportRequest
from .address import parse_address
from .bucket import Bucket, store_of
from .target import Progress, Target

SENT = ".export.sent.jsonl"
# The name under which the journal has the files that hold for all samples; see `writing`.
_COMMON = "*"
_THREADS = 4
# Parts that wait to be sent: as much more lies on the disk at once.
_WAITING = 8
# About two minutes without an answer.
_POLICY = RetryPolicy(attempts=6, longest_wait_s=30.0)


@dataclass(frozen=True)
class _Sent:
    """A file that was sent: the digest of its content (MD5), and the ETag of its object."""

    md5: str
    etag: str


def object_store_of(
    request: ExportRequest, services: ServiceSettings, policy: RetryPolicy = _POLICY
) -> ObjectStore:
    """The place that `request.sent_to` names. Raises WrongUseError, CredentialsError."""
    address, stop = parse_address(request.sent_to), threading.Event()

    def check() -> None:
        if stop.is_set():
            raise JobCancelledError("It was cancelled. What was finished before is kept.")

    http = HttpClient(str(address), policy=policy, runtime=Runtime(check=check))
    return ObjectStore(request.destination, Bucket(address, store_of(services), http), stop)


class ObjectStore(Target):
    """The folder in which a dataset is made ready, and the objects that it becomes."""

    sends = True

    def __init__(self, folder: Path, bucket: Bucket, stop: threading.Event) -> None:
        super().__init__(folder)
        self._bucket = bucket
        self._stop = stop
        self._stored: dict[str, str] = {}
        self._sent: dict[str, _Sent] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="send")
        self._waiting: set[Future[None]] = set()
        self._lost = False

    def check(self) -> None:
        """Look at what is there; only an earlier dataset, or nothing, may be."""
        self._stored = {one.key: one.etag for one in self._bucket.objects()}
        if self._stored and not self._is_ours():
            raise WrongUseError(
                f"{self._bucket.address} has other objects in it. Name a prefix without any, or "
                "that of an earlier export, which is then brought up to date."
            )

    def _is_ours(self) -> bool:
        return CARD in self._stored and MADE_WITH.encode() in self._bucket.get(CARD)

    def begin(self) -> None:
        """Take over what another workspace noted there, and mark it as unfinished."""
        for name in (JOURNAL, SENT):
            # What was noted here is the newer, and comes last.
            theirs = self._bucket.get(name) if name in self._stored else b""
            path = self.folder / name
            ours = path.read_bytes() if path.is_file() else b""
            if theirs and theirs not in ours:
                with written_then_renamed(path) as temporary:
                    temporary.write_bytes(theirs + b"\n" + ours)
        self._sent = _read(self.folder / SENT)
        self._send(CARD)

    def there(self, name: str) -> bool:
        """Whether the object is there as it was sent."""
        sent = self._sent.get(name)
        return sent is not None and self._stored.get(name) == sent.etag

    def took(self, names: Sequence[str], *, keep: bool) -> None:
        """Send the files of a part while the next ones are written; waits when many wait."""
        while len(self._waiting) >= _WAITING:
            done, self._waiting = wait(self._waiting, return_when=FIRST_COMPLETED)
            for one in done:
                self._result(one)
        self._waiting.add(self._pool.submit(self._send_part, tuple(names), keep))

    def _send_part(self, names: Sequence[str], keep: bool) -> None:
        for name in names:
            self._send(name)
        if not keep:
            for name in names:
                (self.folder / name).unlink(missing_ok=True)

    def _result(self, one: Future[None]) -> None:
        try:
            one.result()
        except TransferError:
            self._stop.set()
            raise

    def drain(self) -> None:
        """Wait for what is being sent; after a failure nothing more is."""
        for one in self._waiting:
            with suppress(MigrateError, OSError):
                self._result(one)
        self._waiting = set()

    def settle(self, files: Callable[[], Iterable[str]], progress: Progress) -> None:
        """Send what isn't sent yet, take away what is no longer of the dataset; the card last."""
        while self._waiting:
            self._result(self._waiting.pop())
        # Not before: parts that aren't kept are deleted when they are sent.
        rest = [name for name in files() if name != CARD]
        for number, name in enumerate(rest):
            progress(number, len(rest))
            self._send(name)
        of_parts = {name for one in Journal(self.folder).all() for name in one.files}
        self._remove_stale({*rest, *of_parts, CARD})
        self._send_notes()
        self._send(CARD)
        for name in of_parts:
            (self.folder / name).unlink(missing_ok=True)

    def _remove_stale(self, wanted: set[str]) -> None:
        for name in self._sent.keys() - wanted:
            if self.there(name):
                self._bucket.delete(name)
            self._stored.pop(name, None)
            del self._sent[name]
        with written_then_renamed(self.folder / SENT) as temporary:
            lines = (_line(name, one) for name, one in self._sent.items())
            temporary.write_text("".join(lines), encoding="utf-8")

    def leave(self, names: Iterable[str]) -> None:
        """Send tables, indexes, and the card that says what is missing; not over a lost line."""
        if self._lost:
            return
        of_samples = {
            name for one in Journal(self.folder).all() if one.part != _COMMON for name in one.files
        }
        for name in names:
            if name != CARD and name not in of_samples:
                self._send(name)
        self._send_notes()
        self._send(CARD)

    def close(self) -> None:
        """Stop what is being sent."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def _send_notes(self) -> None:
        for name in (JOURNAL, SENT):
            if (self.folder / name).is_file():
                self._stored[name] = self._bucket.put(name, self.folder / name)

    def _send(self, name: str) -> None:
        """Send a file, unless the object has this content already."""
        path = self.folder / name
        with path.open("rb") as file:
            md5 = hashlib.file_digest(file, "md5").hexdigest()
        if self.there(name) and self._sent[name].md5 == md5:
            return
        try:
            sent = _Sent(md5, self._bucket.put(name, path))
        except TransferError:
            self._lost = True
            raise
        with self._lock:
            self._stored[name], self._sent[name] = sent.etag, sent
            with (self.folder / SENT).open("a", encoding="utf-8") as log:
                log.write(_line(name, sent))


def _line(name: str, sent: _Sent) -> str:
    return json.dumps([name, sent.md5, sent.etag]) + "\n"


def _read(path: Path) -> dict[str, _Sent]:
    """What was sent, the last line of a name counts; a line that was cut off is left out."""
    found: dict[str, _Sent] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        with suppress(ValueError, TypeError):
            name, md5, etag = json.loads(line)
            found[str(name)] = _Sent(str(md5), str(etag))
    return found
