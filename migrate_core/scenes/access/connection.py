"""Whether a source can be used: what works of it when it is tried."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import MigrateError
from ...settings import ServiceSettings
from ...transfer.http.client import HttpClient
from ...transfer.http.retry import RetryPolicy, Runtime
from ..sources import open_source, source_of
from ..sources.adapter import Trial

# A test that waits for minutes is none.
_POLICY = RetryPolicy(
    attempts=2,
    first_wait_s=0.5,
    longest_wait_s=2.0,
    longest_retry_after_s=5.0,
    timeout_s=(10.0, 30.0),
)
WORKS, FAILS, NOT_SET = "works", "fails", "not set"


@dataclass(frozen=True)
class Step:
    """One thing that was tried: `state` is `works`, `fails` or `not set` (no credentials)."""

    what: str
    state: str
    words: str


@dataclass(frozen=True)
class Connection:
    """What a source can be used for now."""

    spec: str
    steps: tuple[Step, ...]

    @property
    def problem(self) -> str | None:
        """What is wrong, in words; None when scenes can be found and their pixels be had.

        Of several ways to the pixels one is enough, but credentials that are set must be right.
        """
        failed = [step.words for step in self.steps if step.state == FAILS]
        if failed:
            return " ".join(failed)
        ways = [step for step in self.steps if step.what != "search"]
        if ways and all(step.state == NOT_SET for step in ways):
            return " ".join(step.words for step in ways)
        return None


def try_connection(
    spec: str, services: ServiceSettings, runtime: Runtime | None = None
) -> Connection:
    """Try a source: a small search, and the ways to its pixels that need credentials.

    What doesn't work is reported, not raised. Raises WrongUseError when there is no such source.
    """
    open_source(spec, services)
    client = HttpClient(spec, policy=_POLICY, runtime=runtime)
    trials = source_of(spec, services).trials(client)
    return Connection(spec, tuple(_step(trial) for trial in trials))


def _step(trial: Trial) -> Step:
    if trial.credential is not None and trial.credential.missing is not None:
        return Step(trial.what, NOT_SET, trial.credential.missing)
    try:
        return Step(trial.what, WORKS, trial.attempt())
    except MigrateError as err:
        return Step(trial.what, FAILS, str(err))
