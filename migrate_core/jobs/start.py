"""What spares time where a process of the program's own begins: it imports a thousand modules."""

from __future__ import annotations

import sys


def leave_boto3_out() -> None:
    """Let rasterio do without boto3 in this process, as where it isn't installed.

    Where it is, rasterio imports it for keys of S3 that lie in files of boto3's. The program gives
    GDAL its keys itself, and the import takes a fifth of the time of all that a worker imports.
    """
    sys.modules.setdefault("boto3", None)  # type: ignore[arg-type]
