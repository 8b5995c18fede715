"""Numbers in sentences."""

from __future__ import annotations

from ..model import Pair


def percent(share: float) -> str:
    """A share 0…1 that isn't 0: `12 %`, or `under 1 %`."""
    return f"{share:.0%}".replace("%", " %") if share >= 0.01 else "under 1 %"


def change_in_words(pair: Pair) -> str | None:
    """`0.12 of 1`, or `not measured: …` with the reason; None for a pair that isn't made."""
    if pair.occlusion is None:
        return None
    if pair.change is not None:
        return f"{pair.change:.2f} of 1"
    return (
        pair.change_note or "not measured: run `pairs make`, which looks at pairs of before again"
    )
