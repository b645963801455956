"""JSON lines: which format an object is of, and lines of a log in the objects of collectors."""

from __future__ import annotations

import json
from typing import Any

from ..headers import Header, read_headers
from ..wrappers import hostname_before, unescaped
from . import auditbeat, envelopes, goaudit, journal, laurel

_DEEPEST = 4
"""Objects in texts of objects: a collector's in a queue's in a store's."""
_OPENING, _CLOSING = "{", "}"
_BULK = frozenset(("index", "create", "delete"))
"""The line before each document in the bulk format of Elasticsearch."""
_BETWEEN_OBJECTS = (" ", "\t", "\n", "\0", ",")
_DECODER = json.JSONDecoder()
_FRAMES = "[,\x1e \t"


def begins(line: str) -> int:
    """Where the JSON object of a line begins: behind a prefix (syslog, a cookie as `@cee:`), before any record; -1 when
    there is none."""
    start = line.find(_OPENING)
    if start < 0 or not line.rstrip(",] \t\n\0").endswith(_CLOSING):
        return -1
    record = line.find("type=", 0, start)
    return start if record < 0 else -1


def read(line: str, start: int) -> list[Header] | None:
    """The records of the JSON object that begins at `start`: an empty list for an invalid record of a known format, None for
    text that is not an object, or an object without audit data."""
    value = _object(line[start:]) or _array(line, start)
    if value is None:
        return None
    found = _read(value, 0)
    if not found or not start:
        return found
    host = hostname_before(line, start - 1)
    return [header if header.hostname else header._replace(hostname=host) for header in found] if host else found


def _object(text: str) -> dict[str, Any] | None:
    text = text.rstrip(",] \t\n\0")
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return {"records": several} if (several := _objects(text)) else None
    return envelopes.nested(value) if isinstance(value, dict) else None


def _objects(text: str) -> list[Any]:
    """Objects that follow each other on one line (Amazon Data Firehose, GELF over TCP); none unless all are whole."""
    found: list[Any] = []
    place = 0
    while place < len(text):
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            return []
        found.append(value)
        while text[place : place + 1] in _BETWEEN_OBJECTS:
            place += 1
    return found


def _array(line: str, start: int) -> dict[str, Any] | None:
    """The objects of an array on one line, as the answer of a store."""
    opening = line.find("[", 0, start)
    try:
        value: Any = json.loads(line[opening:].rstrip(", \t\n\0")) if opening >= 0 else None
    except (ValueError, RecursionError):
        return None
    return {"records": value} if isinstance(value, list) else None


def _read(value: dict[str, Any], depth: int) -> list[Header] | None:
    if laurel.recognises(value):
        return laurel.read(value)
    if len(value) == 1 and not _BULK.isdisjoint(value):
        return []
    if goaudit.recognises(value):
        return _at(goaudit.read(value), envelopes.host(value))
    if auditbeat.recognises(value):
        return _original(value) or auditbeat.read(value)
    if journal.recognises(value) or "__REALTIME_TIMESTAMP" in value:
        return entry({name: journal.text(field) for name, field in value.items()}, depth)
    return _enveloped(value, depth) if depth < _DEEPEST else None


def row(cells: dict[str, str]) -> list[Header] | None:
    """The records in a row of a table, whose cells have the names of their columns: an empty list for a line of another
    program, None when there is no line of a log in it, or a damaged one of audit."""
    found = _enveloped(envelopes.nested(dict(cells)), 0)
    if found is None and not any("audit(" in cell or "type=" in cell for cell in cells.values()):
        return []
    return found


def entry(fields: dict[str, str], depth: int = 0) -> list[Header] | None:
    """The records of an entry of the journal: audit's own, or lines of a log that a program or the kernel has handed to
    it. None of any other entry; None of one of audit that is damaged."""
    if journal.recognises(fields):
        return journal.read(fields)
    return _at(_lines(fields.get("MESSAGE", ""), depth), fields.get("_HOSTNAME")) or []


def _original(value: dict[str, Any]) -> list[Header] | None:
    """The records as they were, where auditbeat has kept them: they have the stamp that it gave to the document."""
    found = _lines("\n".join(envelopes.texts({"event": value.get("event")})[:1]), 0)
    return auditbeat.named(value, found) if found else None


def _enveloped(value: dict[str, Any], depth: int) -> list[Header] | None:
    """The records in what a collector wrote: none when it is a line of another program, None when there is no line in it or a
    damaged one of audit."""
    host = envelopes.host(value)
    texts = envelopes.texts(value)
    for text in texts:
        if found := _lines(text, depth):
            return _at(found, host)
    for one in envelopes.inner(value):
        if found := _read(envelopes.nested(one), depth + 1):
            return _at(found, host)
    if (found := _several(value, depth)) is not None:
        return _at(found, host)
    return [] if texts and not any("audit" in text or "type=" in text for text in texts) else None


def _several(value: dict[str, Any], depth: int) -> list[Header] | None:
    """The records in the objects of a list: None when one of them holds damaged ones, or no object holds any."""
    found: list[Header] = []
    for one in envelopes.several(value):
        headers = _read(envelopes.nested(one), depth + 1)
        if headers is None and "audit(" in str(one):
            return None
        found += headers or ()
    return found or None


def _at(found: list[Header] | None, host: str | None) -> list[Header] | None:
    if not found or host is None:
        return found
    return [header if header.hostname else header._replace(hostname=host) for header in found]


def _lines(text: str, depth: int) -> list[Header] | None:
    """The records in a text of one line or several; None unless each line holds some."""
    found: list[Header] = []
    for line in unescaped(text).split("\n"):
        if not line.strip(" \t\r\0"):
            continue
        start = begins(line)
        if start >= 0 and depth < _DEEPEST:
            value = _object(line[start:])
            headers = _read(value, depth + 1) if value is not None else None
        else:
            headers = read_headers(line.rstrip("\r\0"))
        if not headers:
            return None
        found += headers
    return found or None
