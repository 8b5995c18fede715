"""What is kept of files: so many values, the latest used, one for all who ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from migrate_core.products.remembered import Remembered


def test_those_that_were_used_longest_ago_go() -> None:
    kept = Remembered[str, int](2)
    kept.keep("a", 1)
    kept.keep("b", 2)
    assert kept.find("a") == 1
    kept.keep("c", 3)
    assert [kept.find(key) for key in "abc"] == [1, None, 3]
    kept.keep("a", 4)
    assert kept.find("a") == 4
    kept.forget("a")
    kept.forget("never there")
    assert kept.find("a") is None


def test_all_who_ask_for_a_value_get_the_same() -> None:
    kept = Remembered[str, object](2)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: kept.find_or_make("a", object), range(40)))
    assert len(set(map(id, found))) == 1
