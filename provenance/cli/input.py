"""Files that a command reads as a whole; `-` is standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from provenance.errors import InputError

STDIN = "-"


def read_file(name: str, most: int) -> bytes:
    """The content of a file, or of standard input, of at most `most` bytes. Raises InputError."""
    if name == STDIN and sys.stdin is None:
        raise InputError("-: standard input is closed")
    try:
        if name == STDIN:
            content = sys.stdin.buffer.read(most + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(most + 1)
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or str(error)).lower()}") from error
    if len(content) > most:
        raise InputError(f"{name}: larger than {most >> 20} MiB")
    return content
