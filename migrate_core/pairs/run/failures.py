"""Why pairs fail, told apart by the type of the error, and what helps against each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ...errors import (
    CredentialsError,
    DiskError,
    MaskError,
    PairError,
    ProductError,
    SourceError,
    TransferError,
)
from ...jobs.pool import WorkerCrashedError
from ...states import Failure


class Remedy(StrEnum):
    """Something that a person can do about a failed pair."""

    RETRY = "retry"
    OTHER_SCENE = "other scene"
    OTHER_SOURCE = "other source"
    SET_CREDENTIALS = "set credentials"
    MEND_MASK = "mend mask"
    FREE_DISK = "free disk"


@dataclass(frozen=True)
class Advice:
    """What a kind of failure is, as the end of a sentence, and what helps, best first.

    `passing` says whether trying again may help although nothing was changed.
    """

    because: str
    remedies: tuple[Remedy, ...]
    passing: bool = False


ADVICE: Mapping[Failure, Advice] = {
    Failure.CREDENTIALS: Advice(
        "credentials are missing or were refused",
        (Remedy.SET_CREDENTIALS, Remedy.OTHER_SOURCE, Remedy.RETRY),
    ),
    Failure.SERVICE: Advice(
        "a service didn't answer or refused",
        (Remedy.RETRY, Remedy.OTHER_SOURCE, Remedy.OTHER_SCENE),
        passing=True,
    ),
    Failure.PRODUCT: Advice(
        "the product is damaged or incomplete",
        (Remedy.OTHER_SCENE, Remedy.OTHER_SOURCE, Remedy.RETRY),
    ),
    Failure.PAIR: Advice(
        "mask and scene can't be put together",
        (Remedy.MEND_MASK, Remedy.OTHER_SCENE, Remedy.RETRY),
    ),
    Failure.MASK: Advice(
        "the mask or its source image can't be used",
        (Remedy.MEND_MASK, Remedy.RETRY),
    ),
    Failure.DISK: Advice(
        "the disk can't be written",
        (Remedy.FREE_DISK, Remedy.RETRY),
    ),
    Failure.CRASH: Advice(
        "the process that made it ended",
        (Remedy.RETRY, Remedy.OTHER_SCENE),
        passing=True,
    ),
    Failure.UNFORESEEN: Advice(
        "of an unforeseen error",
        (Remedy.RETRY, Remedy.OTHER_SCENE),
        passing=True,
    ),
}
# The first that an error is an instance of counts.
_KINDS: tuple[tuple[type[Exception], Failure], ...] = (
    (CredentialsError, Failure.CREDENTIALS),
    (TransferError, Failure.SERVICE),
    (SourceError, Failure.SERVICE),
    (ProductError, Failure.PRODUCT),
    (MaskError, Failure.MASK),
    (PairError, Failure.PAIR),
    (DiskError, Failure.DISK),
    (WorkerCrashedError, Failure.CRASH),
)


def failure_of(err: BaseException) -> Failure:
    """The kind of an error that a pair failed by.

    Of a scene that can't be had anywhere, the error at the first source tells it.
    """
    if isinstance(err.__cause__, CredentialsError | TransferError):
        err = err.__cause__
    return next((kind for one, kind in _KINDS if isinstance(err, one)), Failure.UNFORESEEN)
