"""What a benchmark found, as Markdown: ratios of one run, aims, and what was checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.speed.measuring.cost import Cost


@dataclass(frozen=True)
class Row:
    """What one contestant took; `against` is the cost that its ratio is counted in."""

    case: str
    contestant: str
    cost: Cost
    against: Cost | None = None


@dataclass(frozen=True)
class Aim:
    """What is wanted, and what was measured; `met` says whether that is enough."""

    text: str
    measured: str
    met: bool


@dataclass(frozen=True)
class Found:
    """The outcome of a benchmark.

    `problems` are wrong results and counts beyond their limits: never times. `skipped` says why a
    contestant was left out.
    """

    title: str
    rows: Sequence[Row]
    aims: Sequence[Aim] = ()
    problems: Sequence[str] = ()
    skipped: Sequence[str] = ()
    notes: Sequence[str] = field(default=())


def at_most(text: str, measured: float, limit: float, unit: str = "") -> Aim:
    """An aim with an upper limit; its text says the limit."""
    return Aim(text, f"{number(measured)}{unit}", measured <= limit)


def at_least(text: str, measured: float, limit: float, unit: str = "") -> Aim:
    """An aim with a lower limit."""
    return Aim(text, f"{number(measured)}{unit}", measured >= limit)


def number(value: float) -> str:
    """A number with three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def markdown(found: Found) -> str:
    """Headline, table, aims, notes."""
    over_http = any(row.cost.requests for row in found.rows)
    head = ["case", "contestant", "ratio", "processor s", "s", "peak MB", "read MB"]
    head += ["requests", "MB sent"] if over_http else []
    lines = [f"### {found.title}", "", _line(head), _line(["---"] * len(head))]
    lines += [_line(_cells(row, over_http)) for row in found.rows]
    if found.aims:
        lines += ["", "| aim | measured | |", "| --- | --- | --- |"]
        lines += [
            _line([aim.text, aim.measured, "met" if aim.met else "missed"]) for aim in found.aims
        ]
    for kind, texts in (("", found.notes), ("Left out: ", found.skipped)):
        lines += [line for text in texts for line in ("", f"{kind}{text}")]
    lines += [line for text in found.problems for line in ("", f"**Wrong: {text}**")]
    return "\n".join([*lines, ""])


def _cells(row: Row, over_http: bool) -> list[str]:
    cost = row.cost
    ratio = "1" if row.against is None else number(ratio_of(cost, row.against))
    cells = [row.case, row.contestant, ratio]
    cells += map(number, (cost.cpu_s, cost.seconds, cost.peak_mb, cost.read_mb))
    return cells + ([f"{cost.requests:.0f}", number(cost.sent_mb)] if over_http else [])


def ratio_of(cost: Cost, against: Cost) -> float:
    """How many times the processor seconds of another a contestant took."""
    return cost.cpu_s / max(against.cpu_s, 1e-6)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
