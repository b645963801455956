"""A connection back to an intruder, just after he came in through another host, is no connection between the two hosts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from provenance.fleet import JoinResult, join
from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Connection
from provenance.ingest.identity import endpoint_id
from tests.provenance.fleet.test_cases import BEGIN, accepted, opened

FRONT, MIDDLE, BACK = "10.9.0.10", "10.9.0.15", "10.9.0.20"
INTRUDER, CALLED = "198.51.100.9", "203.0.113.9"
OTHERS = ("192.0.2.7", "192.0.2.8", "192.0.2.12")
PAUSES = (0, 7_331, 9_444, 31_007, 44_900)


def shifted(end: Connection, ms: int) -> Connection:
    return end._replace(first=end.first + at_ms(ms), last=end.last + at_ms(ms))


def visits(
    visitors: Sequence[str], offset: int, service: int | None = None, port: int = 80, called: str = CALLED
) -> list[Connection]:
    """Each visitor enters the front, which asks the back. Whenever the intruder did, the back connects to `called`."""
    ends = []
    for number, visitor in enumerate(visitors):
        ms = BEGIN + PAUSES[number]
        ends += [accepted("front", visitor, 40_000 + number, ms, service), opened("front", BACK, 7777, ms + 8)]
        inside = [accepted("back", FRONT, 51_000 + number, ms + 9, None)]
        if visitor == INTRUDER:
            inside.append(opened("back", called, port, ms + 20))
        ends += [shifted(end, offset) for end in inside]
    return ends


def peers(joined: JoinResult, ends: Sequence[Connection]) -> set[str]:
    """The remote addresses of the joined ends."""
    by_node = {end.endpoint: end.remote_ip for end in ends}
    return {by_node[flow.source] for flow in joined.flows}


@pytest.mark.parametrize("offset", [0, 800, 3_000, -93_250, 300_400])
@pytest.mark.parametrize("before", [1, 2, 3])
@pytest.mark.parametrize(("service", "port"), [(None, 80), (443, 443)])
def test_a_call_back_is_not_the_visit_that_led_to_it(offset: int, before: int, service: int | None, port: int) -> None:
    ends = visits([*OTHERS[:before], INTRUDER], offset, service, port)
    joined = join(ends, {})
    assert peers(joined, ends) == {FRONT, BACK}
    assert {address.ip for found in joined.found.values() for address in found.addresses} == {FRONT, BACK}


def test_a_single_visit_is_taken_for_what_inside_addresses_say() -> None:
    ends = visits([INTRUDER], 0)
    assert peers(join(ends, {}), ends) == {FRONT, BACK}


@pytest.mark.parametrize("offset", [0, 3_000, 300_400])
def test_a_call_back_after_every_visit_comes_after_its_accept(offset: int) -> None:
    ends = visits([INTRUDER, OTHERS[0], INTRUDER, OTHERS[1], INTRUDER], offset)
    joined = join(ends, {})
    assert peers(joined, ends) == {FRONT, BACK}
    assert joined.addresses == {"back": (BACK,), "front": (FRONT,)}


def test_a_call_back_from_the_third_host() -> None:
    ends = []
    for number, visitor in enumerate((*OTHERS, INTRUDER)):
        ms = BEGIN + PAUSES[number]
        ends += [accepted("front", visitor, 40_000 + number, ms, None), opened("front", MIDDLE, 7777, ms + 4)]
        ends += [accepted("middle", FRONT, 51_000 + number, ms + 5, None), opened("middle", BACK, 5432, ms + 9)]
        ends.append(accepted("back", MIDDLE, 52_000 + number, ms + 10, None))
    ends.append(opened("back", CALLED, 80, BEGIN + PAUSES[3] + 20))
    joined = join(ends, {})
    assert peers(joined, ends) == {FRONT, MIDDLE, BACK}


def nat(times: Sequence[int], outside: str, seen_as: str) -> list[Connection]:
    """Connections of the back to the front's outside address, which the front sees from an address of a router."""
    ends = [opened("back", outside, 443, ms) for ms in times]
    return ends + [accepted("front", seen_as, 60_000 + number, ms + 5, 443) for number, ms in enumerate(times)]


@pytest.mark.parametrize("times", [[100_000, 117_000, 151_300], [100_000, 101_900, 160_000, 190_500]])
def test_connections_through_a_router_are_joined_beside_inside_ones(times: list[int]) -> None:
    through = nat([BEGIN + ms for ms in times], "203.0.113.80", "203.0.113.1")
    ends = visits(OTHERS, 0) + through
    assert peers(join(ends, {}), ends) == {FRONT, BACK, "203.0.113.80", "203.0.113.1"}


def test_a_single_connection_by_the_other_family_of_addresses_is_joined() -> None:
    ends = visits(OTHERS, 0)
    ends += [opened("front", "2001:db8::20", 7777, BEGIN + 60_000)]
    ends += [accepted("back", "2001:db8::10", 51_900, BEGIN + 60_003, None)]
    joined = join(ends, {})
    node = endpoint_id("back", "tcp", "2001:db8::10", 51_900)
    assert any(flow.target == node for flow in joined.flows)
