"""What became of the input: every line is in exactly one of the counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

_KEPT = 100


Raw = bytes
"""`Counts.bytes` hides the name of the type."""


class Corrupt(NamedTuple):
    """A line that is no record: where it stands and what it holds."""

    line: int
    offset: int
    raw: bytes


@dataclass(slots=True)
class Counts:
    """`lines` = `records` + `corrupt` + `blank` + `other`; `records` of one event make one of `events`.

    `other` are lines that belong to a format's frame (separators, comments). `incomplete` events lack records that their
    SYSCALL announces; `late` events came after their place in the order had passed. `kept` holds the first corrupt lines.
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
    kept: list[Corrupt] = field(default_factory=list)

    def keep(self, line: int, offset: int, raw: Raw) -> None:
        """Count a corrupt line and keep it while there is room."""
        self.corrupt += 1
        if len(self.kept) < _KEPT:
            self.kept.append(Corrupt(line, offset, raw))
