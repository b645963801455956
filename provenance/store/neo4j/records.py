"""Writing the records beside the graph: raw lines, notes, blind intervals, ends of connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from provenance.ingest.facts import Batch, Blind, Connection, Note
from provenance.store.interface import Lines
from provenance.store.neo4j.entities import chunks
from provenance.store.neo4j.text import digest, pack_text, short
from provenance.store.raw import lines

NamedStatement = tuple[str, dict[str, Any]]
"""A statement's name and its parameters."""


def record_statements(batch: Batch, mode: Lines) -> Iterator[NamedStatement]:
    """The statements that write the records of a batch: raw lines (or their places and digests), notes, blind intervals, ends of
    connections. Raises UsageError for references to standard input."""
    host = short(batch.host)
    if mode is not Lines.NONE and batch.lines:
        yield "ingest/lines", {"host": host, "rows": list(line_rows(batch, mode is Lines.KEEP))}
    for rows in chunks(_by_key(note_rows(batch.host, batch.notes))):
        yield "ingest/notes", {"host": host, "rows": rows}
    for rows in chunks(_by_key(blind_rows(batch.blinds))):
        yield "ingest/blinds", {"rows": rows}
    for rows in chunks(_by_key(connection_rows(batch.connections))):
        yield "ingest/connections", {"rows": rows}


def line_rows(batch: Batch, keep: bool) -> Iterator[dict[str, Any]]:
    """The raw lines of a batch as rows of `ingest/lines`. Raises UsageError as `record_statements` does."""
    source = pack_text(lines.source_to_keep(batch.source, keep))
    for block in lines.pack(batch.lines, keep):
        yield {
            "key": digest(batch.host, block.first, block.digest),
            "first": block.first,
            "last": block.last,
            "source": source,
            "kept": keep,
            "block": block.block,
            "spans": [list(span) for span in block.spans],
        }


def _by_key(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row["key"]))


def note_rows(host: str, notes: Iterable[Note]) -> Iterator[dict[str, Any]]:
    """Notes of a host as rows of `ingest/notes`."""
    for note in notes:
        yield {
            "key": digest(host, *note),
            "moment": note.moment,
            "ms": note.ms,
            "serial": note.serial,
            "type": pack_text(note.type),
            "subject": note.subject,
            "text": pack_text(note.text),
        }


def blind_rows(blinds: Iterable[Blind]) -> Iterator[dict[str, Any]]:
    """Blind intervals as rows of `ingest/blinds`."""
    for host, first, last, why in blinds:
        key = digest(host, first, why)
        yield {"key": key, "host": short(host), "first": first, "last": last, "why": pack_text(why)}


def connection_rows(ends: Iterable[Connection]) -> Iterator[dict[str, Any]]:
    """Ends of connections as rows of `ingest/connections`."""
    for end in ends:
        yield {
            "key": digest(*end[:-1]),
            "host": short(end.host),
            "process": end.process,
            "endpoint": end.endpoint,
            "inbound": end.inbound,
            "protocol": pack_text(end.protocol),
            "remote_ip": pack_text(end.remote_ip),
            "remote_port": end.remote_port,
            "local_ip": None if end.local_ip is None else pack_text(end.local_ip),
            "local_port": end.local_port,
            "first": end.first,
            "last": end.last,
        }
