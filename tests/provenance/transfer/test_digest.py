"""A digest depends on the graph alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provenance.ingest.facts import Batch, Blind, Connection, Entity, Flow, FlowKind, Line, Name, Note
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Lines, Store
from provenance.transfer.digest import digest
from tests.provenance.store.conftest import MakeStore


def batch() -> Batch:
    return Batch(
        "web01",
        [Entity(1, EntityKind.FILE, "web01", 5, {"path": "/a\udcff"}), Entity(2, EntityKind.PIPE, "web01", 5, {})],
        [Name(1, "/a\udcff", 5, 6)],
        [Flow(FlowKind.READ, 1, 2, 5, 6, 1, b"\0" * 12), Flow(FlowKind.READ, 2, 1, 5, 6, 1, b"")],
        [Connection("web01", 1, 2, True, "tcp", "10.0.0.1", 22, None, None, 1, 2)],
        [Note(5, 1, 1, "AVC", 1, "x")],
        [Blind("web01", 1, 2, "lost")],
        [Line(5, 1, 1, b"raw", 0)],
        {"events": 1},
    )


def store_with(make_store: MakeStore, *batches: Batch, lines: Lines = Lines.KEEP) -> Store:
    store = make_store(lines)
    with store.writer() as writer:
        for one in batches:
            writer.apply(one)
    return store


def test_order_batching_and_raw_lines_do_not_matter(make_store: MakeStore) -> None:
    backwards = batch()
    for name in ("entities", "flows"):
        getattr(backwards, name).reverse()
    flows_only = Batch("web01", flows=batch().flows)
    expected = digest(store_with(make_store, batch()))
    assert len(expected) == 64
    assert digest(store_with(make_store, backwards)) == expected
    assert digest(store_with(make_store, flows_only, batch(), lines=Lines.NONE)) == expected


CHANGES: list[Callable[[Batch], object]] = [
    lambda b: b.entities.append(Entity(3, EntityKind.FILE, "web01", 1, {})),
    lambda b: b.entities.append(Entity(2, EntityKind.PIPE, "web01", 5, {"type": "pty"})),
    lambda b: b.entities.append(Entity(2, EntityKind.PIPE, "web01", 4, {})),
    lambda b: b.names.append(Name(1, "/b", 5, 6)),
    lambda b: b.names.append(Name(1, "/a\udcff", 5, 7)),
    lambda b: b.flows.append(b.flows[0]._replace(last=7)),
    lambda b: b.flows.append(b.flows[0]._replace(times=2)),
    lambda b: b.flows.append(b.flows[0]._replace(evidence=b"\0" * 24)),
    lambda b: b.flows.append(b.flows[0]._replace(open=True)),
    lambda b: b.flows.append(b.flows[0]._replace(detail={"bytes": 1})),
    lambda b: b.flows.append(b.flows[0]._replace(kind=FlowKind.PIPED)),
    lambda b: b.connections.append(b.connections[0]._replace(last=3)),
    lambda b: b.notes.append(b.notes[0]._replace(text="y")),
    lambda b: b.blinds.append(b.blinds[0]._replace(last=3)),
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_changes_the_digest(make_store: MakeStore, change: Callable[[Batch], object]) -> None:
    changed = batch()
    change(changed)
    assert digest(store_with(make_store, changed)) != digest(store_with(make_store, batch()))
