"""The cache of recent traces: which traces it forgets, and when."""

from __future__ import annotations

from provenance.service.tracing.recent import RecentTraces
from tests.provenance.service.tracing.traces import chain


def test_of_many_traces_the_least_recently_used_is_forgotten() -> None:
    recent = RecentTraces()
    for number in range(32):
        recent.add(number, chain(1))
    assert recent.get(0) is not None
    recent.add(32, chain(1))
    assert recent.get(1) is None
    assert [number for number in range(33) if recent.get(number) is None] == [1]


def test_of_large_traces_only_so_many_flows_are_kept() -> None:
    recent, trace = RecentTraces(), chain(30_001)
    for number in range(22):
        recent.add(number, trace)
    assert [number for number in range(22) if recent.get(number) is None] == [0, 1]
