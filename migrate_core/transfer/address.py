"""Addresses: what of them may be shown, and which belong to the same owner."""

from __future__ import annotations

from urllib.parse import urlsplit


def shown(url: str) -> str:
    """An address as it may be shown: without query, fragment, user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def same_owner(one: str, other: str) -> bool:
    """Whether two addresses are of one host, or of hosts side by side in one domain.

    `catalogue.dataspace.copernicus.eu` and `download.dataspace.copernicus.eu` are; a token that is
    meant for https never goes over plain http.
    """
    first, second = urlsplit(one), urlsplit(other)
    if first.scheme == "https" and second.scheme != "https":
        return False
    if first.hostname == second.hostname:
        return True
    mine, theirs = ((part.hostname or "").split(".", 1) for part in (first, second))
    if len(mine) < 2 or len(theirs) < 2 or mine[1] != theirs[1]:
        return False
    # Neighbours by address (10.0.0.1, 10.0.0.2) or directly under a top-level domain are strangers.
    return mine[1].count(".") >= 1 and not mine[1].replace(".", "").isdigit()
