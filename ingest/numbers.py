"""Numbers of records."""

from __future__ import annotations


def number(text: str | None, base: int = 10) -> int | None:
    """A number of a record; None when it is absent or none."""
    if text is None:
        return None
    try:
        return int(text, base)
    except ValueError:
        return None
