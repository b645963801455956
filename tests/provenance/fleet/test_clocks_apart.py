"""Distant clocks with few connections: equal pauses on both sides are evidence."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provenance.fleet import JoinResult, join
from provenance.fleet.clocks import TICK_MS, offset_bound
from provenance.ingest.clock import at_ms, ms_of
from provenance.ingest.facts import Connection

START = 1_700_000_000_000
SERVER, CLIENT = "10.0.0.20", "10.0.0.10"


def connects(times: Sequence[int], host: str = "a", ip: str = SERVER) -> list[Connection]:
    return [
        Connection(host, 1, 100 + number, False, "tcp", ip, 22, None, None, at_ms(START + ms), at_ms(START + ms + 500))
        for number, ms in enumerate(times)
    ]


def accepts(times: Sequence[int], offset: int, host: str = "b", ip: str = CLIENT) -> list[Connection]:
    moments = [at_ms(START + ms + offset) for ms in times]
    return [
        Connection(host, 2, 200 + number, True, "tcp", ip, 40_000 + number, None, 22, moment, moment + at_ms(500))
        for number, moment in enumerate(moments)
    ]


def pairs(joined: JoinResult) -> set[tuple[int, int]]:
    return {(flow.source, flow.target) for flow in joined.flows if flow.source < flow.target}


def delays(ends: Sequence[Connection], joined: JoinResult) -> list[int]:
    """Accept minus connect of the joined connections, by the corrected clocks."""
    first = {end.endpoint: ms_of(end.first) + joined.skew_ms[end.host] for end in ends}
    return [first[target] - first[source] for source, target in pairs(joined)]


@pytest.mark.parametrize("offset", [800, -93_250, 3_600_000])
def test_two_connections_with_the_same_pause_are_joined(offset: int) -> None:
    ends = [*connects([0, 25_744]), *accepts([4, 25_748], offset)]
    joined = join(ends, {"a": (), "b": ()})
    assert pairs(joined) == {(100, 200), (101, 201)}
    assert abs(joined.skew_ms["a"] - joined.skew_ms["b"] - offset) <= 8
    assert all(flow.detail is not None and flow.detail["confidence"] <= 0.5 for flow in joined.flows)


def test_two_different_pauses_are_no_evidence() -> None:
    ends = [*connects([0, 25_744]), *accepts([4, 25_900], 93_250)]
    assert join(ends, {"a": (), "b": ()}).flows == []


@pytest.mark.parametrize("difference", [50, 120])
def test_two_pauses_that_nearly_agree_are_no_evidence(difference: int) -> None:
    """Nearer than a pause is compared by, but further apart than two records of one connection."""
    ends = [*connects([0, 25_730]), *accepts([4, 25_734 + difference], 93_250)]
    assert join(ends, {"a": (), "b": ()}).flows == []


def service(ends: Sequence[Connection], port: int) -> list[Connection]:
    """The same ends, of another service on the server."""
    moved = [end._replace(endpoint=end.endpoint + 1000 * port) for end in ends]
    return [end._replace(local_port=port) if end.inbound else end._replace(remote_port=port) for end in moved]


def test_of_many_services_a_few_settle_the_clocks_of_two_hosts() -> None:
    """The others are not compared one by one, and are joined by the corrected clocks."""
    random = Random(1)
    ends: list[Connection] = []
    for port in range(1, 13):
        times = sorted(random.sample(range(3_600_000), 12))
        ends += service([*connects(times), *accepts([ms + 4 for ms in times], 93_250)], port)
    joined = join(ends, {})
    assert len(pairs(joined)) == 12 * 12 and abs(joined.skew_ms["b"] + 93_250) <= 8
    assert joined.unexplained["not_compared"] == 0


def test_services_that_settle_nothing_are_counted_when_there_are_too_many() -> None:
    """Each has two connections, with one pause on both hosts but at another offset: eight are compared."""
    random = Random(1)
    ends: list[Connection] = []
    for port in range(1, 15):
        begin, pause = port * 100_000, 7_000 + port
        other = begin + random.randrange(50_000)
        ends += service([*connects([begin, begin + pause]), *accepts([other, other + pause], 93_250)], port)
    assert join(ends, {}).unexplained["not_compared"] == 14 - 8


def test_one_connection_is_no_evidence_of_a_clock() -> None:
    assert join([*connects([0]), *accepts([4], 93_250)], {"a": (), "b": ()}).flows == []


def test_frequent_connections_are_joined_by_their_exact_times() -> None:
    """So often that chance alone would give many within a quarter of a second, but not within a tick."""
    times = [number * 700 + (number * 37) % 400 for number in range(80)]
    joined = join([*connects(times), *accepts([ms + 4 for ms in times], 93_250)], {"a": (), "b": ()})
    assert len(pairs(joined)) == 80 and all((a + 100, a + 200) in pairs(joined) for a in range(80))


GAPS = st.sampled_from([1, 10, 64, 300, 2_000, 30_000, 600_000]).flatmap(lambda most: st.integers(1, most))
OFFSETS = st.sampled_from([10, 100, 300, 2_000, 200_000]).flatmap(lambda most: st.integers(-most, most))


@settings(max_examples=100, deadline=None)
@given(GAPS, OFFSETS)
@example(1, -24)
def test_no_effect_precedes_its_cause_on_corrected_clocks(gap: int, offset: int) -> None:
    """At any offset. A record's time is that of the tick before it, so an accept may seem one tick early."""
    ends = [*connects([0, gap]), *accepts([4, gap + 4], offset)]
    joined = join(ends, {"a": (), "b": ()})
    assert all(ms >= -TICK_MS for ms in delays(ends, joined))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(GAPS, st.integers(0, 40)), min_size=1, max_size=6), OFFSETS, st.booleans())
def test_two_hosts_agree_on_the_order_of_cause_and_effect(
    made: list[tuple[int, int]], offset: int, addresses_known: bool
) -> None:
    """With any delays that fit into one cluster, whether the clocks are found or not, the joins alone say what is possible."""
    times = [sum(gap for gap, _ in made[:number]) for number in range(len(made))]
    ends = [*connects(times), *accepts(sorted(ms + late for ms, (_, late) in zip(times, made, strict=True)), offset)]
    known = {"a": (CLIENT,), "b": (SERVER,)} if addresses_known else {"a": (), "b": ()}
    found = sorted(delays(ends, join(ends, known)))
    near = [ms for ms in found if ms >= -1000]  # others blocked, or are not the same connection
    if len(found) < 3:
        assert all(ms >= -TICK_MS for ms in near)
    elif offset_bound(found) is not None:
        assert (offset_bound(found) or 0) >= -TICK_MS
