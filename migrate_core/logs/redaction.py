"""What must never be written down: passwords, tokens, signatures of addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

REDACTED = "…"
# From a question mark to the end of an address, or to what can't be part of one.
_QUERY = re.compile(r"\?[^\s'\"<>()]*")
# A query may be quoted as a whole, too: /vsicurl?url=https%3A%2F%2F…
_SECRET_PAIR = re.compile(r"(?i)\b(sig|signature|token|x-amz-[a-z-]+)(=|%3D)[^\s&'\"<>()]+")
# User and password of an address.
_LOGIN = re.compile(r"(://)[^\s/@'\"]+@")
# Headers end with their line, or with the quote that they stand in.
_HEADER = re.compile(
    r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(['\"]?\s*[:=,]\s*)"
    r"(\"[^\"\n]*\"|'[^'\n]*'|[^\n]+)"
)
_NAMED = re.compile(
    r"(?i)(password|passwd|secret|token|totp|signature|credentials?|(?:api|access|secret)[-_]?key)"
    r"(['\"]?\s*[:=]\s*)(\"[^\"\n]*\"|'[^'\n]*'|[^\s&,;'\"<>()\[\]{}]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]+")
# Three parts in base64 that begin with `{"` (RFC 7519).
_WEB_TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")
# A shorter value is taken out where it stands alone only, since it is a part of many words.
_SHORT = 4


def without_secrets(text: str) -> str:
    """A message of GDAL or of a service without the queries of addresses, which may be signed."""
    return _SECRET_PAIR.sub(rf"\1\2{REDACTED}", _QUERY.sub("", text))


class Redactor:
    """Takes out of a text the values that it was given, and what looks like a secret."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for value in secrets if value.strip() for form in _forms(value)}
        patterns = (_pattern(form) for form in sorted(forms, key=len, reverse=True))
        self._values = re.compile("|".join(patterns)) if forms else None

    def redact(self, text: str) -> str:
        """The text with `…` in place of each secret."""
        if self._values is not None:
            text = self._values.sub(REDACTED, text)
        text = _HEADER.sub(rf"\1\2{REDACTED}", _LOGIN.sub(rf"\1{REDACTED}@", text))
        text = _NAMED.sub(rf"\1\2{REDACTED}", _BEARER.sub(rf"\1{REDACTED}", text))
        return without_secrets(_WEB_TOKEN.sub(REDACTED, text))


def _forms(value: str) -> Iterator[str]:
    """A value as it is, in an address, in JSON, and in a repr."""
    yield from (value, value.strip(), quote(value, safe=""), quote(value), quote_plus(value))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield repr(value)[1:-1]


def _pattern(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _SHORT else rf"(?<!\w){escaped}(?!\w)"
