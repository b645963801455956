"""The header of a line: node, record type, time and serial, without the wrapper of a syslog or another collector."""

from __future__ import annotations

import re
from typing import NamedTuple

from .values.record_types import record_type

_HEADER = re.compile(
    r"(?:^|[\s:\ufeff])(?:node=(?P<node>\S+) )?type=(?P<type>[A-Z][A-Z0-9_]*(?:\[\d+\])?|\d+),? (?:msg=)?audit\("
    r"(?P<sec>\d{1,12})\.(?P<ms>\d{1,3}):(?P<serial>\d{1,10})\) ?:? ?(?P<body>.*)\Z",
    re.DOTALL,
)
_SECOND_RECORD = re.compile(r"type=\S+ msg=audit\(\d")
_SYSLOG = re.compile(
    r"\ufeff?(?:<\d{1,3}>)?(?:\d{1,2} )?"
    r"(?:[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d[^\s:]{0,16}(?::\d\d)?)"
    r" (?P<hostname>\S{0,254}[^\s:=])(?=\s)",
    re.ASCII,
)
"""Priority, version, time and HOSTNAME: RFC 3164 section 4.1 and RFC 5424 section 6, with or without the parts that a
collector omits when it writes to a file. A tag, which ends in a colon, is not a HOSTNAME."""
_NIL = "-"
"""The HOSTNAME of a sender that does not know its own (RFC 5424, NILVALUE)."""


class Header(NamedTuple):
    """The header of a line. `body` is the text after the colon; `hostname` comes from a syslog header before the record."""

    node: str | None
    type: str
    ms: int
    serial: int
    body: str
    hostname: str | None = None


def read_header(line: str) -> Header | None:
    """The header of a line; None when the line is not a valid record: damaged, or one record written inside another."""
    match = _HEADER.search(line)
    if match is None:
        return None
    body = match["body"]
    if "msg=audit(" in body and _SECOND_RECORD.search(body):
        return None
    serial = int(match["serial"])
    if serial > 0xFFFFFFFF:
        return None
    type = match["type"]
    if type[-1] == "]" or type[0].isdigit():
        type = record_type(type)
    hostname = _hostname(line, match.start()) if match.start() else None
    ms = int(match["sec"]) * 1000 + int(match["ms"].ljust(3, "0"))
    return Header(match["node"], type, ms, serial, body, hostname)


def _hostname(line: str, end: int) -> str | None:
    """The HOSTNAME of the syslog header before `end`, where the record begins; None without one."""
    match = _SYSLOG.match(line, 0, end + 1)
    if match is None or match["hostname"] == _NIL:
        return None
    return match["hostname"]
