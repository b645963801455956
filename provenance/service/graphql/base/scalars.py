r"""The scalars: times, text that may hold any bytes, patterns and large numbers.

`Text` is lossless and safe to show. Log text is bytes that an attacker chose; in a `Text` every character that does not
print is spelled out: a backslash `\\`, line breaks and tabs `\n` `\r` `\t`, bytes that are not UTF-8 `\xNN`, any other
character that does not print (controls, bidirectional overrides, zero width) `\uNNNN` or `\UNNNNNNNN`. As input the same
spellings are understood, so that what was read can be sent back.
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
"""A regular expression that compiles."""
BigInt = NewType("BigInt", int)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"\d{1,11}(?:\.\d{1,9})?")
_SAFE = 1 << 53
_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_PLAIN = {spelled[1]: char for char, spelled in _NAMED.items()}
_BYTES = range(0xDC80, 0xDD00)
"""What Python's `surrogateescape` makes of the bytes 0x80 to 0xFF (PEP 383)."""
_SPELLED = re.compile(r"\\(?:x([89a-fA-F][0-9a-fA-F])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\\nrt])|(.?))", re.DOTALL)


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
            raise UsageError("no time: RFC 3339 as in 2026-11-24T03:28:58.271Z, or seconds since the epoch")
        ms = (when - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= ms <= ms_of(LAST):
        raise UsageError("no time of a log: it is before 1970 or after 2109")
    return Time(ms)


def spell(text: str) -> str:
    """The outer form of a `Text`."""
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_spell(char) for char in text)


def _spell(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code in _BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def read_text(value: object) -> Text:
    """The text behind an outer form. Raises UsageError for a backslash that spells nothing."""
    if not isinstance(value, str):
        raise UsageError("no text")
    return Text(_encodable(_SPELLED.sub(_read, value)))


def _read(match: re.Match[str]) -> str:
    byte, short, long, named, other = match.groups()
    if byte is not None:
        return chr(0xDC00 + int(byte, 16))
    if named is not None:
        return _PLAIN[named]
    code = int(short or long or "110000", 16)
    if code > 0x10FFFF:
        raise UsageError(f"a backslash before {other!r} spells nothing: write \\\\ for a backslash itself")
    return chr(code)


def _encodable(text: str) -> str:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise UsageError("a lone surrogate is no text: bytes that are not UTF-8 are spelled \\xNN") from error
    return text


def read_pattern(value: object) -> Pattern:
    """A regular expression. Raises UsageError that says what is wrong with it."""
    if not isinstance(value, str):
        raise UsageError("no regular expression")
    compile_pattern(_encodable(value))
    return Pattern(value)


def read_number(value: object) -> BigInt:
    """A whole number that JSON carries exactly. Raises UsageError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or abs(value) > _SAFE:
        raise UsageError("no whole number of at most 53 bits")
    if value != int(value):
        raise UsageError("no whole number")
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
        description="A regular expression of Python's `re`, searched anywhere in the text unless anchored.",
        specified_by_url="https://docs.python.org/3/library/re.html#regular-expression-syntax",
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
"""For `StrawberryConfig.scalar_map`."""
