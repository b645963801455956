"""Difficult joins: loopback, NAT, several listeners of one address, timers, blocking calls, bound ports."""

from __future__ import annotations

import pytest

from provenance.fleet import JoinResult, ZeekConn, join
from provenance.ingest.clock import at_ms, ms_of
from provenance.ingest.facts import Connection
from provenance.ingest.identity import endpoint_id

BEGIN = 1_800_000_000_000
TIMES = [BEGIN + ms for ms in (0, 7_000, 19_000, 60_000, 61_500, 150_000)]


def opened(host: str, ip: str, port: int, ms: int, local_port: int | None = None, protocol: str = "tcp") -> Connection:
    node = endpoint_id(host, protocol, ip, port)
    local = "0.0.0.0" if local_port is not None else None
    return Connection(host, 1, node, False, protocol, ip, port, local, local_port, at_ms(ms), at_ms(ms + 500))


def accepted(host: str, ip: str, port: int, ms: int, service: int | None = 22, local_ip: str = "::") -> Connection:
    node = endpoint_id(host, "tcp", ip, port)
    local = local_ip if service is not None else None
    return Connection(host, 2, node, True, "tcp", ip, port, local, service, at_ms(ms), at_ms(ms + 600))


def best(joined: JoinResult, host: str, peer: str, port: int) -> float:
    """The greatest confidence of a flow that leads to what `host` accepted from a peer."""
    node = endpoint_id(host, "tcp", peer, port)
    return max((flow.detail["confidence"] for flow in joined.flows if flow.target == node and flow.detail), default=0.0)


def test_no_connections() -> None:
    joined = join([], {"a": ["10.0.0.1"]})
    assert joined.flows == [] and joined.addresses == {"a": ("10.0.0.1",)} and joined.skew_ms == {"a": 0}


def test_loopback_joins_a_host_with_itself_only() -> None:
    ends = [accepted("a", "127.0.0.1", 40000, BEGIN), opened("a", "127.0.0.1", 22, BEGIN)]
    ends += [accepted("b", "::1", 40001, BEGIN), opened("b", "::1", 22, BEGIN), opened("c", "127.0.0.1", 22, BEGIN)]
    joined = join(ends, {})
    assert len(joined.flows) == 4
    assert best(joined, "a", "127.0.0.1", 40000) > 0.9 and best(joined, "b", "::1", 40001) > 0.9
    assert joined.addresses == {"a": (), "b": (), "c": ()}


def test_a_host_that_connects_to_its_own_address_is_joined_with_itself() -> None:
    ends = [opened("a", "10.0.0.1", 22, ms) for ms in TIMES]
    ends += [accepted("a", "10.0.0.1", 40000 + n, ms) for n, ms in enumerate(TIMES)]
    joined = join(ends, {})
    assert len(joined.flows) == 2 * len(TIMES) and joined.addresses["a"] == ("10.0.0.1",)


@pytest.mark.parametrize("peer", ["10.0.0.1", "198.51.100.7"])
@pytest.mark.parametrize("ms", [-400, -8, 8, 400])
def test_a_peer_to_which_a_host_connects_back_is_another_machine(peer: str, ms: int) -> None:
    """A reverse shell, and a request of the same peer before or after it, to a port that the log never saw bound."""
    ends = [opened("a", peer, 4444, BEGIN), accepted("a", peer, 40000, BEGIN + ms, None)]
    assert join(ends, {}).flows == []
    assert join(ends, {"a": [peer]}).flows != [], "the address is given as the host's own"


def test_beacons_to_a_peer_on_the_internet_that_comes_in_too_are_no_joins() -> None:
    ends = [opened("a", "198.51.100.7", 4444, ms) for ms in TIMES]
    ends += [accepted("a", "198.51.100.7", 40000 + n, ms, None) for n, ms in enumerate(TIMES)]
    assert join(ends, {}).flows == []


def test_two_clients_behind_one_address_are_both_joined_with_less_confidence() -> None:
    ends = [opened(host, "10.0.0.9", 22, ms) for ms in TIMES for host in ("a", "b")]
    ends += [accepted("s", "192.0.2.1", 40000 + 2 * n + k, ms) for n, ms in enumerate(TIMES) for k in (0, 1)]
    joined = join(ends, {})
    sources = {flow.source for flow in joined.flows}
    assert {endpoint_id(host, "tcp", "10.0.0.9", 22) for host in ("a", "b")} <= sources
    for flow in joined.flows:
        assert (
            flow.detail is not None and flow.detail["confidence"] <= 0.5 and "other hosts fit" in flow.detail["reason"]
        )


def test_an_address_of_two_hosts_is_uncertain() -> None:
    ends = [opened("a", "10.0.0.9", 22, BEGIN), accepted("s", "10.0.0.1", 40000, BEGIN + 4)]
    ends.append(accepted("t", "10.0.0.1", 40000, BEGIN + 4))
    joined = join(ends, {"a": ["10.0.0.1"], "s": ["10.0.0.9"], "t": ["10.0.0.9"]})
    for host in ("s", "t"):
        assert 0 < best(joined, host, "10.0.0.1", 40000) <= 0.5


