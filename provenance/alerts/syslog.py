"""Syslog headers before a message: RFC 5424, RFC 3164, or none.

Sources: https://www.rfc-editor.org/rfc/rfc5424 section 6, https://www.rfc-editor.org/rfc/rfc3164 section 4.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PRIORITY = re.compile(r"<(\d{1,3})>")
_RFC5424 = re.compile(
    r"1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<process>\S+) (?P<kind>\S+) "
    r'(?:-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+)(?: |\Z)',
    re.DOTALL,
)
_RFC3164 = re.compile(
    r"(?P<time>(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+)"
    r" (?P<host>[^\s:]+)(?: |\Z)"
)
_TAG = re.compile(r"(?P<app>[\w./-]{1,48})(?:\[(?P<process>[^\]\s]{1,48})\])?: ?(?=\S)")
_NOT_TAGS = ("CEF", "LEEF")
_COOKIE = "@cee:"


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of a syslog header; None for a missing field and for a time without a year."""

    host: str | None = None
    time: str | None = None
    app: str | None = None


def split(line: str) -> tuple[Header, str]:
    """The header of a line and the message after it; a line without a header is all message."""
    priority = _PRIORITY.match(line)
    rest = line[priority.end() :] if priority else line
    new = _RFC5424.match(rest)
    if new:
        header = Header(_known(new["host"]), _known(new["time"]), _known(new["app"]))
        return header, _message(rest[new.end() :])
    old = _RFC3164.match(rest)
    if not old:
        return Header(), _message(rest)
    header = Header(old["host"], old["time"] if "T" in old["time"] else None)
    return _tagged(header, rest[old.end() :])


def _tagged(header: Header, rest: str) -> tuple[Header, str]:
    tag = _TAG.match(rest)
    if not tag or tag["app"] in _NOT_TAGS:
        return header, _message(rest)
    return Header(header.host, header.time, tag["app"]), _message(rest[tag.end() :])


def _message(text: str) -> str:
    text = text.lstrip("\ufeff ")
    return text[len(_COOKIE) :].lstrip() if text.startswith(_COOKIE) else text


def _known(text: str) -> str | None:
    return None if text == "-" else text
