"""Connections within a host to a listener older than the log: paired by order, or reported as unknown."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fleet import join
from provenance.fleet.local import LocalJoin, join_local
from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Connection

START = 1_700_000_000_000
PATH = "/run/php/fpm.sock"


def end(ms: int, rank: int, process: int, path: str, inbound: bool, endpoint: int = 0) -> Connection:
    moment = at_ms(START + ms) + rank
    return Connection("web01", process, endpoint or process, inbound, "unix", path, 0, None, None, moment, moment + 1)


def requests(times: list[int], delay: int = 0, workers: int = 3) -> list[Connection]:
    """A client that connects, and the workers of a pool that accept, in turn."""
    found = []
    for number, ms in enumerate(times):
        found.append(end(ms, 2 * number, 1, PATH, False, 500))
        found.append(end(ms + delay, 2 * number + 1, 10 + number % workers, "", True, 1000 + number))
    return found


def numbers(joined: LocalJoin) -> dict[int, int]:
    """The moment of the connect that each accept, by its endpoint, belongs to."""
    return {pair.accepted.endpoint: pair.opened.first for pair in joined.pairs}


def test_a_pool_that_was_bound_before_the_log_is_paired_one_to_one() -> None:
    ends = requests([0, 40, 40, 900, 4000])
    joined = join_local(ends)
    assert numbers(joined) == {1000 + number: ends[2 * number].first for number in range(5)}
    assert joined.unknown == 0 and {pair.confidence for pair in joined.pairs} == {0.9}


def test_a_queue_hands_out_connections_in_order() -> None:
    """Three connects in one tick, accepted later, are not paired crosswise."""
    connects = [end(0, rank, 1, PATH, False, 500) for rank in range(3)]
    accepts = [end(4, rank, 10, "", True, 1000 + rank) for rank in range(3)]
    joined = join_local(connects + accepts)
    assert [numbers(joined)[1000 + rank] for rank in range(3)] == [connect.first for connect in connects]


def test_a_connect_may_be_recorded_after_its_accept() -> None:
    ends = [end(0, 1, 10, "", True, 1000), end(0, 2, 1, PATH, False, 500)]
    assert numbers(join_local(ends)) == {1000: ends[1].first}


def test_an_accept_without_a_connect_stays_unknown() -> None:
    ends = [*requests([0, 40]), end(60_000, 0, 10, "", True, 2000)]
    joined = join_local(ends)
    assert 2000 not in numbers(joined) and joined.unknown == 1
    assert max(pair.confidence for pair in joined.pairs) < 0.8


def test_a_path_whose_listener_is_known_explains_its_own_connects() -> None:
    """Connects to a bound path are no candidates for accepts of another program."""
    ends = [end(0, 0, 1, PATH, False, 500), end(0, 1, 10, PATH, True, 500), end(4, 0, 20, "", True, 1000)]
    assert join_local(ends) == LocalJoin([], 1)


def test_two_paths_that_fit_equally_are_uncertain() -> None:
    other = [end(ms, rank, 2, "/run/other.sock", False, 600) for rank, ms in enumerate([0, 41, 900], 500)]
    pairs = join_local(requests([0, 40, 900], workers=1) + other).pairs
    assert pairs and all(pair.confidence <= 0.5 and "fit as well" in pair.reason for pair in pairs)


def test_in_a_chain_of_daemons_each_accept_is_of_the_connect_just_before_it() -> None:
    """dockerd connects to containerd, which then connects to the container's shim: each path fits both servers."""
    dockerd, containerd, shim = 1, 2, 3
    ends: list[Connection] = []
    right: dict[int, int] = {}
    for number, ms in enumerate((0, 3_000, 6_000, 9_000)):
        first = end(ms, 1, dockerd, "/run/containerd/containerd.sock", False, 500)
        second = end(ms + 24, 3, containerd, "/run/containerd/s/abc", False, 501)
        ends += [first, end(ms + 12, 2, containerd, "", True, 1000 + number)]
        ends += [second, end(ms + 36, 4, shim, "", True, 2000 + number)]
        right |= {1000 + number: first.first, 2000 + number: second.first}
    joined = join_local(ends)
    assert numbers(joined) == right and joined.unknown == 0
    assert {pair.confidence for pair in joined.pairs} <= {0.9, 0.45}


