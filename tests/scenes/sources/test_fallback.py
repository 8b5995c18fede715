"""Two doors to one archive: the second is asked when the first fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest

from migrate_core.errors import JobCancelledError, MigrateError, SourceError
from migrate_core.model import Problem, SearchResult
from migrate_core.scenes.sources.fallback import FallbackSource
from migrate_core.scenes.sources.protocol import SceneRequest
from tests.support.builders import a_scene

REQUEST = SceneRequest((2, 42, 3, 43), date(2020, 1, 1), date(2020, 2, 1), "L2A")


@dataclass
class Door:
    """A source that answers, or fails with `error`."""

    spec: str
    error: MigrateError | None = None
    is_local: bool = False
    asked: list[SceneRequest] = field(default_factory=list)

    def search(self, request: SceneRequest) -> SearchResult:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        return SearchResult((a_scene(source=self.spec),))


def test_the_second_is_left_alone_while_the_first_answers() -> None:
    first, second = Door("one"), Door("two")
    source = FallbackSource(first, second)
    assert (source.spec, source.is_local) == ("one", False)
    result = source.search(REQUEST)
    assert [scene.source for scene in result.scenes] == ["one"]
    assert (result.problems, second.asked) == ((), [])


def test_the_second_answers_for_the_first_which_is_not_waited_for_again() -> None:
    first, second = Door("one", SourceError("one is down.")), Door("two")
    source = FallbackSource(first, second)
    for _ in range(3):
        result = source.search(REQUEST)
        assert [scene.source for scene in result.scenes] == ["two"]
        (problem,) = result.problems
        assert problem == Problem(
            "one, first catalogue",
            "one is down. Its other catalogue, two, was asked instead.",
        )
    assert (len(first.asked), len(second.asked)) == (1, 3)


def test_when_both_fail_the_error_is_that_of_the_first() -> None:
    source = FallbackSource(
        Door("one", SourceError("one is down.")), Door("two", SourceError("two is down."))
    )
    with pytest.raises(SourceError, match="one is down"):
        source.search(REQUEST)


def test_a_cancellation_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    second = Door("two")
    source = FallbackSource(Door("one", JobCancelledError("stop")), second)
    with pytest.raises(JobCancelledError):
        source.search(REQUEST)
    assert second.asked == []
