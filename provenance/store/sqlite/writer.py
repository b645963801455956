"""The one writer: a batch and its checkpoint in one transaction.

With `synchronous = NORMAL` a commit is in the kernel's hands at once and on the disk at the next move of the WAL:
killing the process loses nothing, losing power may lose the last batches, and neither leaves half of one
(https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from operator import attrgetter
from pathlib import Path

from provenance.ingest.facts import Batch, Flow, FlowKind
from provenance.store.documents import Document
from provenance.store.interface import Cut, DropCounts, Lines
from provenance.store.raw import lines
from provenance.store.sqlite import entities, flows, retention
from provenance.store.sqlite.database import BUSY_MS, apply_seal, connect_writer, translated_errors
from provenance.store.sqlite.documents import write as write_documents
from provenance.store.sqlite.keys import Keys
from provenance.store.sqlite.lock import WriterLock
from provenance.store.sqlite.text import pack_json, pack_text

_WAL_MOST = 1 << 29
"""Bytes of the WAL from which on a batch waits for readers, at most `_PATIENCE_MS`, to begin it anew."""
_PATIENCE_MS = 1_000
_TOTAL = """
INSERT INTO total VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET amount = amount + excluded.amount
"""
_TALLY = """
INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET amount = amount + excluded.amount
"""
_SEEN = """
UPDATE host SET first = min(coalesce(first, ?2), ?2), last = max(coalesce(last, ?3), ?3) WHERE key = ?1
"""
_CONNECTION = """
INSERT INTO connection VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET last = max(last, excluded.last)
"""
_BLIND = "INSERT INTO blind VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)"


class SQLiteWriter:
    """Implements `provenance.store.interface.Writer`. Holds the store's lock until the context ends. A context that ends with an
    error, and had created the store, leaves no empty store behind; a file that was empty is empty again."""

    def __init__(self, path: Path, mode: Lines, wait_s: float) -> None:
        self._path = path
        self._mode = mode
        self._lock = WriterLock(path)
        had_lock = self._lock.path.exists()
        self._lock.acquire(wait_s)
        with ExitStack() as on_failure:
            on_failure.callback(self._lock.release)
            if not had_lock:
                on_failure.callback(self._lock.remove)
            self._created = not path.exists()
            self._was_empty = not self._created and path.stat().st_size == 0
            self._connection = connect_writer(path)
            self._wal = path.with_name(path.name + "-wal")
            with translated_errors(path):
                self._keys = Keys(self._connection)
            on_failure.pop_all()

    def __enter__(self) -> SQLiteWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        failed = exc[:1] not in ((), (None,))
        try:
            unused = failed and (self._created or self._was_empty) and self._is_empty()
            if not unused:
                apply_seal(self._connection, self._path)
            self._connection.close()
            if unused:
                self._remove()
        finally:
            self._lock.release()

    def _is_empty(self) -> bool:
        """Whether nothing has been stored: neither a batch nor a document."""
        with translated_errors(self._path):
            found = self._connection.execute("SELECT EXISTS (SELECT 1 FROM host) OR EXISTS (SELECT 1 FROM document)")
            return not found.fetchone()[0]

    def _remove(self) -> None:
        """Remove the files of the store, its lock last."""
        for ending in ("-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        if self._was_empty:
            os.truncate(self._path, 0)
        else:
            self._path.unlink(missing_ok=True)
        self._lock.remove()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        with translated_errors(self._path):
            connection.execute("BEGIN IMMEDIATE")
            committed = False
            try:
                yield connection
                connection.execute("COMMIT")
                committed = True
            finally:
                if not committed:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    self._keys.forget()

    def checkpoint(self, host: str) -> bytes | None:
        """The state that the last batch of `host` left, None for a host never seen."""
        with translated_errors(self._path):
            row = self._connection.execute(
                "SELECT state FROM checkpoint JOIN host ON host.key = checkpoint.host WHERE name = ?",
                (pack_text(host),),
            ).fetchone()
        return row[0] if row is not None else None

    def apply(self, batch: Batch, documents: Sequence[Document] = ()) -> None:
        """Store a batch, its checkpoint and new documents, in one transaction."""
        with self._transaction() as connection:
            host = self._keys.host(batch.host)
            totals = flows.drop_provisional(connection, host) if batch.begins else None
            known, new = self._keys.nodes.of(_ids(batch))
            self._count("node", entities.write(connection, batch.entities, known, new, self._keys))
            entities.write_names(connection, batch.names, known, self._keys)
            added = flows.write(connection, batch.flows, known, host)
            if totals is not None:
                added.update(totals)
            self._count("flow", added)
            self._write_lines(host, batch)
            self._write_rest(host, batch, known)
            write_documents(connection, documents)
        self._shorten_wal()

    def _shorten_wal(self) -> None:
        """Bound the WAL. SQLite begins it anew only at a moment at which no reader needs any of it, which does not come while
        one long trace follows another: then this waits for those that read now (PRAGMA wal_checkpoint, TRUNCATE)."""
        if self._wal.stat().st_size < _WAL_MOST:
            return
        with translated_errors(self._path):
            self._connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")

    def _count(self, what: str, amounts: Mapping[int, int]) -> None:
        self._connection.executemany(_TOTAL, [(what, kind, amount) for kind, amount in amounts.items() if amount])

    def _write_lines(self, host: int, batch: Batch) -> None:
        if self._mode is Lines.NONE or not batch.lines:
            return
        keep = self._mode is Lines.KEEP
        source = pack_text(lines.source_to_keep(batch.source, keep))
        for block in lines.pack(batch.lines, keep):
            written = self._connection.execute(
                "INSERT INTO line_block (host, first, last, source, kept, digest, block) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (host, block.first, block.last, source, int(keep), block.digest, block.block),
            )
            if written.rowcount:
                self._connection.executemany(
                    "INSERT INTO line_span VALUES (?, ?, ?, ?, ?)",
                    [(host, *span, written.lastrowid) for span in block.spans],
                )

    def _write_rest(self, host: int, batch: Batch, known: Mapping[int, int]) -> None:
        write = self._connection.executemany
        write(
            _CONNECTION,
            [
                (
                    self._keys.host(end.host),
                    end.first,
                    known[end.process],
                    known[end.endpoint],
                    int(end.inbound),
                    pack_text(end.protocol),
                    pack_text(end.remote_ip),
                    end.remote_port,
                    b"" if end.local_ip is None else pack_text(end.local_ip),
                    -1 if end.local_port is None else end.local_port,
                    end.last,
                )
                for end in batch.connections
            ],
        )
        write(
            "INSERT INTO note VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                (
                    host,
                    moment,
                    serial,
                    ms,
                    pack_text(type),
                    known[subject] if subject is not None else 0,
                    pack_text(text),
                )
                for moment, ms, serial, type, subject, text in batch.notes
            ],
        )
        write(_BLIND, [(self._keys.host(name), first, pack_text(why), last) for name, first, last, why in batch.blinds])
        write(_TALLY, [(host, pack_text(name), amount) for name, amount in batch.tallies.items()])
        if batch.last:
            self._connection.execute(_SEEN, (host, batch.first or batch.last, batch.last))
        if batch.checkpoint is not None:
            self._connection.execute("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)", (host, batch.checkpoint))

    def join(self, flows_: Sequence[Flow], replace: bool = True) -> None:
        """Store REACHED flows; with `replace`, in place of all former ones."""
        with self._transaction() as connection:
            known, _ = self._keys.nodes.of(chain.from_iterable((flow.source, flow.target) for flow in flows_))
            totals = {FlowKind.REACHED.value: -flows.drop_reached(connection)} if replace else {}
            self._count("flow", totals)
            self._count("flow", flows.write_reached(connection, flows_, known))

    def describe_host(self, host: str, addresses: Sequence[str], skew_ms: int) -> None:
        """Store the addresses of a host and the correction of its clock (ms to add to its times)."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE host SET addresses = ?, skew_ms = ? WHERE key = ?",
                (pack_json(list(addresses)), skew_ms, self._keys.host(host)),
            )

    def prune(self, cut: Cut) -> DropCounts:
        """Drop what is older than a cut, in one transaction."""
        with self._transaction() as connection:
            dropped, entities_, flows_ = retention.prune(connection, self._keys, cut)
            for what, gone in (("node", entities_), ("flow", flows_)):
                self._count(what, {kind: -amount for kind, amount in gone.items()})
        self._keys.forget()
        return dropped


def _ids(batch: Batch) -> Iterable[int]:
    """Every id that a batch names, in the order in which new ones get their keys."""
    return chain(
        map(attrgetter("id"), batch.entities),
        map(attrgetter("file"), batch.names),
        chain.from_iterable(map(attrgetter("source", "target"), batch.flows)),
        chain.from_iterable(map(attrgetter("process", "endpoint"), batch.connections)),
        (note.subject for note in batch.notes if note.subject is not None),
    )
