"""Lines of styled text, and the one place that writes them: with colour to a terminal, plain to everything else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TextIO

from rich.console import Console
from rich.text import Text

from provenance.text.escape import cut, width

WIDTH = 100
"""Columns of plain output."""


class Piece(NamedTuple):
    """Visible text in one style (of rich's, empty for none). A line that holds a `whole` piece is never cut: somebody
    will copy it."""

    text: str
    style: str = ""
    whole: bool = False


Line = tuple[Piece, ...]

TIME = "dim"
GUIDE = "dim"
COMMAND = "bold"
PROCESS = "cyan"
FILE = "green"
ENDPOINT = "magenta"
ALERT = "bold red"
HEADING = "bold yellow"
QUIET = "dim"


def plain(line: Line) -> str:
    """The text of a line without trailing space."""
    return "".join(piece.text for piece in line).rstrip()


def fitted(line: Line, columns: int) -> Line:
    """The line cut to a width; a `…` says so."""
    if any(piece.whole for piece in line):
        return line
    room = columns
    pieces: list[Piece] = []
    for number, piece in enumerate(line):
        rest = sum(width(later.text) for later in line[number + 1 :])
        if width(piece.text) > room or (rest and width(piece.text) == room):
            return (*pieces, Piece(cut(piece.text + ("…" if rest else ""), room), piece.style))
        pieces.append(piece)
        room -= width(piece.text)
    return line


def write_lines(lines: Iterable[Line], out: TextIO, columns: int | None = None) -> None:
    """Writes lines, cut to the terminal's width, or to `columns`, or to WIDTH where there is no terminal."""
    if not out.isatty():
        for line in lines:
            out.write(plain(fitted(line, columns or WIDTH)) + "\n")
        return
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    room = columns or console.width
    for line in lines:
        text = Text.assemble(*((piece.text, piece.style) for piece in fitted(line, room)))
        console.print(text, soft_wrap=True)
