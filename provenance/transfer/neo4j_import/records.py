"""The records beside the graph, as rows: raw lines, notes, blind intervals, ends of connections, documents, hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provenance.ingest.facts import Batch, Blind, Connection, Note
from provenance.store.documents import Document, pack
from provenance.store.interface import HostSummary
from provenance.store.neo4j.records import blind_rows, connection_rows, line_rows, note_rows
from provenance.store.neo4j.text import pack_json, pack_text, short
from provenance.transfer.neo4j_import.nodes import Nodes
from provenance.transfer.neo4j_import.scratch import Scratch
from provenance.transfer.neo4j_import.tables import Column, Tables

_NOTE, _BLOCK, _SPAN = ":ID(note)", ":ID(block)", ":ID(span)"


def _longs(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "long") for name in names)


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


_NOTES = (*_texts(_NOTE, "key", "host", "type", "text"), *_longs("moment", "ms", "serial"), Column("time", "datetime"))
_ABOUT = _texts(":START_ID(note)", ":END_ID(entity)")
_BLINDS = (*_texts("key", "host", "why"), *_longs("first", "last"))
_CONNECTIONS = (
    *_texts("key", "host", "protocol", "remote_ip", "local_ip"),
    *_longs("process", "endpoint", "remote_port", "local_port", "first", "last"),
    Column("inbound", "boolean"),
)
_DOCUMENTS = (*_texts("kind", "key", "state"), *_longs("rank", "version"), Column("body", "byte[]"))
_BLOCKS = (
    *_texts(_BLOCK, "key", "host", "source"),
    *_longs("first", "last"),
    *(Column("kept", "boolean"), Column("block", "byte[]")),
)
_SPANS = (*_texts(_SPAN, "host"), *_longs("minute", "low", "high"))
_IN = _texts(":START_ID(span)", ":END_ID(block)")
_HOSTS = (*_texts("host", "name", "tallies", "addresses"), *_longs("first", "last", "newest", "skew_ms"))
_CHECKPOINTS = (Column("host"), Column("state", "byte[]"))


class Records:
    """Writes the records beside the graph."""

    def __init__(self, tables: Tables, scratch: Scratch, nodes: Nodes) -> None:
        self._tables, self._scratch, self._nodes = tables, scratch, nodes
        self._spans = 0

    def write_notes(self, host: str, notes: Sequence[Note]) -> None:
        """Write notes of a host, each about the entity that it names."""
        self._nodes.name(note.subject for note in notes if note.subject is not None)
        for row in note_rows(host, notes):
            key = row["key"]
            self._write("Note", _NOTES, row | {_NOTE: key, "host": short(host), "time": row["moment"]})
            if row["subject"] is not None:
                self._tables.runs("ABOUT", _ABOUT).write({_ABOUT[0].name: key, _ABOUT[1].name: row["subject"]})

    def write_blinds(self, blinds: Iterable[Blind]) -> None:
        """Write blind intervals."""
        for row in blind_rows(blinds):
            self._write("Blind", _BLINDS, row)

    def write_connections(self, ends: Sequence[Connection]) -> None:
        """Write ends of connections."""
        self._nodes.name(id for end in ends for id in (end.process, end.endpoint))
        for row in connection_rows(ends):
            self._write("Connection", _CONNECTIONS, row)

    def write_documents(self, documents: Iterable[Document]) -> None:
        """Write documents, as new ones."""
        for one in documents:
            row = {"kind": one.kind, "key": one.key, "state": one.state, "rank": one.rank, "body": pack(one.body)}
            self._write("Document", _DOCUMENTS, row | {"version": 1})

    def write_lines(self, batch: Batch) -> None:
        """Write the raw lines of a batch in blocks, each once."""
        host = short(batch.host)
        rows = {row["key"]: row for row in line_rows(batch, True)}
        new = self._scratch.new("b" + key for key in rows)
        for key, row in rows.items():
            if "b" + key not in new:
                continue
            self._write("LineBlock", _BLOCKS, row | {_BLOCK: key, "host": host})
            for minute, low, high in row["spans"]:
                self._spans += 1
                span = {_SPAN: self._spans, "host": host, "minute": minute, "low": low, "high": high}
                self._write("LineSpan", _SPANS, span)
                self._tables.runs("IN", _IN).write({_IN[0].name: self._spans, _IN[1].name: key})

    def write_host(self, summary: HostSummary, newest: int | None, checkpoint: bytes | None) -> None:
        """Write what is stored of a host as a whole, and its checkpoint."""
        host = short(summary.host)
        row = {
            "host": host,
            "name": pack_text(summary.host),
            "tallies": pack_json(dict(summary.tallies)),
            "addresses": pack_json(summary.addresses),
            "first": summary.first if summary.last else None,
            "last": summary.last or None,
            "newest": newest,
            "skew_ms": summary.skew_ms,
        }
        self._write("Host", _HOSTS, row)
        if checkpoint:
            self._write("Checkpoint", _CHECKPOINTS, {"host": host, "state": checkpoint})

    def write_case(self, totals: Mapping[str, int]) -> None:
        """Write the case with its counters. It is written last: without it the case does not exist."""
        self._write("Case", _longs(*totals), totals)

    def _write(self, label: str, columns: Sequence[Column], row: Mapping[str, Any]) -> None:
        self._tables.nodes(label, columns).write(row)
