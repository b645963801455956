"""Errors and notes on standard error: one line each, with control characters in log text made visible; and output in an
encoding that lacks the signs of the story."""

from __future__ import annotations

import codecs
import sys

from provenance.text.escape import visible

_PLAIN = {"→": "->", "◀": "<", "…": "...", "⋯": "...", "│": "|", "├": "|", "└": "`", "─": "-"}
"""What stands for a sign of the story in an encoding without it, such as Latin-1."""
ENCODING_ERRORS = "provenance-plain"
"""The name of the error handler for such encodings (`codecs.register_error`); other characters are spelled out."""


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError) and (sign := _PLAIN.get(error.object[error.start])) is not None:
        return sign, error.start + 1
    return codecs.backslashreplace_errors(error)


codecs.register_error(ENCODING_ERRORS, _plain)


def print_error(message: str) -> None:
    """Prints an error as one line that begins with the program's name."""
    sys.stderr.write(f"provenance: {visible(message)}\n")


def print_note(message: str) -> None:
    """Prints a line of information that is not part of the command's result."""
    sys.stderr.write(visible(message) + "\n")
