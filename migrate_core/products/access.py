"""What reading needs to know of the location of a band: settings of GDAL, and signatures."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ..logs.redaction import without_secrets

if TYPE_CHECKING:  # counts and lists need no rasterio, which is slow to import
    from rasterio.session import Session

# What GDAL would send to any host whatever, an item's included; an empty value would be sent, too.
_LOGINS = (
    "GDAL_HTTP_AUTH",
    "GDAL_HTTP_BEARER",
    "GDAL_HTTP_COOKIE",
    "GDAL_HTTP_COOKIEFILE",
    "GDAL_HTTP_COOKIEJAR",
    "GDAL_HTTP_HEADERS",
    "GDAL_HTTP_HEADER_FILE",
    "GDAL_HTTP_USERPWD",
)


@dataclass(frozen=True)
class Piece:
    """Bytes of a file at a service, with the size of all of it in bytes.

    `version` changes with its content (ETag, else the time of writing); empty where nothing says.
    """

    content: bytes = field(repr=False)
    size: int
    version: str


class Access(Protocol):
    """How the bands of one service are reached; one object serves many bands, in threads too."""

    def address(self, location: str) -> str:
        """What GDAL opens `location` by just now, signed where it must be. Raises MigrateError."""

    def options(self, location: str) -> Mapping[str, Any]:
        """Settings of GDAL for `location`. Raises MigrateError when credentials are missing."""

    def keys(self, location: str) -> Session | None:
        """Credentials for `location` as rasterio takes them; None where none are needed."""

    def piece(self, location: str, offset: int, length: int) -> Piece | None:
        """The bytes of a file from `offset` on, fewer at its end; threads may call it at once.

        None where only GDAL knows the way. Tries again, and signs again, by itself. Raises
        MigrateError; a TransferError names the HTTP status where one ended it.
        """

    def retry(self, failures: int, status: int | None) -> bool:
        """After `failures` failed attempts in a row: wait, and say whether to try again.

        `status` is the HTTP status that ended it, where it is known.
        """


class _Redacting(logging.Filter):
    """Takes queries of addresses out of what rasterio logs, which repeats GDAL's messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "?" in (message := record.getMessage()):
            record.msg, record.args = without_secrets(message), ()
        return True


def forget_logins() -> None:
    """Take out of the environment what GDAL would send to every host, for the whole process."""
    for name in _LOGINS:
        os.environ.pop(name, None)


def redact_logs() -> None:
    """Keep signed addresses out of logs; may be called any number of times."""
    for name in ("rasterio._env", "rasterio._err", "rasterio._base", "rasterio._io"):
        logger = logging.getLogger(name)
        if not any(isinstance(found, _Redacting) for found in logger.filters):
            logger.addFilter(_Redacting())
