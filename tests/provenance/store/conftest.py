"""The stores that are tested against CONTRACT.md of `provenance/store`: one line in `MAKERS` for each."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from provenance.store import open_store
from provenance.store.interface import Lines, Store
from provenance.store.neo4j import Neo4jStore
from tests.provenance.store.neo4j.servers import LINES, running

MakeStore = Callable[..., Store]


def on_server(line: str, lines: Lines) -> Store:
    """A store in a temporary case on a server that many tests share."""
    server = running(line)
    return open_store(f"{server.uri}?case=test-{secrets.token_hex(6)}", lines, credentials=server.credentials)


SERVERS = {f"neo4j-{line}": line for line in LINES}
MAKERS: dict[str, Callable[[Path, Lines], Store]] = {
    "sqlite": lambda folder, lines: open_store(str(folder / "graph.db"), lines),
    "neo4j-lts": lambda folder, lines: on_server("lts", lines),
    "neo4j-current": lambda folder, lines: on_server("current", lines),
}


@pytest.fixture(params=MAKERS)
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeStore]:
    """Makes new, empty stores: `make_store(lines=Lines.KEEP)`. Each is initialized, so it can be read."""
    if request.param in SERVERS:
        running(SERVERS[request.param])
    made: list[Store] = []
    numbers = count()

    def make(lines: Lines = Lines.KEEP) -> Store:
        folder = tmp_path / f"store{next(numbers)}"
        folder.mkdir()
        store = MAKERS[request.param](folder, lines)
        made.append(store)
        with store.writer():
            pass
        return store

    yield make
    for store in made:
        if isinstance(store, Neo4jStore):
            store.drop()
        store.close()


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    """An empty store that keeps raw lines."""
    return make_store()
