"""Lines of styled text, and their writers: in colour to a terminal, plain to everything else."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TextIO

from provenance.text.escape import width

WIDTH = 100
"""Columns of output that does not go to a terminal, unless the environment variable COLUMNS says another number."""
_NARROWEST = 40
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
_WORDS = re.compile(r" +|[^ ]+")


class Span(NamedTuple):
    """Visible text in one style of rich's (empty: no style). A line with an `unwrapped` span is not broken, because the reader
    will run its text. The further lines of a wrapped line begin in the column of its `hang` span."""

    text: str
    style: str = ""
    unwrapped: bool = False
    hang: bool = False


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


def wrapped(line: Line, columns: int) -> Iterator[Line]:
    """The line as lines of at most `columns` columns, broken at spaces, and within words that are longer than a line."""
    if any(span.unwrapped for span in line) or sum(width(span.text) for span in line) <= columns:
        yield line
        return
    indent = min(_hang(line), columns // 2)
    row: list[Span] = []
    room, empty = columns, True
    for word in _chunks(line):
        wide = sum(width(span.text) for span in word)
        blank = not word[0].text.strip(" ")
        if wide > room and (blank or not empty):
            yield _trimmed(row)
            row, room, empty = [Span(" " * indent)], columns - indent, True
            if blank:
                continue
        while wide > room:
            head, word = _split(word, room)
            yield (*row, *head)
            row, room = [Span(" " * indent)], columns - indent
            wide = sum(width(span.text) for span in word)
        row += word
        room, empty = room - wide, empty and blank
    yield _trimmed(row)


def _trimmed(row: list[Span]) -> Line:
    while row and not row[-1].text.strip(" "):
        row.pop()
    return tuple(row)


def _hang(line: Line) -> int:
    column = 0
    for span in line:
        if span.hang:
            return column
        column += width(span.text)
    return 0


def _chunks(line: Line) -> Iterator[list[Span]]:
    """The words of a line and the spaces between them; a word may have several styles."""
    word: list[Span] = []
    for span in line:
        for text in _WORDS.findall(span.text):
            if word and (text.isspace() or word[-1].text.isspace()):
                yield word
                word = []
            word.append(Span(text, span.style))
    if word:
        yield word


def _split(word: list[Span], columns: int) -> tuple[list[Span], list[Span]]:
    """A word of more than `columns` columns in two parts, the first of at most `columns` columns (at least one character)."""
    number = 0
    while width(word[number].text) <= columns:
        columns -= width(word[number].text)
        number += 1
    span, fits = word[number], 0
    while width(span.text[: fits + 1]) <= columns:
        fits += 1
    fits = max(fits, 0 if number else 1)
    head = [*word[:number], span._replace(text=span.text[:fits])]
    return head, [span._replace(text=span.text[fits:]), *word[number + 1 :]]


def write_lines(lines: Iterable[Line], out: TextIO, wide: bool = False) -> None:
    """Writes complete lines, wrapped to the terminal. A file or pipe gets each on one line, for other programs to read, unless
    the environment variable COLUMNS says to which width to wrap. `wide` never wraps."""
    write_wrapped(lines, out, None if wide else _requested_columns(out))


def write_texts(texts: Iterable[str], out: TextIO, wide: bool = False) -> None:
    """Writes visible texts as `write_lines` does lines."""
    write_lines(((Span(text),) for text in texts), out, wide)


def write_wrapped(lines: Iterable[Line], out: TextIO, columns: int | None) -> None:
    """Writes complete lines, wrapped to `columns`; None writes each on one line."""
    if columns is not None:
        room = max(columns, _NARROWEST)
        lines = (part for line in lines for part in wrapped(line, room))
    _write(lines, out)


def columns_of(out: TextIO) -> int:
    """The columns to wrap to: the environment variable COLUMNS, else those of the terminal, else WIDTH."""
    return _requested_columns(out) or WIDTH


def _requested_columns(out: TextIO) -> int | None:
    """The environment variable COLUMNS, else the columns of the terminal; None for a file or pipe without COLUMNS."""
    if out.isatty():
        return shutil.get_terminal_size((WIDTH, 0)).columns
    given = os.environ.get("COLUMNS", "")
    return int(given) if _NUMBER.fullmatch(given) else None


def _write(lines: Iterable[Line], out: TextIO) -> None:
    if not out.isatty():
        for line in lines:
            out.write(plain(line) + "\n")
        return
    from rich.console import Console  # only a terminal needs it, and it takes long to load
    from rich.text import Text

    console = Console(file=out, highlight=False, markup=False, emoji=False)
    for line in lines:
        console.print(Text.assemble(*((span.text, span.style) for span in line)), soft_wrap=True)
