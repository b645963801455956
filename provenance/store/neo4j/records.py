"""Writing what is kept beside the graph: raw lines, notes, blind intervals, ends of connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ingest.facts import Batch, Blind, Connection, Note
from provenance.store import lines
from provenance.store.interface import Lines
from provenance.store.neo4j.entities import chunks
from provenance.store.neo4j.server import Run
from provenance.store.neo4j.text import digest, pack_text, short


def write_lines(run: Run, batch: Batch, mode: Lines) -> None:
    """Keep raw lines, or their places and digests. Raises UsageError for lines that are nowhere to be read again."""
    if mode is Lines.NONE or not batch.lines:
        return
    keep = mode is Lines.KEEP
    source = pack_text(lines.source_to_keep(batch.source, keep))
    rows = [
        {
            "key": digest(batch.host, block.first, block.digest),
            "first": block.first,
            "last": block.last,
            "source": source,
            "kept": keep,
            "block": block.block,
            "spans": [list(span) for span in block.spans],
        }
        for block in lines.pack(batch.lines, keep)
    ]
    run("ingest/lines", host=short(batch.host), rows=rows)


def write_rest(run: Run, batch: Batch) -> None:
    """Keep notes, blind intervals and ends of connections."""
    for rows in chunks(_by_key(_notes(batch.host, batch.notes))):
        run("ingest/notes", host=short(batch.host), rows=rows)
    for rows in chunks(_by_key(_blinds(batch.blinds))):
        run("ingest/blinds", rows=rows)
    for rows in chunks(_by_key(_connections(batch.connections))):
        run("ingest/connections", rows=rows)


def _by_key(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row["key"]))


def _notes(host: str, notes: Iterable[Note]) -> Iterator[dict[str, Any]]:
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


def _blinds(blinds: Iterable[Blind]) -> Iterator[dict[str, Any]]:
    for host, first, last, why in blinds:
        key = digest(host, first, why)
        yield {"key": key, "host": short(host), "first": first, "last": last, "why": pack_text(why)}


def _connections(ends: Iterable[Connection]) -> Iterator[dict[str, Any]]:
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
