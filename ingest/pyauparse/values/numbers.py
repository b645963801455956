"""Parsing of numbers."""

from __future__ import annotations

import re

_DIGITS = {8: re.compile(r"[0-7]+\Z"), 10: re.compile(r"[0-9]+\Z"), 16: re.compile(r"(?:0x)?[0-9A-Fa-f]+\Z")}
_LONGEST = 32


def number(text: str, base: int = 10) -> int | None:
    """The number in `text`, None when it is not all digits of the base or goes beyond 64 bits."""
    if len(text) > _LONGEST or _DIGITS[base].match(text) is None:
        return None
    value = int(text, base)
    return value if value < 1 << 64 else None
