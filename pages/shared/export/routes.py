"""HTTP route of the export: a dataset as a zip, sent while it is read.

A browser fetches it by a link, which can't carry the key of a page in a header. So each link has a
signature that only this run of the server makes, and that opens one dataset. Which that is, the
server looks up among those that the page lists: no path comes from outside.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from migrate_core.errors import MigrateError
from migrate_core.export.destination.zip_stream import StreamedZip, zip_of

from ..frame import in_workspace, open_workspace
from ..review.guard import signature_of
from ..review.routes import NEVER_KEEP, base_path
from ..state import WORKSPACE, chosen_workspace
from .made import known_datasets

log = logging.getLogger(__name__)

PREFIX = "/export-api"


def export_routes(base: str = "") -> list[Route]:
    """All routes, below the path `base` that the server is reached by."""
    return [Route(f"{base.rstrip('/')}{PREFIX}/dataset.zip", _dataset)]


def download_address(folder: Path) -> str:
    """The address, on this server, of the dataset in `folder` as a zip; for links of the page.

    It holds until the server is started again.
    """
    name = _name(folder)
    workspace = {WORKSPACE: chosen} if (chosen := chosen_workspace()) else {}
    query = urlencode({"dataset": name, "key": _key(name), **workspace})
    return f"{base_path()}{PREFIX}/dataset.zip?{query}"


def _name(folder: Path) -> str:
    return hashlib.sha256(str(folder).encode()).hexdigest()[:24]


def _key(name: str) -> str:
    # No reviewer has a name with a line in it.
    return signature_of(f"dataset\n{name}")


async def _dataset(request: Request) -> Response:
    name, key = (request.query_params.get(one, "") for one in ("dataset", "key"))
    if not hmac.compare_digest(key.encode(), _key(name).encode()):
        return _refused(
            403, "The server was started again, or this is no link of it. Load the page again."
        )
    try:
        with in_workspace(request.query_params.get(WORKSPACE, "")):
            found = await run_in_threadpool(_found, name)
    except MigrateError as err:
        return _refused(409, str(err))
    if found is None:
        return _refused(404, "This dataset is no longer there. Load the page again.")
    headers = {
        **NEVER_KEEP,
        "Content-Length": str(found.size_bytes),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
    }
    if request.method == "HEAD":
        return Response(None, headers=headers, media_type="application/zip")
    return StreamingResponse(_pieces(found), headers=headers, media_type="application/zip")


def _found(name: str) -> StreamedZip | None:
    folders = (made.folder for made in known_datasets(open_workspace()))
    folder = next((one for one in folders if _name(one) == name), None)
    return None if folder is None else zip_of(folder)


def _pieces(found: StreamedZip) -> Iterator[bytes]:
    """The zip. What goes wrong breaks the connection off, so that the browser says it failed."""
    try:
        yield from found.pieces()
    except (MigrateError, OSError) as err:
        log.warning("The zip of %s was broken off: %s", found.folder, err)
        raise


def _refused(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence, status, NEVER_KEEP)
