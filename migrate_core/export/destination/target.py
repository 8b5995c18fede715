"""Where the files of a dataset are once they are written: in its folder, or sent elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import JobRunningError
from ...files.locks import FileLock, try_lock
from ...workspace import unfinished_folder

LOCK = ".export.lock"
# A card and small tables; and the rows of a pair, in the old tables and the new ones.
_ROOM_BYTES, _ROOM_OF_PAIR_BYTES = 200_000, 2_000

Progress = Callable[[int, int], None]


class Target:
    """The folder itself. An object store is a place that sends what is written into the folder."""

    # Whether files are sent on from the folder.
    sends = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check(self) -> None:
        """Raises WrongUseError when something else lies there, and TransferError."""

    def begin(self) -> None:
        """The folder is marked as that of an unfinished dataset. Raises TransferError."""

    def there(self, name: str) -> bool:
        """Whether a file of a part is in the dataset."""
        return (self.folder / name).is_file()

    def at_hand(self, name: str) -> bool:
        """Whether a file of a part can be opened in the folder."""
        return (self.folder / name).is_file()

    def kept(self, name: str) -> bool:
        """Whether a file of a part need not be written again."""
        return self.at_hand(name) or self.there(name)

    def took(self, names: Sequence[str], *, keep: bool) -> None:
        """The files of a part are finished; `keep` while later steps may open them.

        Raises TransferError.
        """

    def settle(self, files: Callable[[], Iterable[str]], progress: Progress) -> None:
        """All is written; `files` gives the dataset's in the folder. Raises TransferError."""

    def leave(self, names: Iterable[str]) -> None:
        """The export was cut off; `names` are those files that make what is there readable."""

    def drain(self) -> None:
        """Wait for what is under way; what fails is not there."""

    def close(self) -> None:
        """Give up what is under way, and connections."""


@contextmanager
def room_for_the_end(folder: Path, pairs: int) -> Iterator[Callable[[], None]]:
    """Keep room on the disk for tables and card of a dataset that is cut off because it is full.

    Yields a function that gives the room back. Raises OSError when there isn't even that much.
    """
    with unfinished_folder(folder) as hidden:
        path = hidden / "room"
        path.write_bytes(bytes(_ROOM_BYTES + pairs * _ROOM_OF_PAIR_BYTES))
        yield lambda: path.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let no other process export into the folder meanwhile. Raises JobRunningError."""
    lock = _lock_of(folder)
    if lock is None:
        raise JobRunningError(
            f"Another process exports into {folder} just now. Wait for it, or name another folder."
        )
    try:
        yield
    finally:
        # Windows deletes no open file, and then leaves it: an unlocked one is nobody's.
        with suppress(OSError):
            (folder / LOCK).unlink(missing_ok=True)
        lock.release()


def _lock_of(folder: Path) -> FileLock | None:
    """The lock; one that its former holder has just deleted is none, and taken anew."""
    while True:
        lock = try_lock(folder / LOCK)
        if lock is None or (folder / LOCK).is_file():
            return lock
        lock.release()
