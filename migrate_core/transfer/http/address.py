"""Addresses: what of them may be shown, and where credentials may go."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

_PORTS = {"http": 80, "https": 443}
# Scheme, host and port.
Origin = tuple[str, str, int]
# What parsers read differently: one ends the host at a backslash, another goes on.
_AMBIGUOUS = re.compile(r"[\\\s\x00-\x1f\x7f]")


def shown(url: str) -> str:
    """An address as it may be shown: without query, fragment, user and password."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return re.split(r"[?#]", url)[0].rpartition("@")[2]
    host, slash, path = re.split(r"[?#]", rest)[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def origin(url: str) -> Origin | None:
    """Scheme, host and port of an http address, by what `requests` would connect to.

    None, which equals no origin, for anything else, and for what parsers read differently.
    """
    if _AMBIGUOUS.search(url):
        return None
    prepared = requests.PreparedRequest()
    try:
        prepared.prepare_url(url, None)
        full = prepared.url or ""
        parts, theirs = urlsplit(full), parse_url(full)
        port = parts.port
    except (requests.RequestException, LocationParseError, ValueError):
        return None
    scheme, host = parts.scheme, (parts.hostname or "").lower()
    if scheme not in _PORTS or not host or (theirs.host or "").strip("[]").lower() != host:
        return None
    return scheme, host, port or _PORTS[scheme]


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses have one scheme, host and port: what credentials belong to.

    A host with a dot at its end is another one.
    """
    first = origin(one)
    return first is not None and first == origin(other)


def is_loopback(url: str) -> bool:
    """Whether an address is one of this machine."""
    found = origin(url)
    if found is None:
        return False
    try:
        return ip_address(found[1]).is_loopback
    except ValueError:
        return found[1] == "localhost"


def keeps_secrets(url: str) -> bool:
    """Whether credentials may be sent to an address: nobody on the way can read them."""
    found = origin(url)
    return found is not None and (found[0] == "https" or is_loopback(url))


def gives_away(url: str) -> bool:
    """Whether an address may hold a secret: a user and a password, or a query."""
    return bool({"@", "?"} & set(url.partition("#")[0]))
