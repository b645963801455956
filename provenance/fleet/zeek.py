"""Zeek's conn.log, in its two forms, as far as the join needs it.

The fields are those of https://docs.zeek.org/en/master/logs/conn.html: `ts` and `duration` are seconds with a fraction,
`id.orig_*` is who opened the connection. The TSV form names its separator and fields in header lines
(https://docs.zeek.org/en/master/log-formats.html); a rotated file may repeat them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple


class ZeekConn(NamedTuple):
    """A connection that Zeek saw on the wire. Times are milliseconds; `duration_ms` is None when it did not end."""

    ms: int
    protocol: str
    orig_ip: str
    orig_port: int
    resp_ip: str
    resp_port: int
    duration_ms: int | None


class ConnLog(NamedTuple):
    """The connections of a log, and how many lines were invalid."""

    connections: list[ZeekConn]
    unreadable: int


def parse_conn_log(lines: Iterable[str]) -> ConnLog:
    """Read conn.log, TSV or JSON lines. An invalid line is counted and skipped; nothing is raised."""
    found: list[ZeekConn] = []
    unreadable = 0
    for row in _rows(lines):
        connection = _connection(row) if row is not None else None
        if connection is None:
            unreadable += 1
        else:
            found.append(connection)
    return ConnLog(found, unreadable)


def _rows(lines: Iterable[str]) -> Iterator[dict[str, Any] | None]:
    separator, names = "\t", list[str]()
    for line in lines:
        text = line.rstrip("\r\n")
        if not text:
            continue
        if text.startswith("#"):
            word, _, rest = text.partition(" ") if text.startswith("#separator") else text.partition(separator)
            if word == "#separator":
                separator = _unescaped(rest) or separator
            elif word == "#fields":
                names = rest.split(separator)
        elif text.startswith("{"):
            yield _json(text)
        else:
            values = text.split(separator)
            yield dict(zip(names, values, strict=True)) if len(values) == len(names) else None


def _unescaped(text: str) -> str:
    if not text.startswith("\\x"):
        return text
    try:
        return chr(int(text[2:4], 16))
    except ValueError:
        return ""


def _json(text: str) -> dict[str, Any] | None:
    try:
        row = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _connection(row: dict[str, Any]) -> ZeekConn | None:
    ms = _moment(row.get("ts"))
    orig, orig_port = row.get("id.orig_h"), _port(row.get("id.orig_p"))
    resp, resp_port = row.get("id.resp_h"), _port(row.get("id.resp_p"))
    if ms is None or orig_port is None or resp_port is None or not isinstance(orig, str) or not isinstance(resp, str):
        return None
    duration = _milliseconds(row.get("duration"))
    return ZeekConn(ms, str(row.get("proto", "tcp")), orig, orig_port, resp, resp_port, duration)


def _moment(value: object) -> int | None:
    if not isinstance(value, str) or "T" not in value:
        return _milliseconds(value)
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return int(Decimal(str(when.timestamp())) * 1000)


def _milliseconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return None
    try:
        seconds = Decimal(value)
    except InvalidOperation:
        return None
    return int(seconds * 1000) if seconds.is_finite() and abs(seconds) < 10**12 else None


def _port(value: object) -> int | None:
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) < 65536 else None
