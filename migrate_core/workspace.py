"""The only module that knows paths: where a workspace keeps what."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .errors import WrongUseError
from .files.disk import UNFINISHED, writing
from .logs.setup import LogFile
from .settings import Settings, secrets_of

# Runs in containers have host names of their own; what none has touched for so long is dead.
_LONGEST_STEP_S = 7 * 86400.0
_DATABASE = "migrate.db"
# Tells this process from others that had, or will have, its number.
_RUN = uuid.uuid4().hex[:8]
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
        return self.root / _DATABASE

    @staticmethod
    def is_at(folder: Path) -> bool:
        """Whether a folder is a workspace that was worked in."""
        return (folder / _DATABASE).is_file()

    @property
    def pairs(self) -> Path:
        """The folder of all pairs."""
        return self.root / "pairs"

    @property
    def views(self) -> Path:
        """The folder of packed views of pairs, for looking at them; all of it can be made again."""
        return self.root / "views"

    def view(self, pair_id: str) -> Path:
        """The packed view of one pair."""
        return self.views / f"{pair_id}.bin"

    @property
    def demo(self) -> Path:
        """The folder of the synthetic example."""
        return self.root / "demo"

    @property
    def logs(self) -> Path:
        """The folder of the log, of what commands said, and of tracebacks of failed pairs."""
        return self.root / "logs"

    @property
    def main_log(self) -> Path:
        """The log of all work in this workspace, which rotates."""
        return main_log(self.root)

    @property
    def progress(self) -> Path:
        """The folder of notes on which step each pair is at."""
        return self.root / "progress"

    def progress_file(self, pair_id: str) -> Path:
        """The note on which step a pair is at; there only while it is being made."""
        return self.progress / f"{pair_id}.json"

    def cluster_check(self, token: str) -> Path:
        """The folder by which workers of a cluster show that they see this workspace."""
        return self.root / f".cluster-{token}"

    def log(self, name: str) -> Path:
        """The file for what a command or a failed pair has to say."""
        return self.logs / f"{name}.log"

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

    def sending(self, address: str, name: str) -> Path:
        """The folder, called `name`, in which a dataset for an object store is made ready."""
        return self.root / "sending" / hashlib.sha256(address.encode()).hexdigest()[:12] / name

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
        """The folder in which downloads count their connections."""
        return self.root / "transfer"

    @property
    def read_products(self) -> Path:
        """Empty files named after products that were read without a crash."""
        return self.transfer / "read"

    @property
    def responses(self) -> Path:
        """The folder of what services answered to searches; all of it can be asked for again."""
        return self.root / "answers"

    @property
    def indexes(self) -> Path:
        """The folder of where tiles lie in files at services; all of it can be found again."""
        return self.root / "indexes"

    @property
    def known_files(self) -> Path:
        """The folder of what was found in products and catalogues on disk; can be deleted."""
        return self.root / "known-files"

    @property
    def orders(self) -> Path:
        """The folder in which earlier versions kept what long-term archives were asked for."""
        return self.transfer / "orders"

    def connections(self, service: str) -> Path:
        """The folder that counts the connections with a service."""
        return self.transfer / "connections" / service

    def pair(self, pair_id: str) -> Path:
        """The folder of one pair."""
        return self.pairs / pair_id

    def as_made(self, pair_id: str) -> Path:
        """The folder of the rasters of a repaired pair as they were made; there only with edits."""
        return self.pair(pair_id) / "made"

    def candidate_picture(self, name: str) -> Path:
        """The file of a small picture of a mask in a candidate; all can be read again."""
        return self.views / "candidates" / f"{name}.webp"

    def small_picture(self, pair_id: str, version: str) -> Path:
        """The file of a small picture of a pair; all can be drawn again."""
        return self.views / "small" / f"{pair_id}.{version}.webp"

    def edit_lock(self, pair_id: str) -> Path:
        """The file that is locked by whoever repairs a pair."""
        return self.root / "locks" / f"{pair_id}.lock"

    def own_folder(self, path: Path) -> Path | None:
        """The folder of the program's own files that `path` is or lies in; None for all others."""
        found = path.resolve()
        own = (
            *(self.pairs, self.views, self.logs, self.progress, self.uploads, self.features),
            *(self.products, self.transfer, self.responses, self.known_files, self.demo),
            self.root / "locks",
        )
        return next((one for one in own if found.is_relative_to(one.resolve())), None)

    def relative(self, path: Path) -> str:
        """A path inside the workspace as it is shown and stored, with forward slashes."""
        return path.relative_to(self.root).as_posix()


