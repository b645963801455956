"""Reading a store in chunks gives everything once, wherever a chunk ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.intake.run import ingest
from provenance.store.sqlite import SQLiteStore
from provenance.transfer import chunks
from tests.ingest.script import Script


@pytest.fixture
def store(tmp_path: Path) -> SQLiteStore:
    """A host with 60 events and a note about each."""
    script = Script()
    for number in range(60):
        script.message("ANOM_ABEND", f'auid=0 uid=0 gid=0 ses=1 pid={number + 100} comm="sh" sig=11')
        script.wait(1000)
    (tmp_path / "audit.log").write_bytes(script.text())
    store = SQLiteStore(tmp_path / "case.db")
    ingest(store, [str(tmp_path / "audit.log")])
    return store


@pytest.mark.parametrize("at_once", [1, 7, 59, 60, 1000])
def test_notes_in_stretches_of_time(store: SQLiteStore, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_EVENTS_AT_ONCE", at_once)
    (host,) = store.hosts()
    found = list(chunks.notes_of(store, host))
    assert len(found) == 60 and [note.serial for note in found] == sorted({note.serial for note in found})


@pytest.mark.parametrize("size", [1, 300, 1 << 20])
def test_lines_in_batches(store: SQLiteStore, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With batches of a byte at least, each line is one, and there is no empty one at the end."""
    monkeypatch.setattr(chunks, "_BATCH_BYTES", size)
    batches = list(chunks.lines_of(store, "web01"))
    lines = [line for batch in batches for line in batch.lines]
    assert len(lines) == len(set(lines)) == 60 and all(batch.lines for batch in batches)
    assert len(batches) == 60 if size == 1 else len(batches) < 60
