"""Patterns: one regular expression for all lines of an event, learned from the first event of its kind.

A pattern is learned from an event that begins with SYSCALL and ends with PROCTITLE and whose lines are together and regular.
Later events of the kind cost one match, which yields every value of every record.
"""

from __future__ import annotations

import re

from .cuts import is_odd
from .event import Layout
from .shapes import Shape

_HEAD = 400
"""How far into a line the number of the call can be: after the longest name of a node."""
_KEY = len("257 success=yes")
_PER_KEY = 48
_MOST_KEYS = 4096
_MOST_PATTERNS = 2048
"""The most patterns of one parser: a log has some hundred kinds of events."""
_WORTH_A_PATTERN = 5
"""Events of a kind until its pattern is compiled, which takes as long as reading some ten events line by line. Half of the kinds
in a log have no more than a few events."""
_STAMP = r"([1-3]\d{9}|\d{1,9}|4[01]\d{8}|42[0-8]\d{7})\.(\d{3}):(\d{1,9}|[1-3]\d{9}|4[01]\d{8}|42[0-8]\d{7})"
"""Serials and seconds have 32 bits. The highest ones are left to the reader of single lines, which checks the exact limit."""
_MOST_FIELDS = 400
"""The most fields of an event whose pattern is compiled, which takes a time in proportion. An enriched event with six PATH
records has 190."""
Example = tuple[Shape, tuple[str, ...]]
"""A record's shape and its values."""
Kind = tuple[str, tuple[Shape, ...]]
"""The key and the shapes of an event's records."""


def _key(text: str, position: int) -> str:
    """The key of the patterns for the event at `position`: the number of its system call and whether it succeeded."""
    call = text.find("syscall=", position, position + _HEAD)
    return text[call + 8 : call + 8 + _KEY] if call >= 0 else ""


class Pattern:
    """A regular expression for an event of any node, and which of its groups belong to which record.

    The first four groups are the node (empty when lines name none), seconds, milliseconds and serial.
    """

    __slots__ = ("_last_bytes", "layout", "match", "size")

    def __init__(self, named: bool, records: list[Example]) -> None:
        parts: list[str] = []
        layout: list[tuple[Shape, int, int]] = []
        start = 4
        for place, (shape, values) in enumerate(records):
            stamp = _STAMP if place == 0 else r"\2\.\3:\4"
            node = r"(\S++)" if place == 0 else r"\1"
            prefix = f"node={node} " if named else "()" if place == 0 else ""
            parts.append(rf"{prefix}type={re.escape(shape.type)} msg=audit\({stamp}\): {shape.pattern(values)}\n")
            layout.append((shape, start, start + len(shape.names)))
            start += len(shape.names)
        self.match = re.compile("".join(parts)).match
        self.layout = Layout(tuple(layout))
        self._last_bytes = tuple(end for shape, _, end in layout if shape.ends_in_bytes)
        """The groups of the values that end their lines and can be bytes in hexadecimal."""
        self.size = len(layout)

    def is_cut(self, found: re.Match[str]) -> bool:
        """Whether a matched line ends inside a value (`cuts`): an expression that counts digits would take five times as long."""
        for group in self._last_bytes:
            begin, end = found.span(group)
            if (end - begin) & 1 or begin == end:
                value: str = found[group]
                if not value or is_odd(value):
                    return True
        return False


def _move_ahead(known: list[Pattern], pattern: Pattern) -> None:
    place = known.index(pattern)
    known[place - 1], known[place] = pattern, known[place - 1]


class Patterns:
    """The patterns learned so far, by call and outcome. One that matches moves ahead: those that match often come first."""

    def __init__(self) -> None:
        self._known: dict[str, list[Pattern]] = {}
        self._number = 0
        """How many patterns were learned."""
        self._met: dict[Kind, int] = {}
        """How many events of a kind without a pattern were met."""

    def find(self, text: str, position: int) -> tuple[Pattern, re.Match[str]] | None:
        """The pattern that matches the event at `position`, with its match; None without one."""
        call = text.find("syscall=", position, position + _HEAD)
        # This is `_key`, without the cost of calling it for every event.
        known = self._known.get(text[call + 8 : call + 8 + _KEY] if call >= 0 else "")
        if known is not None:
            for pattern in known:
                found = pattern.match(text, position)
                if found is not None:
                    if pattern is not known[0]:
                        _move_ahead(known, pattern)
                    return pattern, found
        return None

    def learn(self, text: str, position: int, named: bool, records: list[Example]) -> Pattern | None:
        """Add the pattern of an event's records, and return it; None when there are too many patterns, or too few events of
        the kind were met so far."""
        key = _key(text, position)
        if sum(len(shape.names) for shape, _ in records) > _MOST_FIELDS:
            return None
        if not key or (key not in self._known and len(self._known) >= _MOST_KEYS):
            return None
        known = self._known.setdefault(key, [])
        if len(known) >= _PER_KEY or self._number >= _MOST_PATTERNS:
            return None
        kind: Kind = key, tuple(shape for shape, _ in records)
        met = self._met[kind] = self._met.get(kind, 0) + 1
        if met < _WORTH_A_PATTERN:
            if len(self._met) > _MOST_KEYS:
                self._met.clear()
            return None
        del self._met[kind]
        pattern = Pattern(named, records)
        self._number += 1
        known.append(pattern)
        return pattern
