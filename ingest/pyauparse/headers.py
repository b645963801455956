"""The header of a record: node, type, time and serial, without the wrapper of a collector. A line can hold several records."""

from __future__ import annotations

import re
from typing import NamedTuple

from .values.record_types import record_type
from .wrappers import hostname_before, next_header

_HEADER = re.compile(
    r"(?:^|[\s:\ufeff])(?:node=(?P<node>\S+) )?type=(?P<type>[A-Z][A-Z0-9_]*(?:\[\d+\])?|\d+),? (?:msg=)?audit\("
    r"(?P<sec>\d{1,12})\.(?P<ms>\d{1,3}):(?P<serial>\d{1,10})\) ?:? ?(?P<body>.*)\Z",
    re.DOTALL,
)
_SECOND_RECORD = re.compile(r"type=\S+ msg=audit\(\d")
_BEGIN = re.compile(
    r"(?:(?<=[\s:;|,])|^)(?:node=\S+ )?type=(?:[A-Z][A-Z0-9_]*(?:\[\d+\])?|\d+),? (?:msg=)?audit\(\d{1,12}\.\d{1,3}:\d{1,10}\)"
)
_REPEATED = "message repeated "
"""How rsyslog begins a line for several equal ones; brackets stand around the message ($RepeatedMsgReduction)."""
_MOST_ON_A_LINE = 4096
END_MS = (1 << 32) * 1000
"""The end of the times that a record can have, in the year 2106: seconds since the epoch in 32 bits without a sign. No kernel
has written a later one, and the moments of a graph end soon after."""
_BETWEEN = " \t\r\n;|,"
"""What collectors put between records on one line."""


class Header(NamedTuple):
    """The header of a record. `body` is the text after the colon; `hostname` comes from a syslog header before the record."""

    node: str | None
    type: str
    ms: int
    serial: int
    body: str
    hostname: str | None = None


def read_header(line: str) -> Header | None:
    """The header of a line of one record; None when it is not a valid record: damaged, or one record written inside another."""
    match = _HEADER.search(line)
    if match is None:
        return None
    body = match["body"]
    if "msg=audit(" in body and _SECOND_RECORD.search(body):
        return None
    serial = int(match["serial"])
    ms = int(match["sec"]) * 1000 + int(match["ms"].ljust(3, "0"))
    if serial > 0xFFFFFFFF or ms >= END_MS:
        return None
    type = match["type"]
    if type[-1] == "]" or type[0].isdigit():
        type = record_type(type)
    hostname = None
    if match.start():
        hostname = hostname_before(line, match.start())
        if body[-1:] == "]" and _REPEATED in line[: match.start()]:
            body = body[:-1]
    return Header(match["node"], type, ms, serial, body, hostname)


def read_headers(line: str) -> list[Header] | None:
    """The headers of all records on a line, in order; None when it holds none, or one was written inside another."""
    header = read_header(line)
    if header is not None:
        return [header]
    return _joined(line) if "audit(" in line else None


def _joined(line: str) -> list[Header] | None:
    """The records that a collector has put on one line: each is whole, and only white space or the header of the next
    message stands between two."""
    starts = [match.start() for match in _BEGIN.finditer(line)]
    if not 1 < len(starts) <= _MOST_ON_A_LINE or len(starts) < len(_SECOND_RECORD.findall(line)):
        return None
    found: list[Header] = []
    hostname = hostname_before(line, starts[0] - 1) if starts[0] else None
    for start, end in zip(starts, [*starts[1:], len(line)], strict=True):
        text, following = line[start:end], hostname
        if end < len(line):
            after = next_header(text)
            if after is not None:
                text, following = text[: after[0]], after[1] or hostname
        header = read_header(text.rstrip(_BETWEEN))
        if header is None or not _is_complete(header.body):
            return None
        found.append(header._replace(hostname=hostname))
        hostname = following
    return found


def _is_complete(body: str) -> bool:
    """Whether no value is open at the end of a record's text. Single quotes are only those around a message."""
    if body.count('"') % 2:
        return False
    return "msg='" not in body or "'" in body.partition("msg='")[2]
