"""One writer at a time in a case."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from provenance.errors import StoreBusy
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Store
from provenance.store.neo4j import Neo4jStore, lock
from provenance.transfer.digest import digest
from tests.conftest import ROOT
from tests.provenance.store.neo4j.servers import Running
from tests.provenance.store.sqlite import history

WRITE = """
import sys
from pathlib import Path
from provenance.store import open_store
from tests.provenance.store.sqlite import history
store = open_store(sys.argv[1], credentials=Path(sys.argv[2]))
with store.writer(wait_s=30) as writer:
    done = writer.checkpoint(history.HOST)
    for number in range(0 if done is None else int(done) + 1, int(sys.argv[3])):
        writer.apply(history.batch(number))
        print(number, flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_learns_the_holder(store: Neo4jStore, server: Running, address: str) -> None:
    other = Neo4jStore(address, credentials=server.credentials)
    with store.writer() as writer:
        writer.apply(history.batch(0, 5))
        with pytest.raises(StoreBusy, match=r"is being written by process \d+ on .+ since 20\d\d-"):
            other.writer()
        assert other.hosts()[0].host == history.HOST
        writer.apply(history.batch(1, 5))
    with other.writer():
        pass
    other.close()


def test_a_second_writer_waits(store: Neo4jStore, server: Running, address: str) -> None:
    other = Neo4jStore(address, credentials=server.credentials)
    with store.writer() as writer:
        leave = threading.Timer(1.0, writer.__exit__, (None, None, None))
        leave.start()
        begun = time.monotonic()
        with other.writer(wait_s=30):
            assert time.monotonic() - begun > 0.5
    other.close()


def test_a_second_writer_tries_until_its_time_is_up(
    store: Neo4jStore, server: Running, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_TRIES_S", (0.05,))
    other = Neo4jStore(address, credentials=server.credentials)
    with store.writer(), pytest.raises(StoreBusy, match="is being written by process"):
        other.writer(wait_s=1)
    with other.writer(wait_s=60):
        pass
    other.close()


def test_cases_have_separate_writers(store: Neo4jStore, server: Running, address: str) -> None:
    other = Neo4jStore(f"{address}-other", credentials=server.credentials)
    with store.writer() as one, other.writer() as two:
        threads = [threading.Thread(target=_fill, args=(writer, host)) for writer, host in ((one, "a"), (two, "b"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {node.host for node in store.all_nodes()} == {"a"}
    assert {node.host for node in other.all_nodes()} == {"b"}
    assert len(list(store.all_flows())) == len(list(other.all_flows())) == 20 * 50
    other.drop()
    other.close()


def _fill(writer: object, host: str) -> None:
    for number in range(20):
        entities = [Entity(id, EntityKind.PROCESS, host, 1, {"pid": id}) for id in range(50)]
        flows = [Flow(FlowKind.SIGNALLED, id, 49 - id, number, number, 1, b"") for id in range(50)]
        writer.apply(Batch(host, entities, flows=flows))  # type: ignore[attr-defined]


def test_a_killed_writer_leaves_complete_batches_and_a_free_lock(
    store: Neo4jStore, server: Running, address: str
) -> None:
    command = [sys.executable, "-c", WRITE, address, str(server.credentials), "6"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        while killed.stdout.readline().strip() != "2":
            pass
        killed.kill()
    subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    assert _digest_of_complete_history() == digest(store)


def _digest_of_complete_history() -> str:
    import tempfile
    from pathlib import Path

    from provenance.store import open_store

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "graph.db")
        history.go_on(path, 6)
        complete: Store = open_store(path)
        found = digest(complete)
        complete.close()
    return found


def test_a_writer_without_the_lock_cannot_write(store: Neo4jStore, server: Running, address: str) -> None:
    other = Neo4jStore(address, credentials=server.credentials)
    writer = store.writer()
    writer._lock.release()
    with other.writer() as new_writer:
        new_writer.apply(history.batch(0, 5))
        before = digest(other)
        with pytest.raises(StoreBusy, match="was taken over by process"):
            writer.apply(history.batch(1, 5))
    assert digest(other) == before
    other.close()
