"""The beginning of a line: who wrote it, of what type, when, with which serial; wrappers taken off."""

from __future__ import annotations

import re
from typing import NamedTuple

from ingest.pyauparse.values.record_types import record_type

_HEADER = re.compile(
    r"(?:^|[\s:])(?:node=(?P<node>\S+) )?type=(?P<type>[A-Z][A-Z0-9_]*(?:\[\d+\])?|\d+),? (?:msg=)?audit\("
    r"(?P<sec>\d{1,12})\.(?P<ms>\d{1,3}):(?P<serial>\d{1,10})\) ?:? ?(?P<body>.*)\Z",
    re.DOTALL,
)
_AGAIN = re.compile(r"type=\S+ msg=audit\(\d")


class Header(NamedTuple):
    """A line's head; `body` is the text after the colon."""

    node: str | None
    type: str
    ms: int
    serial: int
    body: str


def read_header(line: str) -> Header | None:
    """The head of a line, None when it is no record: damaged, or one record written inside another."""
    match = _HEADER.search(line)
    if match is None:
        return None
    body = match["body"]
    if "msg=audit(" in body and _AGAIN.search(body):
        return None
    serial = int(match["serial"])
    if serial > 0xFFFFFFFF:
        return None
    type = match["type"]
    if type[-1] == "]" or type[0].isdigit():
        type = record_type(type)
    return Header(match["node"], type, int(match["sec"]) * 1000 + int(match["ms"].ljust(3, "0")), serial, body)
