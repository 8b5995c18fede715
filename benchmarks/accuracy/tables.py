"""Tables in Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers as they are given, NaN as a dash."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.3g}"
    return "–" if value is None else str(value)


def percent(part: int, whole: int) -> str:
    """`12 of 15 (80 %)`."""
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "–"


def verdict(*, met: bool) -> str:
    """Whether an aim is met, in a word."""
    return "met" if met else "**missed**"
