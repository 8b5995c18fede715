"""Scripted reviewers, who ask the routes of the review for what the light table asks."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from migrate_core.model import Decision

# Sends a document to one of the routes, and gives the answer's.
Post = Callable[[str, Mapping[str, Any]], Any]
TRIES = 200


@dataclass
class Reviewer:
    """One who accepts pair after pair, as fast as the server answers.

    `held` has, for each pair that was granted, when that was known and when it was given back;
    `decided` the pairs whose decision was acknowledged.
    """

    name: str
    post: Post
    think_s: float = 0.0
    held: list[tuple[str, float, float]] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)
    lease_s: list[float] = field(default_factory=list)
    decision_s: list[float] = field(default_factory=list)
    _granted: dict[str, float] = field(default_factory=dict)
    _decisions: dict[str, str | None] = field(default_factory=dict)
    _others: dict[str, Any] = field(default_factory=dict)
    _newest: int = 0

    def work(self) -> Reviewer:
        """Decide until nothing is left, or what is left is open with others for long."""
        found = self.post("queue", {"reviewer": self.name})
        self._newest = found["newest"]
        self._decisions = {pair_id: decision for pair_id, _, decision, _ in found["pairs"]}
        tries = 0
        while None in self._decisions.values() and tries < TRIES:
            tries = 0 if self._step() else tries + 1
        self._lease([])
        return self

    def _step(self) -> bool:
        """Decide about the next pair; whether there was one."""
        ahead = [one for one, decision in self._decisions.items() if decision is None]
        free = [one for one in ahead if one not in self._others][:2]
        if not free or free[0] not in self._granted:
            self._lease(free)
            time.sleep(0.0 if free else 0.02)
            return False
        time.sleep(self.think_s)
        document = {"token": uuid.uuid4().hex, "pair_id": free[0], "verdict": "accept"}
        started = time.perf_counter()
        answer = self.post("decisions", {**document, "reviewer": self.name})
        self.decision_s.append(time.perf_counter() - started)
        self.decided.append(free[0])
        self._decisions[free[0]] = answer["decision"]
        return True

    def _lease(self, pair_ids: list[str]) -> None:
        sent = time.perf_counter()
        self.held += [
            (one, since, sent) for one, since in self._granted.items() if one not in pair_ids
        ]
        document = {"window": self.name, "pair_ids": pair_ids, "known": self._newest}
        found = self.post("leases", {"reviewer": self.name, **document})
        answered = time.perf_counter()
        self.lease_s.append(answered - sent)
        self._granted = {one: self._granted.get(one, answered) for one in found["granted"]}
        self._others, self._newest = found["others"], found["newest"]
        statuses = {key: status[0] for key, status in found["statuses"].items()}
        self._decisions |= {key: value for key, value in statuses.items() if key in self._decisions}


def at_work(reviewers: Iterable[Reviewer]) -> list[Reviewer]:
    """All of them at once, each in a thread."""
    team = list(reviewers)
    with ThreadPoolExecutor(len(team)) as threads:
        return list(threads.map(Reviewer.work, team))


def lost(team: Iterable[Reviewer], log: Iterable[Decision]) -> int:
    """How many decisions were acknowledged and are not in the log."""
    there = {(entry.reviewer, entry.pair_id) for entry in log}
    return sum((one.name, pair_id) not in there for one in team for pair_id in one.decided)


def doubled(log: Iterable[Decision]) -> int:
    """How many entries of the log are about a pair that has one already."""
    pair_ids = [entry.pair_id for entry in log]
    return len(pair_ids) - len(set(pair_ids))


def leased_twice(team: Iterable[Reviewer]) -> int:
    """How often two reviewers had one pair at the same time, as far as they can know."""
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for reviewer in team:
        for pair_id, since, until in reviewer.held:
            times[pair_id].append((since, until))
    return sum(
        after[0] < before[1]
        for found in times.values()
        for before, after in pairwise(sorted(found))
    )
