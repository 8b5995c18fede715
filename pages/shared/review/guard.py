"""Who may use the routes of the review: pages of this server, and nobody else's.

There is no login. The key keeps away pages of other sites, which can make a browser send requests
but can't read what this server's pages were given.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request

# One for each run of the server; the page hands it to the component.
KEY = secrets.token_urlsafe(32)
KEY_HEADER = "x-review-key"
_JSON = "application/json"


def refusal(request: Request) -> tuple[int, str] | None:
    """The status and a sentence for a request that is not answered; None for one that is."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return 403, "This request comes from a page of another server."
    given = request.headers.get(KEY_HEADER, "")
    if not hmac.compare_digest(given.encode(), KEY.encode()):
        return 403, "The server was started again, or this is no page of it. Load the page again."
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and kind != _JSON:
        return 415, f"Decisions come as {_JSON}."
    return None
