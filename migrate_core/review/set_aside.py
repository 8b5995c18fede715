"""Decisions that won't count any more once their pair is superseded: reported before that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..masks.register.batch_edit import EditEffect
from ..pairs.run.options import RunOptions
from ..pairs.run.plan import plan, replaced
from ..pairs.task import PairTask
from ..store.base import Store
from ..store.decisions import present_standings
from ..text import _
from ..workspace import Workspace
from .decisions import ReviewStatus


@dataclass(frozen=True)
class SetAside:
    """How many pairs with a decision are superseded, by what was decided about them."""

    accepted: int = 0
    rejected: int = 0
    unsure: int = 0
    conflict: int = 0

    @classmethod
    def of(cls, decided: Iterable[ReviewStatus]) -> SetAside:
        """The counts of these decisions; what nobody has decided about doesn't count."""
        return cls(**Counter(one.decision.value for one in decided if one.decision))

    @property
    def total(self) -> int:
        """How many pairs lose their decision."""
        return self.accepted + self.rejected + self.unsure + self.conflict

    def __str__(self) -> str:
        """`6 pairs that are decided (5 accepted, 1 rejected)`."""
        counts = {
            "accepted": self.accepted,
            "rejected": self.rejected,
            "unsure": self.unsure,
            "in conflict": self.conflict,
        }
        listed = ", ".join(f"{number:,} {_(name)}" for name, number in counts.items() if number)
        noun = _("pair that is decided") if self.total == 1 else _("pairs that are decided")
        return f"{self.total:,} {noun} ({listed})" if self.total else f"0 {noun}"


def present_decisions(
    store: Store, mask_ids: Iterable[str] | None = None
) -> Mapping[str, ReviewStatus]:
    """The standing of every pair that is decided and not superseded, by pair_id.

    `mask_ids` limits it to the pairs of these masks.
    """
    return present_standings(store, None if mask_ids is None else frozenset(mask_ids))


def set_aside_by_tasks(store: Store, tasks: Sequence[PairTask]) -> SetAside:
    """What the run of these tasks sets aside."""
    mask_ids = {task.mask.mask_id for task in tasks}
    decided = present_decisions(store, mask_ids)
    if not decided:
        return SetAside()
    gone = replaced(store.pairs_of(mask_ids), tasks)
    return SetAside.of(decided[pair.pair_id] for pair in gone if pair.pair_id in decided)


def set_aside_by_run(store: Store, workspace: Workspace, options: RunOptions) -> SetAside:
    """What a run with these options sets aside. Raises WrongUseError as `plan` does."""
    if not any(key.decision for key in store.pair_counts()):
        return SetAside()
    return set_aside_by_tasks(store, plan(store, workspace, options))


def set_aside_by_edit(store: Store, effect: EditEffect) -> SetAside:
    """Which decisions an edit of masks may set aside: those about pairs that may be made again."""
    touched = effect.with_other_pixels
    return SetAside.of(present_decisions(store, touched).values()) if touched else SetAside()


def set_aside_since(store: Store, before: Mapping[str, ReviewStatus]) -> SetAside:
    """Which of the decisions that `present_decisions` gave before don't count any more."""
    now = present_decisions(store)
    return SetAside.of(found for pair_id, found in before.items() if pair_id not in now)


def notes_on_set_aside(
    store: Store,
    before: Mapping[str, ReviewStatus],
    why: str = "files have other content than before",
) -> tuple[str, ...]:
    """What to say where decisions that `present_decisions` gave before are set aside, and why."""
    gone = set_aside_since(store, before) if before else SetAside()
    if not gone.total:
        return ()
    note = (
        f"{why}, so {gone} {'is' if gone.total == 1 else 'are'} superseded. The decisions stay in "
        "the log, and are proposed for the pairs of the new masks."
    )
    return (note,)


def consequence_of(found: SetAside) -> str:
    """What a run that sets decisions aside does to them, in sentences."""
    return (
        f"This run makes other pairs in place of {found}. These decisions are set aside, and "
        "proposed for the new pairs in Review."
    )


def consequence_of_edit(found: SetAside) -> str:
    """What an edit of masks that may set decisions aside does to them, in sentences."""
    return _(
        "Masks that are of another day, or read otherwise, get other pairs: this may set {decided} "
        "aside. These decisions stay in the log, and are proposed for the new pairs in Review."
    ).format(decided=found)
