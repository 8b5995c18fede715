"""`dhus:URL`: a Data Hub mirror, spoken with through sentinelsat, with its long-term archive."""

from __future__ import annotations

from .fetch import DhusFetcher
from .mirror import why_no_account
from .source import DhusSource

__all__ = ["DhusFetcher", "DhusSource", "why_no_account"]
