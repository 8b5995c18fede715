"""The states of masks, pairs and jobs, and what reviewers say of pairs: each word once.

All are strings: they compare equal to what JSON documents, the database and exports hold.
"""

from __future__ import annotations

from enum import StrEnum


class MaskState(StrEnum):
    """Whether a mask can be used, or something has to be mended first."""

    READY = "ready"
    PROBLEM = "problem"


class Match(StrEnum):
    """Which scene is selected for a mask: usable, or not for want of one, or by a person, or none.

    `MATCHED` is usable, `ONLY_UNUSABLE` says that there is no usable one, `BY_HAND` that a person
    chose an unusable one.
    """

    MATCHED = "matched"
    ONLY_UNUSABLE = "only unusable"
    BY_HAND = "by hand"
    WITHOUT = "without"


class PairState(StrEnum):
    """What became of a pair; another pair of its mask stands in the place of a superseded one."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class Failure(StrEnum):
    """Why a pair failed, told apart by what helps: see `pairs.run.failures`."""

    CREDENTIALS = "credentials"
    SERVICE = "service"
    PRODUCT = "product"
    PAIR = "pair"
    MASK = "mask"
    DISK = "disk"
    CRASH = "crash"
    UNFORESEEN = "unforeseen"


# The states of pairs that a run has taken on and not finished.
UNDER_WAY = (PairState.QUEUED, PairState.RUNNING)


class JobState(StrEnum):
    """What became of a job; one that died ended without saying so."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DIED = "died"


class Level(StrEnum):
    """What a message of a job is: why it failed, what is wrong with an item, a hint, the result."""

    ERROR = "error"
    PROBLEM = "problem"
    NOTE = "note"
    RESULT = "result"


class Verdict(StrEnum):
    """What one reviewer says of a pair, or a suggestion does; `undo` takes back the newest."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"
    UNDO = "undo"


class EditKind(StrEnum):
    """How a pair is repaired: an area is ignored, the label is moved; `undo` takes back the newest.

    The last is of the same reviewer.
    """

    IGNORE = "ignore"
    NUDGE = "nudge"
    UNDO = "undo"


class VersionKind(StrEnum):
    """How the labels of a mask changed: an edit, or `undo`, which brings the earlier ones back."""

    EDIT = "edit"
    UNDO = "undo"


class Basis(StrEnum):
    """What a decision rests on: a person who looked at the pair, a rule, or the triage's model."""

    PERSON = "person"
    RULE = "rule"
    MODEL = "model"


class BatchKind(StrEnum):
    """How many pairs were decided at once: chosen by hand, by a rule, or by the triage's model.

    An `undo` takes another batch back.
    """

    SELECTION = "selection"
    RULE = "rule"
    MODEL = "model"
    UNDO = "undo"


# The verdicts that decide about a pair.
VERDICTS = (Verdict.ACCEPT, Verdict.REJECT, Verdict.UNSURE)


class DecisionState(StrEnum):
    """What the reviewers together say of a pair."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNSURE = "unsure"
    CONFLICT = "conflict"
    UNDECIDED = "undecided"


# What a pair is once all reviewers say the same of it.
DECISION_OF = {
    Verdict.ACCEPT: DecisionState.ACCEPTED,
    Verdict.REJECT: DecisionState.REJECTED,
    Verdict.UNSURE: DecisionState.UNSURE,
}


def decision_state(decision: DecisionState | None) -> DecisionState:
    """The decision about a pair by name; None, as JSON and manifests have it, is `undecided`."""
    return decision or DecisionState.UNDECIDED