def main_log(root: Path) -> Path:
    """The log of the workspace in `root`, a folder that need not be there yet."""
    return root / "logs" / "migrate.log"


def log_file(settings: Settings) -> LogFile:
    """How work with these settings is logged."""
    return LogFile(main_log(settings.workspace), settings.log_level, secrets_of(settings))


def upload_location(path: str) -> tuple[str | None, str] | None:
    """What an uploaded file was sent in, and its path there; None for a file that lies elsewhere.

    The first is as `Workspace.upload` was given it, in digits, and None where it wasn't kept. It
    holds in whichever folder the workspace lies.
    """
    found = _UPLOADED.search(Path(path).as_posix())
    return (found["source"], found["place"]) if found else None


@contextlib.contextmanager
def unfinished_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent` for what isn't finished, taken away after the block.

    Its name is hidden and tells its owner, so that what a killed process leaves is known as such.
    """
    owner = f"{socket.gethostname()}-{os.getpid()}-{_RUN}"
    folder = parent / f"{UNFINISHED}{owner}-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def written_then_renamed(
    target: Path, apart: Path | None = None, needed_bytes: int | None = None
) -> Iterator[Path]:
    """Yield a temporary path that becomes `target` when the block succeeds.

    Works for a file and for a folder (which the block creates). The temporary path lies in a hidden
    folder in `apart`, on the same disk, by default beside the target; a file has the suffix
    `.part` there, so that no pattern such as `*.tif` finds it. What the block left is removed when
    it fails. If another process finished the same folder first, its result is kept.
    Raises DiskError when the disk refuses, in the block as well; `needed_bytes` is what it should
    have had, where that is known.
    """
    parent = apart or target.parent
    with writing(target, needed_bytes):
        _forget_once(parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        with unfinished_folder(parent) as folder:
            temporary = folder / f"{target.name}.part"
            yield temporary
            _rename(temporary, target)


def _rename(temporary: Path, target: Path) -> None:
    try:
        temporary.replace(target)
    except OSError:
        # A folder can't replace one that has files in it: the same pair was finished meanwhile.
        if not (temporary.is_dir() and target.is_dir()):
            raise


# Places that this process has rid of leftovers.
_forgotten: set[Path] = set()


def _forget_once(folder: Path) -> None:
    """Whoever writes to a folder for the first time takes away what dead processes left there."""
    if folder not in _forgotten:
        _forgotten.add(folder)
        remove_leftovers(folder)


def remove_leftovers(folder: Path) -> None:
    """Delete what processes that were killed left unfinished in `folder`."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        found = [Path(entry.path) for entry in entries if entry.name.startswith(UNFINISHED)]
    for path in found:
        if _is_abandoned(path):
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _is_abandoned(path: Path) -> bool:
    """Whether the process that wrote there is dead; of another host only time tells."""
    prefix = f"{UNFINISHED}{socket.gethostname()}-"
    if not path.name.startswith(prefix):
        return _is_old(path)
    pid, _, rest = path.name.removeprefix(prefix).partition("-")
    if not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        # In a container each run may have the same number.
        return not rest.startswith(f"{_RUN}-")
    return not process_alive(int(pid))


def _is_old(path: Path) -> bool:
    """Whether nothing was written there for longer than any step takes."""
    with contextlib.suppress(OSError):
        inside = path.rglob("*") if path.is_dir() else ()
        newest: float = max(one.lstat().st_mtime for one in (path, *inside))
        return time.time() - newest > _LONGEST_STEP_S
    return False


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
