"""Reads what a store holds about the log of each host: its summary, notes, blind intervals and ends of connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from provenance.ingest.facts import Blind, Connection, Note
from provenance.store.interface import HostSummary
from provenance.store.sqlite.expand import Query
from provenance.store.sqlite.text import pack_json, pack_text, unpack_json, unpack_text

_NOTES = """
SELECT note.moment, note.ms, note.serial, note.type, node.id, note.text
FROM note LEFT JOIN node ON node.key = note.subject
WHERE note.host IN ({hosts}) AND note.moment BETWEEN ? AND ?
ORDER BY note.moment, note.serial, note.type, note.text
"""
_NOTES_ABOUT = """
SELECT note.moment, note.ms, note.serial, note.type, node.id, note.text
FROM json_each(?) AS requested CROSS JOIN node ON node.id = requested.value
CROSS JOIN note INDEXED BY note_subject ON note.subject = node.key AND note.subject <> 0
WHERE note.moment BETWEEN ? AND ? AND note.host IN ({hosts})
ORDER BY note.moment, note.serial, note.type, note.text
"""
CONNECTIONS = (
    "SELECT host.name, process.id, endpoint.id, inbound, protocol, remote_ip, remote_port, local_ip,"
    " local_port, connection.first, connection.last"
    " FROM host CROSS JOIN connection ON connection.host = host.key"
    " CROSS JOIN node AS process ON process.key = connection.process"
    " CROSS JOIN node AS endpoint ON endpoint.key = connection.endpoint"
)


def notes(query: Query, host: str | None, first: int, last: int, subjects: Iterable[int] | None) -> Iterator[Note]:
    """Notes in [first, last] of one host or all, about some entities or all, in order of moment."""
    hosts = "SELECT key FROM host" if host is None else "SELECT key FROM host WHERE name = ?"
    named = [] if host is None else [pack_text(host)]
    if subjects is None:
        found = query(_NOTES.format(hosts=hosts), (*named, first, last))
    else:
        found = query(_NOTES_ABOUT.format(hosts=hosts), (pack_json(list(set(subjects))), first, last, *named))
    for moment, ms, serial, type, subject, text in found:
        yield Note(moment, ms, serial, unpack_text(type), subject, unpack_text(text))


def blinds(query: Query, host: str | None) -> list[Blind]:
    """Blind intervals of one host or all, in order of (host, first)."""
    found = query(
        "SELECT host.name, blind.first, blind.last, why FROM host CROSS JOIN blind ON blind.host = host.key"
        " WHERE ?1 IS NULL OR host.name = ?1 ORDER BY host.name, blind.first, why",
        (None if host is None else pack_text(host),),
    )
    return [Blind(unpack_text(name), first, last, unpack_text(why)) for name, first, last, why in found]


def to_connection(row: Sequence[Any]) -> Connection:
    """The end of a connection that a row of `CONNECTIONS` holds."""
    host, process, endpoint, inbound, protocol, ip, port, local_ip, local_port, first, last = row
    return Connection(
        unpack_text(host),
        process,
        endpoint,
        bool(inbound),
        unpack_text(protocol),
        unpack_text(ip),
        port,
        unpack_text(local_ip) if local_ip else None,
        local_port if local_port >= 0 else None,
        first,
        last,
    )


def host_summaries(query: Query) -> list[HostSummary]:
    """The summaries of all hosts, by name."""
    tallies: dict[int, dict[str, int]] = {}
    for host, name, amount in query("SELECT host, name, amount FROM tally"):
        tallies.setdefault(host, {})[unpack_text(name)] = amount
    found = query("SELECT key, name, first, last, addresses, skew_ms FROM host ORDER BY name")
    return [
        HostSummary(
            unpack_text(name), first or 0, last or 0, tallies.get(key, {}), tuple(unpack_json(addresses)), skew_ms
        )
        for key, name, first, last, addresses, skew_ms in found
    ]
