"""What a prune records of each host, and that a checkpoint that cannot be read does not stop it."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.ingest.clock import at_ms, ms_of
from provenance.ingest.facts import Batch, Entity
from provenance.ingest.identity import EntityKind
from provenance.intake.run import ingest
from provenance.retention.prune import prune
from provenance.store.interface import Selector
from provenance.store.retention import DROPPED
from provenance.store.sqlite import SQLiteStore
from tests.ingest.script import Script

DAY_MS = 86_400_000


@pytest.fixture
def store(tmp_path: Path) -> SQLiteStore:
    """`web01` of one day and, from two days later, `db01`, both ingested; and `app01`, which has no checkpoint."""
    store = SQLiteStore(tmp_path / "case.db")
    for host, late in (("web01", 0), ("db01", 2 * DAY_MS)):
        script = Script(host)
        script.wait(late)
        script.process(100).opens("/a")
        (tmp_path / f"{host}.log").write_bytes(script.text())
        ingest(store, [str(tmp_path / f"{host}.log")])
    with store.writer() as writer:
        first = min(host.first for host in store.hosts())
        entity = Entity(7, EntityKind.PROCESS, "app01", first, {"pid": 9})
        writer.apply(Batch("app01", entities=[entity], tallies={"events": 1}, first=first, last=first))
    return store


def dropped(store: SQLiteStore) -> dict[str, tuple[int, int]]:
    return {blind.host: (blind.first, blind.last) for blind in store.blinds() if blind.why == DROPPED}


def test_only_hosts_with_older_records_get_a_blind_interval(store: SQLiteStore) -> None:
    first = min(host.first for host in store.hosts())
    before_ms = ms_of(first) + DAY_MS
    prune(store, before_ms)
    assert dropped(store) == {host: (first, at_ms(before_ms)) for host in ("web01", "app01")}
    assert store.checkpoint("app01") is None


def test_a_checkpoint_that_cannot_be_read_does_not_stop_it(store: SQLiteStore) -> None:
    """No ingest can continue from it, so the prune keeps no history for it, and it is unchanged."""
    with store.writer() as writer:
        writer.apply(Batch("web01", checkpoint=b"damaged"))
    assert "web01" in _hosts_of_processes(store)
    before_ms = ms_of(max(host.last for host in store.hosts())) + 1
    prune(store, before_ms)
    assert store.checkpoint("web01") == b"damaged"
    assert "web01" not in _hosts_of_processes(store)


def _hosts_of_processes(store: SQLiteStore) -> set[str]:
    return {node.host for node in store.find(Selector(kinds=frozenset({EntityKind.PROCESS})))}
