"""What each way of access costs."""

import pytest

from migrate_core.scenes.costs import Speed, Wanted, costs

SMALL = (2560.0, 2560.0)


def test_a_window_costs_least_bytes_and_a_product_fewest_requests() -> None:
    found = costs([Wanted("L2A", (SMALL,))])
    assert found["window"].bytes < found["bands"].bytes / 10
    assert found["bands"].bytes < found["product"].bytes
    assert (found["product"].requests, found["bands"].requests) == (1, 12 + 1 + 2)


def test_bands_are_the_pixels_of_the_native_resolutions() -> None:
    # L1C: four bands of 10 m, six of 20 m (a quarter the pixels), three of 60 m (a 36th).
    expected = 110e6 * (4 + 6 / 4 + 3 / 36)
    assert costs([Wanted("L1C", (SMALL,))])["bands"].bytes == pytest.approx(expected, rel=0.01)


def test_many_pairs_of_one_product_share_it_but_not_their_windows() -> None:
    one, many = (costs([Wanted("L2A", (SMALL,) * count)]) for count in (1, 100))
    assert many["product"].bytes == one["product"].bytes
    assert many["bands"].bytes == one["bands"].bytes
    assert many["window"].bytes == pytest.approx(100 * one["window"].bytes)
    assert many["window"].bytes > many["bands"].bytes


def test_a_known_size_counts_and_what_is_here_costs_nothing() -> None:
    assert costs([Wanted("L2A", (SMALL,), bytes=5)])["product"].bytes == 5
    for cost in costs([Wanted("L2A", (SMALL,), here=True)]).values():
        assert (cost.bytes, cost.requests, cost.minutes) == (0, 0, 0)


def test_minutes_are_bytes_and_requests_over_the_connections_that_can_be_used() -> None:
    speed = Speed(bytes_a_second=1e6, connections=4, request_s=0)
    one = costs([Wanted("L1C", (SMALL,), bytes=60_000_000)], speed)["product"]
    eight = costs([Wanted("L1C", (SMALL,), bytes=60_000_000)] * 8, speed)["product"]
    assert one.minutes == pytest.approx(1)
    assert eight.minutes == pytest.approx(2)


def test_a_larger_window_touches_more_blocks() -> None:
    small, large = (
        costs([Wanted("L2A", ((side, side),))])["window"].bytes for side in (640.0, 20_480.0)
    )
    assert large > 3 * small
