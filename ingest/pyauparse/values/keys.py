"""The keys of the audit rules that matched an event."""

from __future__ import annotations

from .text import from_hex, unquoted

SEPARATOR = "\x01"
"""Between the keys of one rule (AUDIT_KEY_SEPARATOR of libaudit): such a value is always hexadecimal."""


def keys(value: str) -> tuple[str, ...]:
    """The keys in a raw `key=` value: one in quotes, several in hexadecimal, or none: `(null)`."""
    if value in ("(null)", ""):
        return ()
    if value.startswith('"'):
        return (unquoted(value),)
    bare = value.rstrip('"')
    return tuple(key for key in (from_hex(bare) or bare).split(SEPARATOR) if key)
