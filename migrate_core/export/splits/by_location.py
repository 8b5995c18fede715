"""The names and shares of splits, under the name that formats know."""

from __future__ import annotations

from .options import SHARES as SHARES
