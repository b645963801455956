"""Lines of styled text, and their writer: in colour to a terminal, plain to everything else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TextIO

from provenance.text.escape import cut, width

WIDTH = 100
"""Columns of output that does not go to a terminal."""


class Span(NamedTuple):
    """Visible text in one style of rich's (empty: no style). A line with an `uncut` span is never shortened, because the
    reader will copy its text."""

    text: str
    style: str = ""
    uncut: bool = False


Line = tuple[Span, ...]

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
    return "".join(span.text for span in line).rstrip()


def fitted(line: Line, columns: int) -> Line:
    """The line cut to a number of columns; a line that was cut ends in `…`."""
    if any(span.uncut for span in line):
        return line
    room = columns
    spans: list[Span] = []
    for number, span in enumerate(line):
        rest = sum(width(later.text) for later in line[number + 1 :])
        if width(span.text) > room or (rest and width(span.text) == room):
            return (*spans, Span(cut(span.text + ("…" if rest else ""), room), span.style))
        spans.append(span)
        room -= width(span.text)
    return line


def write_lines(lines: Iterable[Line], out: TextIO, columns: int | None = None) -> None:
    """Writes lines, cut to `columns`; by default to the terminal's width, or to WIDTH where there is no terminal."""
    if not out.isatty():
        for line in lines:
            out.write(plain(fitted(line, columns or WIDTH)) + "\n")
        return
    from rich.console import Console  # only a terminal needs it, and it takes long to load
    from rich.text import Text

    console = Console(file=out, highlight=False, markup=False, emoji=False)
    room = columns or console.width
    for line in lines:
        text = Text.assemble(*((span.text, span.style) for span in fitted(line, room)))
        console.print(text, soft_wrap=True)
