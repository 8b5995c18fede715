"""`dhus:URL`: a Data Hub mirror, spoken with through sentinelsat, with its long-term archive."""

from __future__ import annotations

from .adapter import Dhus

__all__ = ["Dhus"]
