"""Parsing of numbers in records."""

from __future__ import annotations

_LONGEST = 64
_MOST = 1 << 64


def number(text: str | None, base: int = 10) -> int | None:
    """The number that a field of a record holds; None when the field is absent, or is not a number of at most 64 bits."""
    if text is None or len(text) > _LONGEST:
        return None
    try:
        value = int(text, base)
    except ValueError:
        return None
    return value if -_MOST < value < _MOST else None
