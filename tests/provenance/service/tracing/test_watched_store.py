"""A watched store gives the answers of the store below it, counts its calls, and stops when its brake does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from provenance.errors import Stopped
from provenance.ingest.identity import EntityKind
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store import open_store
from provenance.store.interface import Selector, Store
from tests.provenance.intake.logs import ingest_into, recorded, write_log

_ALL = (-(1 << 63), (1 << 63) - 1)
CALLS: dict[str, Callable[[Store], Any]] = {
    "all_nodes": lambda store: list(store.all_nodes()),
    "all_flows": lambda store: list(store.all_flows()),
    "find": lambda store: list(store.find(Selector(command="a"))),
    "nodes_between": lambda store: store.nodes_between(EntityKind.PROCESS, *_ALL, 100),
    "blinds": lambda store: store.blinds(),
    "connections": lambda store: list(store.connections()),
    "hosts": lambda store: store.hosts(),
    "checkpoint": lambda store: store.checkpoint("web01"),
    "lines": lambda store: list(store.lines("web01")),
}


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("watched")
    ingest_into(folder / "s.db", [write_log(folder / "audit.log", recorded(4000))])
    with closing(open_store(str(folder / "s.db"))) as store:
        yield store


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_is_the_one_of_the_store_below(name: str, below: Store) -> None:
    watched = WatchedStore(below, Brake(None))
    answer = CALLS[name](watched)
    assert answer == CALLS[name](below)
    assert answer or name == "blinds"
    assert watched.calls[name] == 1


@pytest.mark.parametrize("name", CALLS)
def test_a_call_stops_when_its_brake_does(name: str, below: Store) -> None:
    brake = Brake(None)
    brake.stop()
    with pytest.raises(Stopped):
        CALLS[name](WatchedStore(below, brake))


def test_it_writes_into_the_store_below_and_has_snapshots_as_that_has(tmp_path: Path) -> None:
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        watched = WatchedStore(store, Brake(None))
        assert watched.has_snapshots is store.has_snapshots is True
        with watched.writer():
            assert watched.calls["writer"] == 1
