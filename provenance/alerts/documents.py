"""The documents of a body, each of which may be an alert: JSON values, items of arrays, lines of text.

JSON, JSON lines, JSON text sequences (RFC 7464), arrays, and text lines with or without a syslog header may follow each
other in any order. A part that cannot be read becomes a `Broken` with its place, and reading continues at the next line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from provenance.alerts import zeek_log
from provenance.alerts.syslog import Header, split

_SPACE = re.compile(r"[\s\x1e\ufeff,\]]*")
"""Characters between documents, among them the end of an array whose beginning was broken."""
_REST = re.compile(r"(?:[^\S\n]*(?:[\"}\]][^\n]*)?\n|[^\S\n]+[^\n]*\n)*")
"""Lines that can only be the remains of a broken value."""
_WHITE = re.compile(r"\s*")
_COMMA = re.compile(r"\s*,?\s*")
_DIGITS = 18
_DEPTH = 200
_WINDOW = 1 << 16
"""What was read is dropped after so many characters: an error of the JSON decoder counts the lines of all of the text."""
_NESTED = 20_000
"""What a value that is nested too deeply counts (characters): it is read down to the interpreter's limit."""
_SPARE = 1 << 20


@dataclass(frozen=True, slots=True)
class Document:
    """A document that may be an alert. `value` is its JSON object, None for a line of text; `unread` holds remarks about
    parts that were ignored."""

    place: str
    text: str
    value: Mapping[str, Any] | None = None
    header: Header = field(default_factory=Header)
    unread: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """An id made from the content, for products that give none: the same content is the same alert. That of a JSON object
        does not depend on its envelope; that of a line includes its header, because two alerts may differ only there."""
        return name_of(self.text if self.value is None else self.value)


@dataclass(frozen=True, slots=True)
class Broken:
    """A part of a body that cannot be read as a document, and why."""

    place: str
    text: str
    reason: str


def name_of(content: Any) -> str:
    """An id of 24 hexadecimal digits, a hash of a text or a JSON value."""
    text = content if isinstance(content, str) else json.dumps(content, sort_keys=True)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def documents(text: str) -> Iterator[Document | Broken]:
    """The documents of a text, in order. Values that do not end would be read again from each of their lines: when that comes
    to several times the text, the rest of it is one `Broken`."""
    position, line = 0, 1
    effort = _Effort(4 * len(text) + _SPARE)
    while True:
        if position > _WINDOW:
            text, position = text[position:], 0
        begin = _end(_SPACE, text, position)
        line += text.count("\n", position, begin)
        if begin >= len(text):
            return
        if effort.left < 0:
            yield Broken(f"line {line}", text[begin:], "not read: too many values before it do not end")
            return
        if text[begin] in "{[":
            items, end = _json(text, begin, line, effort)
        elif text.startswith(zeek_log.BEGINNING, begin):
            items, end = _zeek(text[begin:], line), len(text)
        else:
            items, end = _one_line(text, begin, line)
        yield from items
        line += text.count("\n", begin, end)
        position = end


@dataclass(slots=True)
class _Effort:
    """How many characters of values that cannot be read may still be looked at."""

    left: int

    def spend(self, error: Exception, begin: int) -> None:
        self.left -= error.pos - begin if isinstance(error, json.JSONDecodeError) else _NESTED


def _json(text: str, begin: int, line: int, effort: _Effort) -> tuple[list[Document | Broken], int]:
    if text[begin] == "[":
        return _items(text, begin, line, effort)
    try:
        document, end = _value(text, begin, f"line {line}")
    except (ValueError, RecursionError) as error:
        effort.spend(error, begin)
        end = _end(_REST, text, _next_line(text, begin))
        document = Broken(f"line {line}", text[begin:end], _why(error, text, line, begin))
    return [document], end


def _items(text: str, begin: int, line: int, effort: _Effort) -> tuple[list[Document | Broken], int]:
    """The items of an array as far as they can be read, and the position after the array or after its damaged part."""
    items: list[Document | Broken] = []
    counted, position = begin, _end(_WHITE, text, begin + 1)
    while text[position : position + 1] != "]":
        line, counted = line + text.count("\n", counted, position), position
        place = f"line {line}, item {len(items) + 1}"
        try:
            document, position = _value(text, position, place)
            position = _end(_COMMA, text, position)
        except (ValueError, RecursionError) as error:
            effort.spend(error, position)
            end = _end(_REST, text, _next_line(text, position))
            items.append(Broken(place, text[position:end], _why(error, text, line, position)))
            return items, end
        items.append(document)
    return items, position + 1


def _value(text: str, begin: int, place: str) -> tuple[Document | Broken, int]:
    unread: list[str] = []
    value, end = _decoder(unread).raw_decode(text, begin)
    if not isinstance(value, Mapping):
        return Broken(place, text[begin:end], "not a JSON object"), end
    return Document(place, text[begin:end], value, unread=tuple(unread)), end


def _decoder(unread: list[str]) -> json.JSONDecoder:
    """A JSON decoder that reads NaN and Infinity, which are not JSON, as null, and an integer too large for any field as
    text. Of a repeated key it takes the last value, and adds a remark to `unread`."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) < len(found) and len(unread) < _DEPTH:
            seen: set[str] = set()
            for name, _ in found:
                if name in seen:
                    unread.append(f"repeated key {name[:60]!r}: the last value is used")
                seen.add(name)
        return made

    return json.JSONDecoder(
        object_pairs_hook=pairs,
        parse_int=lambda digits: int(digits) if len(digits) <= _DIGITS else digits,
        parse_constant=lambda _: None,
    )


def _zeek(text: str, line: int) -> list[Document | Broken]:
    return [
        Broken(f"line {line + number}", row, "its number of fields differs from the header's")
        if fields is None
        else Document(f"line {line + number}", row, fields)
        for number, row, fields in zeek_log.rows([row.rstrip("\r") for row in text.split("\n")])
    ]


def _one_line(text: str, begin: int, line: int) -> tuple[list[Document | Broken], int]:
    end = _next_line(text, begin)
    row = text[begin:end].rstrip("\r\n")
    header, message = split(row)
    place = f"line {line}"
    if not message.startswith("{"):
        return [Document(place, row, None, header)], end
    try:
        found, stop = _value(message, 0, place)
    except (ValueError, RecursionError) as error:
        return [Broken(place, row, _why(error, message, line, 0))], end
    if message[stop:].strip() or not isinstance(found, Document):
        return [Broken(place, row, "more text after the JSON object")], end
    return [Document(place, row, found.value, header, found.unread)], end


def _why(error: Exception, text: str, line: int, begin: int) -> str:
    if isinstance(error, json.JSONDecodeError):
        at = line + text.count("\n", begin, error.pos)
        column = error.pos - text.rfind("\n", 0, error.pos)
        what = error.msg.removesuffix(" at")
        return f"invalid JSON: {what[0].lower()}{what[1:]} at line {at}, column {column}"
    return "JSON nested too deeply" if isinstance(error, RecursionError) else f"invalid JSON: {error}"


def _next_line(text: str, begin: int) -> int:
    end = text.find("\n", begin)
    return len(text) if end < 0 else end + 1


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
