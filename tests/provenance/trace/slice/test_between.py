"""Paths between two entities: found exactly if there is one, with the fewest steps, in order of time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.ingest.clock import FIRST, LAST, at_ms
from provenance.ingest.facts import Flow, FlowKind
from provenance.trace.slice.between import between
from tests.provenance.trace.graphs import flow, stored

IDS = (1, 2, 3, 4, 5)
HOSTS = {1: "a", 2: "a", 3: "a", 4: "b", 5: "b"}
runs = st.builds(
    lambda source, target, first, length, skew: flow(
        FlowKind.READ if HOSTS[source] == HOSTS[target] else FlowKind.REACHED,
        source,
        target,
        at_ms(first),
        at_ms(first + length),
        None if HOSTS[source] == HOSTS[target] else skew,
    ),
    st.sampled_from(IDS),
    st.sampled_from(IDS),
    st.integers(10, 20),
    st.integers(0, 4),
    st.integers(-3, 3),
)


def fewest(flows: Sequence[Flow], source: int, target: int, since: int, until: int) -> int | None:
    """The fewest steps of any sequence of flows that respects time, by trying all of them."""
    for steps in range(1, len(IDS) + 1):
        for path in itertools.permutations(flows, steps):
            if _leads(path, source, target, since, until):
                return steps
    return None


def _leads(path: Sequence[Flow], source: int, target: int, since: int, until: int) -> bool:
    at, moment = source, since
    for run in path:
        if run.source != at or run.last < moment:
            return False
        at, moment = run.target, max(run.first, moment)
        moment += ((run.detail or {}).get("skew", 0)) << 20
    return at == target and moment <= until


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    flows=st.lists(runs, max_size=6, unique_by=lambda run: run[:4]),
    ends=st.permutations(IDS),
    since=st.sampled_from((FIRST, at_ms(13))),
    until=st.sampled_from((LAST, at_ms(17))),
)
def test_the_shortest_path_is_found(flows: list[Flow], ends: list[int], since: int, until: int) -> None:
    source, target = ends[0], ends[1]
    with TemporaryDirectory() as folder:
        store = stored(Path(folder) / "graph.db", flows, HOSTS)
        found = between(store, source, target, since, until)
        store.close()
    expected = fewest(flows, source, target, since, until)
    assert found.complete
    assert (len(found.runs) or None) == expected
    if expected:
        assert _leads([run for run, _ in found.runs], source, target, since, until)


def test_an_abandoned_search_is_reported(tmp_path: Path) -> None:
    hosts = dict.fromkeys(range(1, 40), "a")
    flows = [flow(FlowKind.READ, 1, id, at_ms(id)) for id in range(2, 39)] + [flow(FlowKind.READ, 38, 39, at_ms(50))]
    store = stored(tmp_path / "graph.db", flows, hosts)
    assert len(between(store, 1, 39).runs) == 2
    assert between(store, 1, 39, entities=10).complete is False
    assert between(store, 1, 39, steps=1).complete is False
    assert between(store, 39, 1).complete is True
    store.close()
