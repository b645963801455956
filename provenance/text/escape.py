"""Escapes for text from logs and alerts: characters that move a cursor, hide or reorder text are spelled out."""

from __future__ import annotations

_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED_BYTES = range(0xDC80, 0xDD00)
"""The code points that Python's `surrogateescape` uses for the bytes 0x80 to 0xFF (PEP 383)."""


def visible(text: str) -> str:
    r"""The text with every unprintable character spelled out.

    C0 and C1 controls and bytes that are not UTF-8 become `\xNN`, line breaks and tabs `\n`, `\r`, `\t`; format
    characters (bidirectional overrides, zero width), separators, lone surrogates and unassigned code points `\uNNNN`.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    if code in _ESCAPED_BYTES:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """The number of columns that a visible text takes on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # its tables take longer to load than most commands need for all of their work

    return cell_len(text)


def cut(text: str, columns: int) -> str:
    """A visible text cut to at most `columns` columns; a text that was cut ends in `…`."""
    if width(text) <= columns:
        return text
    if text.isascii():
        return text[: max(columns - 1, 0)].rstrip() + "…" if columns > 0 else ""
    from rich.cells import set_cell_size

    return set_cell_size(text, max(columns - 1, 0)).rstrip() + "…" if columns > 0 else ""
