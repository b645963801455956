"""The neighbours of an entity are the same whether a trace holds them already or the store is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from provenance.incidents.hubs import fans
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store import open_store
from provenance.store.interface import Node, Store
from tests.provenance.intake.logs import ingest_into, recorded, write_log


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("hubs")
    ingest_into(folder / "s.db", [write_log(folder / "audit.log", recorded(20_000))])
    with closing(open_store(str(folder / "s.db"))) as opened:
        yield opened


def test_what_a_trace_holds_is_not_read_again(store: Store) -> None:
    every: dict[int, Node] = {node.id: node for node in store.all_nodes()}
    some = {id: every[id] for id in sorted(every)[:40]}
    watched = WatchedStore(store, Brake(None))
    expected = fans(watched, some)
    assert watched.calls["nodes"] == 1 and any(fan.feeds for fan in expected.values())
    assert fans(watched, some, every) == expected
    assert watched.calls["nodes"] == 1
    part = {id: node for id, node in every.items() if id % 2}
    assert fans(watched, some, part) == expected
