"""How far an export is, over all that it does: samples, tables, indexes, report, sending, zip.

Steps are weighed against samples, whose pixels take most of the time, so that the bar goes on to
the end at about one speed, and the time left that is reckoned from it holds.
"""

from __future__ import annotations

from collections.abc import Mapping

from .writing import Progress

SAMPLES, TABLES, INDEXES, REPORT, SENDING, ZIP = (
    "samples",
    "tables",
    "indexes",
    "report",
    "sending",
    "zip",
)
# What each step takes, as a share of what the samples take.
_SHARES: Mapping[str, float] = {
    SAMPLES: 1.0,
    TABLES: 0.03,
    INDEXES: 0.05,
    REPORT: 0.1,
    SENDING: 0.1,
    ZIP: 0.2,
}


class Steps:
    """Calls `progress` with (finished, total) over all of `wanted`, in the order of this module."""

    def __init__(self, progress: Progress, samples: int, wanted: frozenset[str]) -> None:
        self._progress = progress
        sizes = {
            name: max(round(share * samples), 1)
            for name, share in _SHARES.items()
            if name in wanted
        }
        self._total = sum(sizes.values())
        self._spans: dict[str, tuple[int, int]] = {}
        begin = 0
        for name, size in sizes.items():
            self._spans[name] = (begin, size)
            begin += size

    def of(self, name: str) -> Progress:
        """A function that is called with how far one step is."""
        begin, size = self._spans[name]

        def progress(finished: int, total: int) -> None:
            done = size * finished // total if total else 0
            # Only the very end is the end: whoever watches takes it for such.
            self._progress(min(begin + done, self._total - 1), self._total)

        return progress

    def end(self) -> None:
        """All is done."""
        self._progress(self._total, self._total)
