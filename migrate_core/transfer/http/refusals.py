"""What to say of an answer that refuses: the service's own words, and what to do."""

from __future__ import annotations

import re

import requests

from .address import same_origin, shown
from .messages import Query

_LONGEST = 200
_REMEDY = "Check the request, or use another source."
_REMEDIES = {
    401: "Check the user name and password in the settings.",
    403: "The account may not do this, or its quota is used up.",
    404: "It may have been deleted or replaced: search again.",
}


def remedy(response: requests.Response, query: Query) -> str:
    """What to do about a status that is an error."""
    status = response.status_code
    if query.auth and status in (401, 403) and not same_origin(query.url, response.url):
        return (
            f"{shown(query.url)} has redirected there, without the credentials, which belong to "
            "its own scheme, host and port. Set the address of the service that takes them."
        )
    return _REMEDIES.get(status, _REMEDY)


def text_of(response: requests.Response) -> str:
    """The body as text; empty where the connection breaks."""
    try:
        return response.text
    except (requests.RequestException, OSError):
        return ""


def explanation(response: requests.Response, query: Query) -> str:
    """The service's own words, shortened; none where it might repeat a form or a token."""
    cause = response.headers.get("cause-message", "")
    if query.form is not None or query.auth is not None:
        explanation = cause if query.form is None else ""
    else:
        explanation = cause or re.sub(r"<[^>]*>", " ", text_of(response))
    explanation = " ".join(explanation.split())
    return f" ({explanation[:_LONGEST]})" if explanation else ""
