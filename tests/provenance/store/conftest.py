"""The stores that the contract is held against. Another store becomes one more line in `MAKERS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from provenance.store import open_store
from provenance.store.interface import Lines, Store

MakeStore = Callable[..., Store]
MAKERS: dict[str, Callable[[Path, Lines], Store]] = {
    "sqlite": lambda folder, lines: open_store(str(folder / "graph.db"), lines),
}


@pytest.fixture(params=MAKERS)
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeStore]:
    """Makes new, empty stores: `make_store(lines=Lines.KEEP)`. Each has been written to once, so it can be read."""
    made: list[Store] = []
    numbers = count()

    def make(lines: Lines = Lines.KEEP) -> Store:
        folder = tmp_path / f"store{next(numbers)}"
        folder.mkdir()
        store = MAKERS[request.param](folder, lines)
        with store.writer():
            pass
        made.append(store)
        return store

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    """An empty store that keeps raw lines."""
    return make_store()
