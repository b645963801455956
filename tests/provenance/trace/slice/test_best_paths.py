"""The k best time-respecting paths, compared with all paths."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.ingest.clock import FIRST, LAST, at_ms
from provenance.ingest.facts import Flow, FlowKind
from provenance.trace.slice.best_paths import Limits, best_paths
from provenance.trace.slice.between import between
from tests.provenance.trace.graphs import flow, stored
from tests.provenance.trace.slice.test_between import HOSTS, IDS, _leads, runs


def lengths(flows: Sequence[Flow], source: int, target: int, since: int, until: int) -> list[int]:
    """The steps of every path that meets no entity twice, in order, by trying every row of runs."""
    return sorted(len(entities) for entities in set(_paths(flows, source, target, since, until)))


def _paths(flows: Sequence[Flow], source: int, target: int, since: int, until: int) -> Iterator[tuple[int, ...]]:
    for steps in range(1, len(IDS)):
        for row in itertools.permutations(flows, steps):
            entities = tuple(run.target for run in row)
            simple = len({source, *entities}) == steps + 1
            if simple and _leads(row, source, target, since, until):
                yield entities


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    flows=st.lists(runs, max_size=7, unique_by=lambda run: run[:4]),
    ends=st.permutations(IDS),
    since=st.sampled_from((FIRST, at_ms(13))),
    until=st.sampled_from((LAST, at_ms(17))),
    most=st.integers(1, 4),
)
def test_the_best_paths_are_the_shortest_of_all(
    flows: list[Flow], ends: list[int], since: int, until: int, most: int
) -> None:
    source, target = ends[0], ends[1]
    with TemporaryDirectory() as folder:
        store = stored(Path(folder) / "graph.db", flows, HOSTS)
        found = best_paths(store, source, target, most, since, until)
        shortest = between(store, source, target, since, until)
        store.close()
    assert found.complete
    assert [len(way.runs) for way in found.paths] == lengths(flows, source, target, since, until)[:most]
    assert len({tuple(run.target for run, _ in way.runs) for way in found.paths}) == len(found.paths)
    for way in found.paths:
        assert _leads([run for run, _ in way.runs], source, target, since, until)
    assert [len(way.runs) for way in found.paths[:1]] == ([len(shortest.runs)] if shortest.runs else [])


def test_a_limited_search_is_reported(tmp_path: Path) -> None:
    ring = [flow(FlowKind.READ, id, id + 1, at_ms(id)) for id in range(1, 30)]
    store = stored(
        tmp_path / "graph.db", [*ring, flow(FlowKind.READ, 1, 30, at_ms(40))], dict.fromkeys(range(1, 31), "a")
    )
    few = best_paths(store, 1, 30, 2)
    assert [len(way.runs) for way in few.paths] == [1]
    assert not few.complete, "the long way is more of a detour than is looked for"
    assert best_paths(store, 1, 30, 1).complete
    assert not best_paths(store, 2, 30, 1, limits=Limits(steps=3)).complete
    assert best_paths(store, 30, 1, 1).complete
    assert best_paths(store, 1, 1, 1).paths == ()
    store.close()


def test_some_of_many_paths_are_followed(tmp_path: Path) -> None:
    layers = [list(range(2 + 5 * layer, 7 + 5 * layer)) for layer in range(6)]
    rows = [[1], *layers, [99]]
    flows = [
        flow(FlowKind.READ, near, far, at_ms(number))
        for number, (before, after) in enumerate(itertools.pairwise(rows), 1)
        for near in before
        for far in after
    ]
    store = stored(tmp_path / "graph.db", flows, dict.fromkeys([1, 99, *itertools.chain(*layers)], "a"))
    found = best_paths(store, 1, 99, 20)
    assert [len(way.runs) for way in found.paths] == [7] * 20
    assert found.complete
    assert not best_paths(store, 1, 99, 20, limits=Limits(followed=10)).complete
    store.close()
