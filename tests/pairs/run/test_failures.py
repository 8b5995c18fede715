"""Why pairs fail: each type of error is of one kind, and each kind has what helps."""

from __future__ import annotations

import pytest

from migrate_core.errors import (
    ArchiveOrderedError,
    CredentialsError,
    DiskError,
    MaskError,
    MigrateError,
    PairError,
    ProductError,
    TransferError,
)
from migrate_core.jobs.pool import WorkerCrashedError, WorkerOverdueError
from migrate_core.pairs.run.failures import ADVICE, Remedy, failure_of
from migrate_core.states import Failure


@pytest.mark.parametrize(
    ("err", "kind"),
    [
        (CredentialsError("no"), Failure.CREDENTIALS),
        (TransferError("no", 500), Failure.SERVICE),
        (ArchiveOrderedError("no"), Failure.SERVICE),
        (ProductError("no"), Failure.PRODUCT),
        (MaskError("no"), Failure.MASK),
        (PairError("no"), Failure.PAIR),
        (DiskError("no"), Failure.DISK),
        (WorkerCrashedError("no"), Failure.CRASH),
        (WorkerOverdueError("no"), Failure.CRASH),
        (MigrateError("no"), Failure.UNFORESEEN),
        (ZeroDivisionError("no"), Failure.UNFORESEEN),
    ],
)
def test_the_type_of_an_error_tells_its_kind(err: Exception, kind: Failure) -> None:
    assert failure_of(err) == kind


def test_of_a_scene_that_no_source_gives_the_first_source_tells_the_kind() -> None:
    everywhere = TransferError("No account. Elsewhere it failed as well: no answer.")
    everywhere.__cause__ = CredentialsError("No account.")
    assert failure_of(everywhere) == Failure.CREDENTIALS


def test_each_kind_has_what_helps_and_can_be_tried_again() -> None:
    assert set(ADVICE) == set(Failure)
    assert all(Remedy.RETRY in advice.remedies for advice in ADVICE.values())
    passing = {kind for kind, advice in ADVICE.items() if advice.passing}
    assert passing == {kind for kind, advice in ADVICE.items() if advice.remedies[0] == "retry"}
