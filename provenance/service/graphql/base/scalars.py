r"""The scalars: times, text that may hold any bytes, patterns and large numbers.

`Text` is lossless and safe to display. The text of a log is bytes that an attacker can choose; in a `Text` every unprintable
character is escaped: a backslash `\\`, line breaks and tabs `\n` `\r` `\t`, bytes that are not UTF-8 `\xNN`, other unprintable
characters (controls, bidirectional overrides, zero width) `\uNNNN` or `\UNNNNNNNN`. Input may contain the same escapes, so that
a text from an answer can be sent back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from provenance.errors import UsageError
from provenance.ingest.clock import LAST, ms_of, rfc3339
from provenance.store.patterns import compile_pattern

Time = NewType("Time", int)
"""Milliseconds since the epoch."""
Text = NewType("Text", str)
"""Text as the store has it (PEP 383 for bytes that are not UTF-8)."""
Pattern = NewType("Pattern", str)
"""A valid regular expression."""
BigInt = NewType("BigInt", int)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"\d{1,11}(?:\.\d{1,9})?")
_SAFE = 1 << 53
_LONGEST = 1 << 16
"""The most characters of a `Text` in a request: the event loop reads its escapes."""
_ESCAPED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNESCAPED = {escape[1]: char for char, escape in _ESCAPED.items()}
_BYTES = range(0xDC80, 0xDD00)
"""The characters for the bytes 0x80 to 0xFF in Python's `surrogateescape` (PEP 383)."""
_ESCAPE = re.compile(r"\\(?:x([89a-fA-F][0-9a-fA-F])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\\nrt])|(.?))", re.DOTALL)


def moment_time(moment: int) -> Time:
    """The time of a moment."""
    return Time(ms_of(moment))


def parse_time(value: object) -> Time:
    """Milliseconds since the epoch of an RFC 3339 time with its offset, or of seconds since the epoch. Raises UsageError."""
    text = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    if _SECONDS.fullmatch(text):
        ms = int(Decimal(text) * 1000)
    else:
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            when = None
        if when is None or when.tzinfo is None:
            raise UsageError(
                "invalid time: expected RFC 3339 as in 2026-11-24T03:28:58.271Z, or seconds since the epoch"
            )
        ms = (when - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= ms <= ms_of(LAST):
        raise UsageError("invalid time: expected a time from 1970 to 2109")
    return Time(ms)


def spell(text: str) -> str:
    """The escaped form of a text, as answers hold it."""
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_spell(char) for char in text)


def _spell(char: str) -> str:
    if char in _ESCAPED:
        return _ESCAPED[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code in _BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def read_text(value: object) -> Text:
    """The text of an escaped form. Raises UsageError for an invalid escape."""
    if not isinstance(value, str):
        raise UsageError("invalid text: expected a string")
    if len(value) > _LONGEST:
        raise UsageError(f"invalid text: it is longer than {_LONGEST} characters")
    return Text(_encodable(_ESCAPE.sub(_unescape, value)))


def _unescape(match: re.Match[str]) -> str:
    byte, short, long, letter, other = match.groups()
    if byte is not None:
        return chr(0xDC00 + int(byte, 16))
    if letter is not None:
        return _UNESCAPED[letter]
    code = int(short or long or "110000", 16)
    if code > 0x10FFFF:
        raise UsageError(f"invalid escape: a backslash before {other!r}; write \\\\ for a backslash itself")
    return chr(code)


def _encodable(text: str) -> str:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise UsageError("invalid text: lone surrogate; write bytes that are not UTF-8 as \\xNN") from error
    return text


def read_pattern(value: object) -> Pattern:
    """A regular expression. Raises UsageError with the reason for an invalid one."""
    if not isinstance(value, str):
        raise UsageError("invalid regular expression: expected a string")
    compile_pattern(value)
    return Pattern(_encodable(value))


def read_number(value: object) -> BigInt:
    """A whole number that JSON represents exactly. Raises UsageError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or abs(value) > _SAFE:
        raise UsageError("invalid number: expected a whole number of at most 53 bits")
    if value != int(value):
        raise UsageError("invalid number: expected a whole number")
    return BigInt(int(value))


SCALARS: Mapping[object, ScalarDefinition] = {
    Time: strawberry.scalar(
        name="Time",
        description=(
            "A time in UTC: RFC 3339 with milliseconds, `2026-11-24T03:28:58.271Z`. Input may also have "
            "another offset, or be seconds since the epoch with a fraction."
        ),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=rfc3339,
        parse_value=parse_time,
    ),
    Text: strawberry.scalar(
        name="Text",
        description=(
            "Text of a log, lossless and safe to display. Escapes replace a backslash (`\\\\`), line breaks "
            "and tabs (`\\n` `\\r` `\\t`), bytes that are not UTF-8 (`\\xNN`) and other unprintable "
            "characters (`\\uNNNN` or `\\UNNNNNNNN`). Input may contain the same escapes."
        ),
        serialize=spell,
        parse_value=read_text,
    ),
    Pattern: strawberry.scalar(
        name="Pattern",
        description="A regular expression of RE2, searched anywhere in the text unless anchored.",
        specified_by_url="https://github.com/google/re2/wiki/Syntax",
        serialize=str,
        parse_value=read_pattern,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number of at most 53 bits, as a JSON number.",
        serialize=int,
        parse_value=read_number,
    ),
}
"""The scalars by their Python types, for `StrawberryConfig.scalar_map`."""