def test_hosts_are_paired_separately() -> None:
    ends = [end(0, 0, 1, PATH, False, 500), end(0, 1, 10, "", True, 1000)._replace(host="web02")]
    assert join_local(ends) == LocalJoin([], 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=40), st.integers(0, 40), st.integers(1, 4), st.randoms())
def test_the_order_of_the_input_changes_nothing_and_no_end_is_used_twice(
    times: list[int], delay: int, workers: int, order: random.Random
) -> None:
    ends = requests(sorted(times), delay, workers)
    joined = join_local(ends)
    shuffled = list(ends)
    order.shuffle(shuffled)
    assert join_local(shuffled) == joined
    assert len(joined.pairs) == len({id(pair.opened) for pair in joined.pairs}) == len(numbers(joined))
    assert len(joined.pairs) + joined.unknown == len(times)


@pytest.mark.parametrize("lost_number", [3, 10])
def test_lost_accepts_shift_few_pairs(lost_number: int) -> None:
    """Records that were lost cost their own pairs, not those of all later connections."""
    times = [number * 500 for number in range(40)]
    ends = [one for one in requests(times) if one.endpoint != 1000 + lost_number]
    expected = {1000 + number: ends_first(times, number) for number in range(40) if number != lost_number}
    assert numbers(join_local(ends)) == expected


def ends_first(times: list[int], number: int) -> int:
    return at_ms(START + times[number]) + 2 * number


def test_the_join_has_both_directions_and_counts_unknown_clients() -> None:
    joined = join([*requests([0, 40, 900]), end(90_000, 0, 10, "", True, 2000)], {"web01": ()})
    assert {(flow.source, flow.target) for flow in joined.flows} == {
        pair for number in range(3) for pair in ((500, 1000 + number), (1000 + number, 500))
    }
    assert joined.unexplained["unknown_client"] == 1 and joined.unexplained["datagram"] == 0


def crossing(processes: tuple[int, int], apart: int) -> list[Connection]:
    """Three requests one after the other, then two clients that connect before either is accepted."""
    return [
        *requests([0, 1000, 2000]),
        end(5000, 0, 1, PATH, False, 500),
        end(5000, 1, 2, PATH, False, 500),
        end(5004, 0, processes[0], "", True, 2000),
        end(5004 + apart, 1, processes[1], "", True, 2001),
    ]


@pytest.mark.parametrize(
    ("processes", "apart", "expected"), [((10, 11), 4, 0.5), ((10, 10), 4, 0.9), ((10, 11), 2000, 0.9)]
)
def test_two_processes_that_accept_at_once_may_do_so_in_another_order(
    processes: tuple[int, int], apart: int, expected: float
) -> None:
    """Serials are given when a call ends; one process takes its connections in the queue's order."""
    joined = join_local(crossing(processes, apart))
    worth = {pair.accepted.endpoint: (pair.opened.process, pair.confidence) for pair in joined.pairs}
    assert worth[2000] == (1, expected) and worth[2001] == (2, expected)
    assert {worth[1000 + number][1] for number in range(3)} == {0.9}


@pytest.mark.parametrize(("process", "expected"), [(1, 0.9), (2, 0.5)])
def test_a_client_that_connects_again_waits_once(process: int, expected: float) -> None:
    """A connect that does not block is called again to learn how it ended."""
    ends = [
        *requests([0, 1000, 2000]),
        end(5000, 0, 1, PATH, False, 500),
        end(5004, 0, process, PATH, False, 501),
        end(5008, 0, 10, "", True, 2000),
    ]
    (pair,) = (pair for pair in join_local(ends).pairs if pair.accepted.endpoint == 2000)
    assert (pair.opened.first, pair.confidence) == (ends[6].first, expected)
