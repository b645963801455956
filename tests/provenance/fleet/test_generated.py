"""Joins of generated fleets: true links are found, false ones are not claimed, and the order of the input does not matter.

What is found of a fleet by its times alone is a matter of chance, as everywhere: two hosts may connect in the same
millisecond. So whether links are found or false is looked at in fleets that are always the same (each holds in all of some
ten thousand others); what is true of any fleet is looked at in others at each run.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fleet import JoinResult, join
from provenance.ingest.clock import ms_of, shift
from provenance.ingest.facts import Flow
from tests.provenance.fleet.generated import Fleet, fleet

FLEETS = st.builds(
    fleet,
    seed=st.integers(0, 1 << 32),
    hosts=st.integers(2, 8),
    links=st.integers(0, 8),
    each=st.integers(1, 25),
    noise=st.integers(0, 400),
    offsets=st.sampled_from([(0,), (0, 37, -37), (0, 90_000, -3_600_000), (0, 1500, -700)]),
    bound=st.sampled_from([0.0, 0.5, 1.0]),
)


def _detail(flow: Flow, name: str) -> float:
    assert flow.detail is not None
    return float(flow.detail[name])


def _pairs(joined: JoinResult, over: float = 0.0) -> set[tuple[int, int]]:
    return {(flow.source, flow.target) for flow in joined.flows if _detail(flow, "confidence") > over}


@given(FLEETS)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_no_false_link_is_confident(made: Fleet) -> None:
    assert _pairs(join(made.connections, {}), 0.5) <= made.reached


UNSURE_ONE_WAY = (2420, 3156, 4479, 10781)
"""Fleets where few connections of two hosts fit another offset by chance, and many show the right one."""


@pytest.mark.parametrize("offsets", [(0,), (0, 37, -37), (0, 90_000, -3_600_000)])
@pytest.mark.parametrize("seed", [*range(10), *UNSURE_ONE_WAY])
def test_frequent_connections_are_found(seed: int, offsets: tuple[int, ...]) -> None:
    made = fleet(seed, hosts=5, links=6, each=8, noise=200, offsets=offsets)
    found = join(made.connections, {})
    assert len(_pairs(found, 0.5) & made.reached) >= 0.95 * len(made.reached)


@pytest.mark.parametrize("links", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_finds_the_only_connection_when_addresses_are_given(seed: int, links: int) -> None:
    made = fleet(seed, hosts=4, links=links, each=1, noise=100)
    found = join(made.connections, {host: [ip] for host, ip in made.addresses.items()})
    assert _pairs(found, 0.5) == made.reached
    assert found.unexplained["connect_to_host"] == found.unexplained["accept_from_host"] == 0


@given(FLEETS, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_input_changes_nothing(made: Fleet, random: Random) -> None:
    expected = join(made.connections, {})
    random.shuffle(made.connections)
    assert join(made.connections, {}) == expected


@given(FLEETS)
@settings(max_examples=25, deadline=None)
def test_each_connection_has_two_flows_that_mirror_each_other(made: Fleet) -> None:
    joined = join(made.connections, {})
    both = _pairs(joined)
    assert both == {(target, source) for source, target in both}
    for flow in joined.flows:
        assert flow.first <= flow.last and 0 < _detail(flow, "confidence") <= 1


@pytest.mark.parametrize("seed", range(4))
def test_no_effect_precedes_its_cause(seed: int) -> None:
    made = fleet(seed, hosts=8, links=20, each=12, noise=100, offsets=(0, 90_000, -3_600_000, 37))
    joined = join(made.connections, {})
    accepts = {c.endpoint: ms_of(c.first) for c in made.connections if c.inbound}
    forth = [flow for flow in joined.flows if flow.target in accepts and _detail(flow, "confidence") > 0.5]
    assert len(forth) >= 0.95 * len(made.reached) / 2
    for flow in forth:
        assert accepts[flow.target] + 4 >= ms_of(shift(flow.first, int(_detail(flow, "skew"))))
