"""The material of chains: a trace of an alert is the same whether its story was laid out for it or for earlier alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing

import pytest

from provenance.demo.incident import log
from provenance.ingest.clock import LAST
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.store.interface import Direction, Selector, Store
from provenance.trace.result import Slice
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.walk import walk
from provenance.trace.story.incident_material import IncidentMaterial
from provenance.trace.story.material import Story
from provenance.trace.trace import trace_from

_EVERY = 300
"""The number of processes between two that a trace starts from."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(open_store(str(tmp_path_factory.mktemp("story") / "graph.db"))) as opened:
        with log() as path:
            ingest(opened, [str(path)])
        yield opened


def starts(store: Store) -> list[int]:
    found = sorted(node.id for node in store.find(Selector(frozenset((EntityKind.PROCESS,)))))
    return found[::_EVERY]


class _Forward:
    """The forward slices of alerts, each walked once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.known: dict[tuple[tuple[int, int], ...], Slice] = {}

    def __call__(self, start: Mapping[int, int]) -> Slice:
        key = tuple(sorted(start.items()))
        if key not in self.known:
            self.known[key] = walk(self._store, Direction.FORWARD, start, None, DEFAULT)
        return self.known[key]


def test_alerts_that_share_a_story_have_the_traces_that_each_has_alone(store: Store) -> None:
    forward, shared, chains = _Forward(store), IncidentMaterial(), set()
    for id in starts(store):
        arguments = (store, Direction.BACKWARD, {id: LAST}, None, None, DEFAULT, forward)
        alone, together = trace_from(*arguments, shared=IncidentMaterial()), trace_from(*arguments, shared=shared)
        assert together == alone
        chains.add(together.chain)
    assert 0 < len(forward.known) < len(chains), "several alerts with chains of their own have one forward slice"


def test_what_is_laid_out_for_a_story_equals_what_is_added_to_it(store: Store) -> None:
    whole = walk(store, Direction.FORWARD, {starts(store)[0]: 0}, None, DEFAULT)
    read = 0
    births = {edge.id for edge in whole.edges if edge.kind in (FlowKind.SPAWNED, FlowKind.EXECUTED)}
    for id in starts(store)[1:]:
        back = walk(store, Direction.BACKWARD, {id: LAST}, None, DEFAULT)
        added = [edge for edge in back.edges if edge.id not in births and edge.kind is FlowKind.SPAWNED]
        nodes = {end: back.nodes[end] for edge in added for end in (edge.source, edge.target)} | {id: back.nodes[id]}
        part = Slice(back.direction, back.start, back.at, back.bounds, nodes, tuple(added), None)
        reads = [
            edge
            for edge in back.edges
            if edge.kind is FlowKind.READ and edge.target in nodes.keys() - whole.nodes.keys()
        ]
        files = {edge.source: back.nodes[edge.source] for edge in reads}
        together = Story([whole], (), {}).of_alert(part, added, reads, files)
        alone = Story([whole, part], reads, files)
        read += len(reads)
        assert _content(together) == _content(alone)
    assert read, "programs of the paths read files"


def _content(story: Story) -> Mapping[str, object]:
    return {name: vars(story)[name] for name in ("_labels", "_began", "_units", "_acts", "_alert", "_users")}
