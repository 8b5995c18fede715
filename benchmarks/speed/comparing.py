"""Contestants in turn, in several rounds; what they answer is compared to the last bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.speed.data.product import FULL_SIZE, ProductSet
from benchmarks.speed.measuring.cost import Contestant, ContestantError, Cost, middle, run
from benchmarks.speed.measuring.server import CountingServer
from benchmarks.speed.tables import Row

# Two by two tiles of a 10 m band, and of a 60 m band.
QUICK_SIZE = 1260
OURS = "ours"


@dataclass(frozen=True)
class Setup:
    """Where products and workspaces are kept, and whether a small product does."""

    folder: Path
    quick: bool

    @property
    def product(self) -> ProductSet:
        """The product that is measured on."""
        size = QUICK_SIZE if self.quick else FULL_SIZE
        return ProductSet(self.folder / f"product-{size}", size)

    @property
    def rounds(self) -> int:
        """How often each contestant runs."""
        return 1 if self.quick else 3

    def scratch(self, name: str) -> Path:
        """An empty folder."""
        path = self.folder / "scratch" / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path


@dataclass
class Compared:
    """Costs and answers by contestant, and what went wrong."""

    costs: dict[str, Cost] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def rows(self, case: str, base: str = OURS) -> list[Row]:
        """A row for each contestant; the ratio is that to `base`."""
        against = self.costs.get(base)
        return [
            Row(case, name, cost, None if name == base else against)
            for name, cost in self.costs.items()
        ]

    def must_agree(self, case: str, names: Iterable[str] | None = None) -> None:
        """Note every contestant that answered otherwise than ours, band by band.

        Of contestants that answer with some of the bands these are compared.
        """
        ours = self.answers.get(OURS)
        for name in names or self.answers:
            for key in differing(ours, self.answers.get(name)):
                self.problems.append(f"{case}: {name} has other pixels than ours ({key})")


def differing(ours: Any, theirs: Any) -> Iterator[str]:
    """The keys of two answers under which they differ; those of ours alone don't count."""
    if not isinstance(ours, Mapping) or not isinstance(theirs, Mapping) or not theirs:
        if ours != theirs:
            yield "all"
        return
    for key, value in theirs.items():
        if isinstance(value, Mapping):
            yield from (f"{key} {inner}" for inner in differing(ours.get(key), value))
        elif ours.get(key) != value:
            yield str(key)


def as_it_is(one: Contestant) -> Contestant:
    """Nothing is to be prepared."""
    return one


Prepare = Callable[[], Contestant]
Settle = Callable[[Any], Any]


def compete(
    contestants: Sequence[Prepare],
    rounds: int,
    server: CountingServer | None = None,
    settle: Mapping[str, Settle] | None = None,
) -> Compared:
    """Run each in every round; medians of what they took, and their last answers.

    A contestant is prepared before each run, which isn't measured; `settle` makes the answer of
    one that doesn't give digests itself.
    """
    costs: dict[str, list[Cost]] = {}
    found = Compared()
    for _ in range(rounds):
        for prepare in contestants:
            one = prepare()
            try:
                answer, cost = run(one, server)
            except ContestantError as err:
                found.problems.append(str(err))
                continue
            costs.setdefault(one.name, []).append(cost)
            found.answers[one.name] = (settle or {}).get(one.name, lambda same: same)(answer)
    found.costs = {name: middle(each) for name, each in costs.items()}
    return found
