"""The graph model's table holds what is derived: which kinds each edge joins, and every property of every node."""

from __future__ import annotations

import lzma
from collections.abc import Iterable
from pathlib import Path

import pytest

from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Batch, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.ingest.pyauparse import Parser
from provenance.model import EDGE_OF, EDGES, NODE_OF, NODES
from tests.conftest import ROOT
from tests.ingest.script import Script
from tests.ingest.syscalls.test_every_call import STORIES

LOGS = sorted([*(ROOT / "provenance" / "demo" / "data").glob("*.xz"), *(ROOT / "tests" / "recordings").glob("*/*.xz")])


def strangers(batches: Iterable[Batch]) -> set[str]:
    """What batches hold and the table does not."""
    found: set[str] = set()
    kinds: dict[int, EntityKind] = {}
    flows: set[tuple[FlowKind, int, int]] = set()
    for batch in batches:
        for entity in batch.entities:
            kinds[entity.id] = entity.kind
            known = {named.name for named in NODE_OF[entity.kind].properties}
            found.update(f"{entity.kind.name}.{name}" for name in entity.attributes.keys() - known)
        flows.update(flow[:3] for flow in batch.flows)
    for kind, source, target in flows:
        edge = EDGE_OF[kind]
        if kinds[source] not in edge.sources or kinds[target] not in edge.targets:
            found.add(f"{kinds[source].name} -{kind.name}-> {kinds[target].name}")
    return found


def test_every_kind_is_in_the_table_once() -> None:
    assert sorted(node.kind for node in NODES) == sorted(EntityKind)
    assert sorted(edge.kind for edge in EDGES) == sorted(FlowKind)


@pytest.mark.parametrize("log", LOGS, ids=lambda log: f"{log.parent.name}-{log.name}")
def test_a_recording_has_only_kinds_of_the_model(log: Path) -> None:
    parser = Parser("host")
    deriver = Deriver("host", lines=False)
    for event in [*parser.feed(lzma.decompress(log.read_bytes())), *parser.close()]:
        deriver.push(event)
    assert strangers([deriver.take(), deriver.conclude()]) == set()


@pytest.mark.parametrize("name", sorted(STORIES))
def test_every_call_has_only_kinds_of_the_model(name: str) -> None:
    script = Script()
    STORIES[name](script)
    oracle = script.facts().oracle
    batch = Batch("host", entities=list(oracle.entities.values()), flows=list(oracle.runs.values()))
    assert strangers([batch]) == set()
