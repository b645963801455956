"""The rate limit of requests, on a clock that is moved by hand."""

from __future__ import annotations

from provenance.service.auth.rates import Rates


def test_a_caller_who_spent_a_minute_of_requests_waits_for_the_next() -> None:
    now = [0.0]
    rates = Rates(60, lambda: now[0])
    assert [rates.take("ann") for _ in range(60)] == [0.0] * 60
    assert rates.take("ann") == 1.0
    assert rates.take("bob") == 0.0
    now[0] += 1.0
    assert rates.take("ann") == 0.0
    assert rates.take("ann") == 1.0


def test_of_very_many_callers_the_one_longest_silent_is_forgotten() -> None:
    rates = Rates(1, lambda: 0.0)
    assert rates.take("ann") == 0.0 < rates.take("ann")
    for number in range(9_999):
        rates.take(f"caller {number}")
    assert rates.take("ann") > 0, "ten thousand callers are remembered"
    for number in range(10_000):
        rates.take(f"other {number}")
    assert rates.take("ann") == 0.0
