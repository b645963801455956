"""The attack of hostile clients, with few requests: none is answered with data."""

from __future__ import annotations

from benchmarks.hardness.clients import attack


def test_strangers_get_no_data() -> None:
    found = attack(12)
    assert (found.strangers, found.answered) == (12, 0)
    assert len(found.waits) == 5
