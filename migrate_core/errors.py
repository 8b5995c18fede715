"""The error tree: everything a user can mend or must know is a `MigrateError`.

A message names the file or scene, what was found, what was needed and what to do.
It is English, whoever is at work; pages translate it where they show it.
Anything that is not a `MigrateError` is a bug and is allowed to look like one.
"""


class MigrateError(Exception):
    """Base of every error that is shown to the user as a sentence."""


class WrongUseError(MigrateError):
    """The request itself is wrong: an unknown identifier, option or destination."""


class MaskError(MigrateError):
    """A mask or its source image cannot be used as it is."""


class ProductError(MigrateError):
    """A Sentinel-2 product is damaged, incomplete or of an unknown form."""


class SourceError(MigrateError):
    """A scene source cannot be read or does not answer."""


class TransferError(MigrateError):
    """A service doesn't answer, refuses, or sends something else than was asked.

    `status` is the HTTP status that it came to, where there was one.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class CredentialsError(TransferError):
    """A service needs credentials that are missing, or does not take those that it got."""


class ArchiveOrderedError(TransferError):
    """A product has to come from a long-term archive; it is ordered, or couldn't be just now."""


class PairError(MigrateError):
    """A pair cannot be made from this mask and these scenes."""


class JobRunningError(MigrateError):
    """The same work is already being done by another process."""


class JobCancelledError(MigrateError):
    """Somebody asked, through the store, that the work stops."""


class StoreError(MigrateError):
    """The database cannot be opened or is of another version."""


class DatabaseUnusableError(StoreError):
    """The database can't be read or written: full disk, rights, damage, a lock, a lost server."""


class DiskError(MigrateError):
    """A file can't be written: the disk or a quota is full, it is read-only, or not allowed."""


class ExportError(MigrateError):
    """The dataset cannot be written."""
