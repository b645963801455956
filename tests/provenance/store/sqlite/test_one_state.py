"""One answer is of one state of the store: a commit between two statements of a reader does not show."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from provenance.ingest.clock import LAST
from provenance.ingest.facts import Batch
from provenance.store import open_store
from provenance.store.fingerprint import fingerprint
from provenance.store.interface import Direction, EventKey, Selector, Store
from provenance.store.one_state import from_one_state
from provenance.store.sqlite import store as sqlite_store
from provenance.store.sqlite import writer as sqlite_writer
from provenance.store.sqlite.database import rows
from provenance.trace.trace import trace_from
from provenance.transfer.digest import digest
from tests.provenance.store.sqlite import history

BATCHES = 3


@pytest.fixture
def path(tmp_path: Path) -> Path:
    history.go_on(str(tmp_path / "graph.db"), BATCHES)
    return tmp_path / "graph.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(open_store(str(path))) as opened:
        yield opened


class Interleaved:
    """Commits a batch, of another host too, before every statement of a reader but the first."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        self.commits = 0
        self._seen = 0
        self._thread = threading.get_ident()
        self._store = open_store(str(path))
        self._rows = rows
        patch.setattr(sqlite_store, "rows", self._read)

    def _read(self, *arguments: Any) -> list[Any]:
        self._seen += 1
        if self._seen > 1 and threading.get_ident() == self._thread:
            with self._store.writer() as writer:
                writer.apply(history.batch(BATCHES + self.commits))
                writer.apply(Batch(f"host{self.commits}", tallies={"events": 1}, last=1))
            self.commits += 1
        return self._rows(*arguments)


def _frontier(store: Store) -> dict[int, int]:
    return {node.id: LAST for node in store.find(Selector(), limit=5)}


ANSWERS: dict[str, Callable[[Store], object]] = {
    "hosts": lambda store: store.hosts(),
    "statistics": lambda store: replace(store.statistics(), bytes=None),
    "find": lambda store: list(store.find(Selector())),
    "flows": lambda store: list(store.flows(None, 1)),
    "nodes": lambda store: store.nodes(range(2_000)),
    "expand": lambda store: list(store.expand(Direction.BACKWARD, dict.fromkeys(range(3_000), LAST))),
    "flows_at": lambda store: list(store.flows_at(EventKey(history.HOST, history.START_MS + 7, 1))),
    "raw": lambda store: list(
        store.raw([EventKey(history.HOST, history.START_MS + 7 * number, number) for number in (1, 299, 600, 899)])
    ),
    "lines": lambda store: list(store.lines(history.HOST)),
    "digest": digest,
    "backward trace": lambda store: trace_from(store, Direction.BACKWARD, {1: LAST}).slice,
    "forward trace": lambda store: trace_from(store, Direction.FORWARD, {1: 0}).slice,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_of_one_state(
    path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, answer: Callable[[Store], object]
) -> None:
    with store.snapshot():
        before = answer(store)
    interleaved = Interleaved(path, monkeypatch)
    assert answer(store) == before
    assert interleaved.commits


def test_a_snapshot_ends_and_may_be_nested(path: Path, store: Store) -> None:
    with store.snapshot():
        before = store.hosts()
        with store.snapshot():
            history.go_on(str(path), BATCHES + 1)
            assert store.hosts() == before
        assert store.hosts() == before
    assert store.hosts() != before


def test_an_abandoned_answer_holds_no_snapshot(path: Path, store: Store) -> None:
    before = store.hosts()
    next(store.find(Selector()))
    history.go_on(str(path), BATCHES + 1)
    assert store.hosts() != before


def test_who_changes_a_document_in_a_snapshot_reads_the_change(store: Store) -> None:
    documents = store.documents()
    with store.snapshot():
        assert documents.get("a", "1") is None
        assert documents.add("a", "1", {"n": 1})
        first = documents.get("a", "1")
        assert first is not None and documents.replace(first, {"n": 2})
        assert [document.body for document in documents.page("a")] == [{"n": 2}]
    assert documents.counts("a") == {"": 1}


def test_another_thread_is_not_in_the_snapshot(path: Path, store: Store) -> None:
    with store.snapshot():
        before = store.hosts()
        history.go_on(str(path), BATCHES + 1)
        seen: list[object] = []
        reader = threading.Thread(target=lambda: seen.append(store.hosts()))
        reader.start()
        reader.join()
        assert store.hosts() == before != seen[0]


def test_a_store_closed_within_a_snapshot(path: Path) -> None:
    store = open_store(str(path))
    with store.snapshot():
        store.hosts()
        store.close()
    store.close()


def test_snapshots_one_after_the_other_do_not_let_the_wal_grow(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is always a reader of an older state, so that SQLite itself would never begin the WAL anew."""
    monkeypatch.setattr(sqlite_writer, "_WAL_MOST", 1 << 20)
    monkeypatch.setattr(sqlite_writer, "_PATIENCE_MS", 60_000)
    wal = path.with_name("graph.db-wal")
    stop, begun = threading.Event(), threading.Event()

    def read() -> None:
        with ExitStack() as stack:
            readers = cycle([stack.enter_context(closing(open_store(str(path)))) for _ in range(2)])
            held = ExitStack()
            while not stop.is_set():
                following = ExitStack()
                reader = next(readers)
                following.enter_context(reader.snapshot())
                reader.hosts()
                held.close()
                held = following
                begun.set()
            held.close()

    reading = threading.Thread(target=read)
    reading.start()
    begun.wait()
    sizes: list[int] = []
    with closing(open_store(str(path))) as store, store.writer() as writer:
        for number in range(BATCHES, BATCHES + 12):
            writer.apply(history.batch(number))
            sizes.append(wal.stat().st_size)
    stop.set()
    reading.join()
    assert 0 in sizes and max(sizes) < 1 << 20


class Written:
    """A store without snapshots, which is written during the first `times` reads."""

    has_snapshots = False

    def __init__(self, store: Store, path: Path, times: int) -> None:
        self._store, self._path, self.times, self.reads = store, path, times, 0

    def hosts(self) -> object:
        return self._store.hosts()

    def read(self) -> int:
        self.reads += 1
        if self.reads <= self.times:
            history.go_on(str(self._path), BATCHES + self.reads)
        return self.reads


@pytest.mark.parametrize("times, expected", [(0, (1, False)), (1, (2, False)), (9, (3, True))])
def test_a_store_without_snapshots_is_read_again(
    path: Path, store: Store, times: int, expected: tuple[int, bool]
) -> None:
    written = Written(store, path, times)
    assert from_one_state(written, written.read) == expected  # type: ignore[arg-type]


def test_the_fingerprint_is_of_one_state(path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(store.hosts())
    Interleaved(path, monkeypatch)
    assert fingerprint(store.hosts()) == before
