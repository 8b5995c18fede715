"""Work at once: results in order, bounded threads, the first error, ids of the caller."""

from __future__ import annotations

import threading
import time

import pytest

from migrate_core.logs.context import about, ids_here
from migrate_core.products.remote.threads import each


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
