"""The only module that knows paths: where a workspace keeps what."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .errors import WrongUseError

PAIR_RASTERS = ("image", "label", "fractions", "quality")
PAIR_DOCUMENT = "pair.json"
_TEMPORARY = ".unfinished-"
_UPLOADED = re.compile(
    r"/uploads/\d{8}-\d{6}-\d{6}(?:-(?P<source>[0-9a-f]{8}))?/masks/(?P<place>.+)$"
)


@dataclass(frozen=True)
class Workspace:
    """A folder with the database, the pairs, uploads and the demo."""

    root: Path

    def __post_init__(self) -> None:
        """Make the folder, so that everything after can rely on it."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise WrongUseError(
                f"{self.root} can't be the workspace ({err.strerror}). Needed is a folder, or a "
                "place where one can be made: see --workspace and MIGRATE_WORKSPACE."
            ) from err

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.root / "migrate.db"

    @property
    def pairs(self) -> Path:
        """The folder of all pairs."""
        return self.root / "pairs"

    @property
    def demo(self) -> Path:
        """The folder of the synthetic example."""
        return self.root / "demo"

    @property
    def logs(self) -> Path:
        """The folder of what commands said, and of tracebacks of failed pairs."""
        return self.root / "logs"

    @property
    def stages(self) -> Path:
        """The folder of notes on which step each pair is at."""
        return self.root / "stages"

    def stage(self, pair_id: str) -> Path:
        """The note on which step a pair is at; there only while it is being made."""
        return self.stages / f"{pair_id}.json"

    def log(self, name: str) -> Path:
        """The file for what a command or a failed pair has to say."""
        return self.logs / f"{name}.log"

    def answer(self, name: str) -> Path:
        """The file for the document that a command in the background answers with."""
        return self.logs / f"{name}.json"

    @property
    def uploads(self) -> Path:
        """The folder of files that came through the browser, a folder for each time."""
        return self.root / "uploads"

    def upload(self, now: datetime, source: str) -> Path:
        """The folder for files that are sent together; `source` is the zip they are in, if any."""
        digest = hashlib.sha256(source.encode()).hexdigest()
        return self.uploads / f"{now:%Y%m%d-%H%M%S-%f}-{digest[:8]}"

    @property
    def features(self) -> Path:
        """The folder of the polygons of vector masks, as they were read."""
        return self.root / "features"

    @property
    def exports(self) -> Path:
        """The folder of datasets for which no other place is named."""
        return self.root / "exports"

    @property
    def converted(self) -> Path:
        """The folder of whole products for which no other place is named."""
        return self.root / "converted"

    @property
    def products(self) -> Path:
        """The folder of products that were downloaded; all of it can be had again."""
        return self.root / "products"

    @property
    def transfer(self) -> Path:
        """The folder of what downloads keep account of: quotas, connections, orders."""
        return self.root / "transfer"

    @property
    def answers(self) -> Path:
        """The folder of what services answered to searches; all of it can be asked for again."""
        return self.root / "answers"

    @property
    def orders(self) -> Path:
        """The folder of products ordered from long-term archives."""
        return self.transfer / "orders"

    def connections(self, service: str) -> Path:
        """The folder that counts the connections with a service."""
        return self.transfer / "connections" / service

    def pair(self, pair_id: str) -> Path:
        """The folder of one pair."""
        return self.pairs / pair_id

    def pair_complete(self, pair_id: str) -> bool:
        """Whether every file of a pair is there."""
        return pair_complete(self.pair(pair_id))

    def relative(self, path: Path) -> str:
        """A path inside the workspace as it is shown and stored, with forward slashes."""
        return path.relative_to(self.root).as_posix()


def upload_place(path: str) -> tuple[str | None, str] | None:
    """What an uploaded file was sent in, and its place there; None for a file that lies elsewhere.

    The first is as `Workspace.upload` was given it, in digits, and None where it wasn't kept. It
    holds in whichever folder the workspace lies.
    """
    found = _UPLOADED.search(Path(path).as_posix())
    return (found["source"], found["place"]) if found else None


def pair_complete(folder: Path) -> bool:
    """Whether every file of the pair in `folder` is there."""
    names = (*(f"{name}.tif" for name in PAIR_RASTERS), PAIR_DOCUMENT)
    return all((folder / name).is_file() for name in names)


@contextlib.contextmanager
def written_then_renamed(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target` that becomes `target` when the block succeeds.

    Works for a file and for a folder (which the block creates); what the block left is removed
    when it fails. If another process finished the same folder first, its result is kept.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    owner = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    temporary = target.with_name(f"{_TEMPORARY}{owner}-{target.name}")
    try:
        yield temporary
        _rename(temporary, target)
    finally:
        _remove(temporary)


def _rename(temporary: Path, target: Path) -> None:
    try:
        temporary.replace(target)
    except OSError:
        # A folder can't replace one that has files in it: the same pair was finished meanwhile.
        if not target.is_dir():
            raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Delete what processes of this host that were killed left unfinished in `folder`."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        pid = _owner_pid(path.name)
        if pid is not None and not process_alive(pid):
            _remove(path)


def _owner_pid(name: str) -> int | None:
    """The process that wrote a temporary file, when it ran on this host."""
    prefix = f"{_TEMPORARY}{socket.gethostname()}-"
    if not name.startswith(prefix):
        return None
    pid = name.removeprefix(prefix).partition("-")[0]
    return int(pid) if pid.isdigit() else None


def process_alive(pid: int) -> bool:
    """Whether a process of this host still runs; one that ended but wasn't reaped doesn't."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether Linux says so; elsewhere it isn't known and taken to be no."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] == "Z"
