"""What is known of how independent the splits of a dataset are: in numbers and in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .options import SHARES


@dataclass(frozen=True)
class Between:
    """What two splits have in common, and how near to each other their footprints come.

    `nearest_km` is the geodesic distance (WGS 84) between the nearest footprints, those of the
    pairs `nearest`; 0 where they touch. `scenes` and `days` are what both have pairs of; a day is
    a UTC date of sensing, as text.
    """

    one: str
    other: str
    nearest_km: float
    nearest: tuple[str, str]
    scenes: tuple[str, ...] = ()
    days: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """As `train and test: nearest footprints 12.3 km apart; 0 shared scenes, 2 shared days`."""
        return (
            f"{self.one} and {self.other}: nearest footprints {format_km(self.nearest_km)} apart; "
            f"{_number(len(self.scenes), 'shared scene')}, {_number(len(self.days), 'shared day')}."
        )


@dataclass(frozen=True)
class SplitCheck:
    """How a dataset is split, and whether its splits share ground, scenes or days.

    `method` is in words. `pairs` are numbers of pairs by split, `class_shares` the shares 0…1 of
    each class value (as text) that a split has of all its pixels. `overlapping` are numbers of
    pairs of footprints that overlap over two splits, which is 0 always. `left_out` is the number of
    pairs left out for the buffer. `notes` are sentences on what else happened: splits that were
    kept, moved or made anew.
    """

    method: str
    pairs: Mapping[str, int]
    between: tuple[Between, ...] = ()
    overlapping: int = 0
    left_out: int = 0
    class_shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, one: str, other: str) -> Between | None:
        """What two splits have in common; None where one of them is empty."""
        found = (item for item in self.between if {item.one, item.other} == {one, other})
        return next(found, None)

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it, as it is printed."""
        return (*self.independence, *self.notes)

    @property
    def independence(self) -> tuple[str, ...]:
        """What holds for the dataset, however it came to be: for card and report."""
        counts = ", ".join(f"{self.pairs.get(name, 0):,} {name}" for name in SHARES)
        empty = [name for name in SHARES if not self.pairs.get(name)]
        found = [f"Split {self.method}: {counts}."]
        if empty:
            found.append(
                f"No pair is in {' or '.join(empty)}: there are too few groups of pairs that can "
                "be told apart."
            )
        if self.overlapping:
            found.append(f"{self.overlapping:,} footprints overlap over two splits.")
        elif self.between:
            found.append("No footprint overlaps one of another split.")
        found += [item.sentence for item in self.between]
        if self.left_out:
            found.append(f"{_number(self.left_out, 'pair')} left out to keep the buffer.")
        return tuple(found)


def format_km(distance_km: float) -> str:
    """A distance: `12.3 km`, `850 m`, `0 m`."""
    return f"{distance_km:,.1f} km" if distance_km >= 0.9995 else f"{1000 * distance_km:.0f} m"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
