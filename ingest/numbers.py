"""Parsing of numbers in records."""

from __future__ import annotations


def number(text: str | None, base: int = 10) -> int | None:
    """The number that a field of a record holds; None when the field is absent or not a number."""
    if text is None:
        return None
    try:
        return int(text, base)
    except ValueError:
        return None
