"""Errors and notes on standard error: one line each, with control characters in log text made visible."""

from __future__ import annotations

import sys

from provenance.text.escape import visible


def print_error(message: str) -> None:
    """Prints an error as one line that begins with the program's name."""
    sys.stderr.write(f"provenance: {visible(message)}\n")


def print_note(message: str) -> None:
    """Prints a line of information that is not part of the command's result."""
    sys.stderr.write(visible(message) + "\n")
