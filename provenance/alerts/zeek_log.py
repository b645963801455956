"""Reader of Zeek's tab-separated logs, whose header lines name the fields.

Source: https://docs.zeek.org/en/master/log-formats.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")
BEGINNING = "#separator "


@dataclass(slots=True)
class _Header:
    separator: str = "\t"
    set_separator: str = ","
    empty: str = "(empty)"
    unset: str = "-"
    fields: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)


def rows(lines: list[str]) -> Iterator[tuple[int, str, dict[str, Any] | None]]:
    """The number (from 0), text and fields of each line that is not a header line. The fields are None if their number differs
    from the header's."""
    header = _Header()
    for number, line in enumerate(lines):
        if line.startswith("#"):
            _note(header, line)
        elif line.strip():
            values = line.split(header.separator)
            fits = header.fields and len(values) == len(header.fields)
            yield number, line, _row(header, values) if fits else None


def _note(header: _Header, line: str) -> None:
    if line.startswith(BEGINNING):
        header.separator = _plain(line[len(BEGINNING) :].strip()) or "\t"
        return
    name, *values = line[1:].split(header.separator)
    if name in ("fields", "types"):
        setattr(header, name, values)
    elif values and name == "set_separator":
        header.set_separator = values[0] or ","
    elif values and name == "empty_field":
        header.empty = values[0]
    elif values and name == "unset_field":
        header.unset = values[0]


def _row(header: _Header, values: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    types = dict(zip(header.fields, header.types, strict=False))
    for name, value in zip(header.fields, values, strict=True):
        if value == header.unset:
            continue
        if types.get(name, "").startswith(("set[", "vector[")):
            row[name] = [] if value == header.empty else [_plain(item) for item in value.split(header.set_separator)]
        else:
            row[name] = "" if value == header.empty else _plain(value)
    return row


def _plain(text: str) -> str:
    r"""A text with its `\xNN` escapes decoded as UTF-8; other bytes become lone surrogates (PEP 383)."""
    if "\\x" not in text:
        return text
    raw = _ESCAPED.sub(lambda found: _byte(int(found[1], 16)), text)
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _byte(code: int) -> str:
    return chr(code) if code < 0x80 else chr(0xDC00 + code)
