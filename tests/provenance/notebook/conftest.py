"""The trace back from the alert of the bundled incident."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from provenance.demo.incident import alert, log
from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.store.interface import Direction, Selector, Store
from provenance.trace.result import Trace
from provenance.trace.slice.anchor import Selection, anchors
from provenance.trace.slice.budget import DEFAULT, Budget
from provenance.trace.trace import trace


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(str(tmp_path_factory.mktemp("incident") / "graph.db"))
    with log() as path:
        ingest(store, [str(path)])
    yield store
    store.close()


@pytest.fixture(scope="module")
def back(incident: Store) -> Trace:
    """All of it."""
    return _back(incident, DEFAULT)


@pytest.fixture(scope="module")
def small(incident: Store) -> Trace:
    """The best part of it."""
    return _back(incident, Budget(nodes=25))


def _back(incident: Store, budget: Budget) -> Trace:
    bundled = alert()
    about = Selector(
        host=bundled.host, command=bundled.command, remote_ip=bundled.remote_ip, remote_port=bundled.remote_port
    )
    at = round(datetime.fromisoformat(bundled.time).timestamp() * 1000)
    found = anchors(incident, Selection(about, at=at), Direction.BACKWARD)
    return trace(incident, Direction.BACKWARD, found, budget=budget)
