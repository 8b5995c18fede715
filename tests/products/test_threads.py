"""Work at once and ahead: results in order, bounded threads, the first error, ids of the caller."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest

from migrate_core.logs.context import about, ids_here
from migrate_core.products.threads import ahead, each


def test_results_come_in_the_order_of_the_items_from_no_more_threads_than_allowed() -> None:
    running, most, lock = [0], [0], threading.Lock()

    def slow(number: int) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.05 if number % 2 else 0.01)
        with lock:
            running[0] -= 1
        return number * number

    assert each(slow, range(12), 3) == [number * number for number in range(12)]
    assert most[0] == 3


def test_the_first_error_is_raised_and_what_has_not_begun_is_left_out() -> None:
    begun = []

    def failing(number: int) -> int:
        begun.append(number)
        if number == 1:
            raise ValueError("the second")
        time.sleep(0.05)
        return number

    with pytest.raises(ValueError, match="the second"):
        each(failing, range(50), 2)
    assert len(begun) < 50


@pytest.mark.parametrize("threads", [1, 4])
def test_records_in_threads_name_what_the_caller_does(threads: int) -> None:
    with about({"pair": "p1"}):
        assert each(lambda _: ids_here(), range(4), threads) == [{"pair": "p1"}] * 4


def test_what_comes_next_is_worked_at_while_this_is_used_and_no_more_is_held() -> None:
    begun, second = list[int](), threading.Event()

    def noted(number: int) -> int:
        begun.append(number)
        if number == 1:
            second.set()
        return number * number

    taken = []
    with closing(ahead(noted, range(9), 2)) as results:
        for result in results:
            # The second is made without anyone asking for it.
            assert second.wait(10)
            taken.append(result)
            assert len(begun) <= len(taken) + 1
    assert taken == [number * number for number in range(9)]


def test_two_are_worked_at_together() -> None:
    both = threading.Barrier(2, timeout=10)
    assert list(ahead(lambda _: both.wait() >= 0, range(6), 2)) == [True] * 6


def test_an_error_ahead_is_raised_in_its_turn_and_what_has_not_begun_is_left_out() -> None:
    begun, taken = list[int](), list[int]()

    def failing(number: int) -> int:
        begun.append(number)
        if number == 2:
            raise ValueError("the third")
        return number

    with pytest.raises(ValueError, match="the third"):
        taken.extend(ahead(failing, range(50), 2))
    assert begun[-1] < 5


def test_who_takes_no_more_waits_only_for_what_has_begun() -> None:
    begun, ended = list[int](), list[int]()

    def slow(number: int) -> int:
        begun.append(number)
        time.sleep(0.05)
        ended.append(number)
        return number

    with closing(ahead(slow, range(50), 2)) as results:
        assert next(results) == 0
    assert len(begun) == len(ended) <= 3


def test_records_of_work_ahead_name_what_the_caller_does() -> None:
    with about({"pair": "p1"}):
        assert list(ahead(lambda _: ids_here(), range(4), 2)) == [{"pair": "p1"}] * 4
