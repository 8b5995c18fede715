"""Who may use the routes of the review: pages of this server, and nobody else's.

The key keeps away pages of other sites, which can make a browser send requests but can't read what
this server's pages were given. Where reviewers log in, a page also gets a signature of the name
that its person has, so that nobody can decide in the name of another.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from .team.reviewer import login_is_on

# One for each run of the server; the page hands it to the component.
KEY = secrets.token_urlsafe(32)
KEY_HEADER = "x-review-key"
SIGNATURE_HEADER = "x-review-signature"
# Never leaves the server.
_SECRET = secrets.token_bytes(32)
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


def signature_of(reviewer: str) -> str:
    """What shows that this server's page was opened by this reviewer."""
    return hmac.new(_SECRET, reviewer.encode(), "sha256").hexdigest()


def refusal_of_reviewer(request: Request, body: Mapping[str, Any]) -> tuple[int, str] | None:
    """As `refusal`, for a request in the name of somebody else than who is logged in."""
    named = {request.query_params.get("reviewer"), body.get("reviewer")} - {None, ""}
    if not named or not login_is_on():
        return None
    given = request.headers.get(SIGNATURE_HEADER, "").encode()
    if all(hmac.compare_digest(given, signature_of(str(name)).encode()) for name in named):
        return None
    return 403, "You are not logged in under this name. Load the page again, and log in."
