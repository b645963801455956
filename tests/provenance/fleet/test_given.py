"""Addresses and clocks that users set take precedence over guessed ones; guessed ones are stored with their confidence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fleet import join
from provenance.ingest.clock import ms_of
from provenance.store.hosts import CERTAIN, GivenAddress, GivenHost, Origin
from tests.provenance.fleet.test_clocks_apart import CLIENT, SERVER, START, accepts, connects, pairs

ADDRESSES = {"a": GivenHost((GivenAddress(CLIENT),)), "b": GivenHost((GivenAddress(SERVER),))}


def test_one_connection_is_joined_when_addresses_and_a_distant_clock_are_given() -> None:
    ends = [*connects([0]), *accepts([4], -93_250)]
    assert join(ends, {}, stated=ADDRESSES).flows == []
    joined = join(ends, {}, stated=ADDRESSES | {"b": GivenHost((GivenAddress(SERVER),), 93_250)})
    assert pairs(joined) == {(100, 200)} and joined.skew_ms == {"a": 0, "b": 93_250}
    assert all(flow.detail is not None and flow.detail["confidence"] == 0.95 for flow in joined.flows)
    forth, back = sorted(joined.flows, key=lambda flow: flow.source)
    assert forth.detail is not None and forth.detail["skew"] == -93_250
    assert back.detail is not None and back.detail["skew"] == 93_250
    assert ms_of(back.first) == START + 4 - 93_250


@settings(max_examples=40, deadline=None)
@given(st.integers(-200_000, 200_000), st.sampled_from("abc"))
def test_given_clocks_are_not_corrected(offset: int, host: str) -> None:
    """Even one that the connections contradict: the clocks of the others follow it."""
    times = [0, 7_000, 19_400, 60_000, 61_500, 150_000]
    ends = [*connects(times), *accepts([ms + 4 for ms in times], 500)]
    ends += [end._replace(host="c", remote_ip="10.0.0.30") for end in connects([90_000])]
    joined = join(ends, {}, stated={host: GivenHost((), offset)})
    assert joined.skew_ms[host] == offset and joined.found[host].clock.origin is Origin.GIVEN
    if host != "c":
        assert abs(joined.skew_ms["a"] - joined.skew_ms["b"] - 500) <= 8


def test_two_given_clocks_that_contradict_the_connections_stay() -> None:
    times = [0, 7_000, 19_400, 60_000, 61_500, 150_000]
    ends = [*connects(times), *accepts([ms + 4 for ms in times], 500)]
    joined = join(ends, {}, stated={"a": GivenHost((), 0), "b": GivenHost((), 0)})
    assert joined.skew_ms == {"a": 0, "b": 0}


def test_an_address_of_two_hosts_at_different_times_is_not_uncertain() -> None:
    """As with DHCP: the first connection is of the one laptop, the second of the other."""
    ends = [*connects([0], "one"), *connects([60_000], "two"), *accepts([4, 60_004], 0)]
    noon = START + 30_000
    stated = {
        "one": GivenHost((GivenAddress(CLIENT, None, noon),)),
        "two": GivenHost((GivenAddress(CLIENT, noon + 1, None),)),
        "b": GivenHost((GivenAddress(SERVER),)),
    }
    joined = join(ends, {}, stated=stated)
    assert {flow.detail["confidence"] for flow in joined.flows if flow.detail} == {0.95}
    assert len(joined.flows) == 4 and joined.addresses["one"] == joined.addresses["two"] == (CLIENT,)
    swapped = stated | {"one": stated["two"], "two": stated["one"]}
    assert join(ends, {}, stated=swapped).flows == []


@pytest.mark.parametrize("others", [(), ("x",)])
def test_an_address_that_was_given_for_a_host_is_guessed_for_no_other(others: tuple[str, ...]) -> None:
    times = [0, 7_000, 19_400, 60_000]
    ends = [*connects(times), *accepts([ms + 4 for ms in times], 0)]
    stated = {host: GivenHost((GivenAddress(CLIENT),)) for host in others}
    joined = join(ends, {}, stated=stated)
    assert bool(joined.flows) != bool(others)
    assert (CLIENT in joined.addresses["a"]) != bool(others)


def test_where_each_address_and_clock_comes_from() -> None:
    times = [0, 7_000, 19_400, 60_000]
    ends = [*connects(times), *accepts([ms + 4 for ms in times], -800)]
    guessed = join(ends, {}).found
    (address,) = guessed["a"].addresses
    assert address.ip == CLIENT and address.origin is Origin.GUESSED and CERTAIN < address.confidence < 1
    assert {guessed["a"].clock.origin, guessed["b"].clock.origin} == {Origin.REFERENCE, Origin.GUESSED}
    stated = join(ends, {}, stated=ADDRESSES).found
    assert [one.origin for one in stated["a"].addresses] == [Origin.GIVEN]


def test_an_address_is_a_candidate_when_one_host_alone_could_have_it() -> None:
    ends = [*connects([0]), *accepts([4], 93_250)]
    joined = join(ends, {})
    assert joined.flows == [] and joined.addresses["a"] == ()
    (candidate,) = joined.found["a"].addresses
    assert candidate.ip == CLIENT and candidate.confidence <= CERTAIN and "port 22" in candidate.reason
    two = join([*ends, *connects([500_000], "c", "10.0.0.77")], {})
    assert not any(one.addresses for one in two.found.values()), "two hosts could have it"


def test_a_peer_at_a_listener_without_a_port_is_the_only_host_that_could_be_it() -> None:
    unknown = [end._replace(local_port=None) for end in accepts([4], 93_250)]
    found = join([*connects([0]), *unknown], {}).found
    (candidate,) = found["a"].addresses
    assert (candidate.ip, candidate.confidence) == (CLIENT, 0.2) and "inside addresses" in candidate.reason
    outside = [end._replace(remote_ip="198.51.100.9") for end in unknown]
    assert not join([*connects([0]), *outside], {}).found, "an outside peer is seldom a recorded host"


@pytest.mark.parametrize(("peers", "confidence"), [(1, 0.2), (2, 0.1), (4, 0.05), (5, None)])
def test_several_peers_that_one_host_could_be_share_the_confidence(peers: int, confidence: float | None) -> None:
    ends = connects([0])
    for number in range(peers):
        ends += accepts([4], 93_250 + 50_000 * number, ip=f"10.0.0.{30 + number}")
    found = join(ends, {}).found
    guessed = {one.confidence for one in found["a"].addresses} if "a" in found else set()
    assert guessed == ({confidence} if confidence else set())


def test_visitors_are_not_taken_for_a_host_that_is_joined_by_inside_addresses() -> None:
    times = [0, 7_000, 19_400, 60_000]
    ends = [*connects(times), *accepts([ms + 4 for ms in times], 0)]
    ends += connects([90_000], ip="203.0.113.9") + accepts([400_000], 0, ip="198.51.100.9")
    assert [one.ip for one in join(ends, {}).found["a"].addresses] == [CLIENT]