def test_an_address_that_a_socket_is_bound_to_is_its_hosts_unless_several_bind_it() -> None:
    """Docker gives the bridge of every host the same address."""
    ends = [
        accepted(host, "192.0.2.1", port, BEGIN, local_ip=local)
        for host, own in (("a", "10.0.0.1"), ("b", "10.0.0.2"))
        for port, local in ((40000, own), (40001, "172.17.0.1"))
    ]
    assert join(ends, {}).addresses == {"a": ("10.0.0.1",), "b": ("10.0.0.2",)}


def test_a_port_that_the_client_bound_must_agree() -> None:
    addresses = {"a": ["10.0.0.1"], "s": ["10.0.0.9"]}
    ends = [opened("a", "10.0.0.9", 22, BEGIN, 1023), accepted("s", "10.0.0.1", 1022, BEGIN)]
    assert join(ends, addresses).flows == []
    ends.append(accepted("s", "10.0.0.1", 1023, BEGIN + 900))
    joined = join(ends, addresses)
    assert best(joined, "s", "10.0.0.1", 1023) == 0.99 and best(joined, "s", "10.0.0.1", 1022) == 0


def test_a_listener_older_than_the_log_has_less_confidence() -> None:
    addresses = {"a": ["10.0.0.1"], "s": ["10.0.0.9"]}
    ends = [opened("a", "10.0.0.9", 22, ms) for ms in TIMES]
    bound = ends + [accepted("s", "10.0.0.1", 40000 + n, ms + 4) for n, ms in enumerate(TIMES)]
    older = ends + [accepted("s", "10.0.0.1", 40000 + n, ms + 4, None) for n, ms in enumerate(TIMES)]
    for n in range(len(TIMES)):
        less = best(join(older, addresses), "s", "10.0.0.1", 40000 + n)
        assert 0.5 < less < best(join(bound, addresses), "s", "10.0.0.1", 40000 + n)


def test_an_accept_that_blocked_before_the_connect_joins_and_does_not_precede_it() -> None:
    addresses = {"a": ["10.0.0.1"], "s": ["10.0.0.9"]}
    ends = [opened("a", "10.0.0.9", 22, ms) for ms in TIMES]
    ends += [accepted("s", "10.0.0.1", 40000 + n, ms + 4) for n, ms in enumerate(TIMES[:-1])]
    ends.append(accepted("s", "10.0.0.1", 40009, TIMES[-1] - 5_000))
    joined = join(ends, addresses)
    back = endpoint_id("s", "tcp", "10.0.0.1", 40009)
    (flow,) = (flow for flow in joined.flows if flow.source == back)
    assert ms_of(flow.first) == TIMES[-1] and joined.skew_ms == {"a": 0, "s": 0}
    assert flow.detail is not None and "before the connect" in flow.detail["reason"]


@pytest.mark.parametrize("phase", [0, 40, 900, 21_000])
def test_timers_that_only_seem_to_agree_are_no_connection(phase: int) -> None:
    beat = range(BEGIN, BEGIN + 3_600_000, 60_000)
    ends = [opened("a", "198.51.100.1", 443, ms) for ms in beat]
    ends += [accepted("s", "198.51.100.2", 40000 + n, ms + phase, 443) for n, ms in enumerate(beat)]
    assert all(flow.detail and flow.detail["confidence"] <= 0.5 for flow in join(ends, {}).flows)


def test_datagrams_and_invalid_addresses_are_counted() -> None:
    ends = [opened("a", "10.0.0.9", 53, BEGIN, protocol="udp"), opened("a", "no address", 22, BEGIN)]
    ends.append(opened("a", "\x1b[31m", 22, BEGIN))
    joined = join(ends, {"a": ["neither"]})
    assert joined.flows == [] and joined.unexplained["datagram"] == 1 and joined.unexplained["no_address"] == 2
    assert joined.addresses == {"a": ()}


def test_one_wire_record_decides_on_addresses() -> None:
    ends = [opened("a", "10.0.0.9", 22, BEGIN), accepted("s", "10.0.0.1", 40000, BEGIN + 4)]
    assert best(join(ends, {}), "s", "10.0.0.1", 40000) <= 0.5
    wire = ZeekConn(BEGIN + 2, "tcp", "10.0.0.1", 40000, "10.0.0.9", 22, 500)
    assert best(join(ends, {}, [wire]), "s", "10.0.0.1", 40000) == 1.0
    other_port = wire._replace(resp_port=23)
    assert best(join(ends, {}, [other_port]), "s", "10.0.0.1", 40000) < 1.0


def test_an_end_of_several_holders_is_one_end() -> None:
    addresses = {"a": ["10.0.0.1"], "s": ["10.0.0.9"]}
    end, other = opened("a", "10.0.0.9", 22, BEGIN), accepted("s", "10.0.0.1", 40000, BEGIN)
    ends = [end, other, end._replace(last=at_ms(BEGIN + 9000)), other._replace(last=at_ms(BEGIN + 8000))]
    joined = join(ends, addresses)
    assert sorted(ms_of(flow.last) - BEGIN for flow in joined.flows) == [8000, 9000]
