"""Numbers in sentences."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share 0…1 that isn't 0: `12 %`, or `under 1 %`."""
    return f"{share:.0%}".replace("%", " %") if share >= 0.01 else "under 1 %"
