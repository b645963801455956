"""Counts of the input: every line is in exactly one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

_MOST_CORRUPT_LINES = 100


Raw = bytes
"""`Counts.bytes` hides the name of the type."""


class CorruptLine(NamedTuple):
    """A line that is not a valid record: its number (from 1), its offset in bytes and its content."""

    line: int
    offset: int
    raw: bytes


@dataclass(slots=True)
class Counts:
    """The counts of a parser. `lines` = `records` + `corrupt` + `blank` + `other`; all records of an event make one of `events`.

    `other` counts lines of a format's frame (separators, comments). `incomplete` counts events that lack records that their
    SYSCALL announces; `late` counts events read after their place in the order had passed. `corrupt_lines` holds the first
    corrupt lines.
    """

    lines: int = 0
    records: int = 0
    events: int = 0
    bytes: int = 0
    blank: int = 0
    other: int = 0
    corrupt: int = 0
    incomplete: int = 0
    late: int = 0
    corrupt_lines: list[CorruptLine] = field(default_factory=list)

    def add_corrupt(self, line: int, offset: int, raw: Raw) -> None:
        """Count a corrupt line, and store it while there is room."""
        self.corrupt += 1
        if len(self.corrupt_lines) < _MOST_CORRUPT_LINES:
            self.corrupt_lines.append(CorruptLine(line, offset, raw))

    def add_lines(self, other: Counts) -> None:
        """Add the lines of another input, whose events are counted here already."""
        self.lines += other.lines
        self.records += other.records
        self.bytes += other.bytes
        self.blank += other.blank
        self.other += other.other
        self.corrupt += other.corrupt
