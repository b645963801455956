"""Whole events matched at once: one regular expression for all lines of an event, learned from the first of its kind.

An event that begins with SYSCALL and ends with PROCTITLE, its lines together and each of a regular shape, teaches a
pattern. Later events of the kind cost one match, which yields every value of every record.
"""

from __future__ import annotations

import re
from typing import Any

from ingest.pyauparse.event import Layout
from ingest.pyauparse.shapes import Shape

HEAD = re.compile(
    r"(?:(node=)\S++ )?+type=SYSCALL msg=audit\([\d.:]++\): arch=\w++ syscall=(\w++) (?:per=\w++ )?+(?:success=(\w++))?+"
)
_PER_KEY = 48
Key = tuple[Any, ...]
"""What HEAD finds: whether a node is named, the number of the call, and its outcome or None."""
_STAMP = r"(\d{1,12}+)\.(\d{3}):(\d{1,9}|[1-3]\d{9}|4[01]\d{8}|42[0-8]\d{7})"
"""Serials have 32 bits. The few next to their end are left to the reader of single lines, which knows it exactly."""


class Pattern:
    """A regular expression for an event of any node, and which of its groups belong to which record.

    The first four groups are the node (empty when lines name none), seconds, milliseconds and serial.
    """

    __slots__ = ("follower", "layout", "match", "size")

    def __init__(self, named: bool, shapes: list[Shape]) -> None:
        parts: list[str] = []
        layout: list[tuple[Shape, int, int]] = []
        start = 4
        for place, shape in enumerate(shapes):
            stamp = _STAMP if place == 0 else r"\2\.\3:\4"
            node = r"(\S++)" if place == 0 else r"\1"
            prefix = f"node={node} " if named else "()" if place == 0 else ""
            parts.append(rf"{prefix}type={re.escape(shape.type)} msg=audit\({stamp}\): {shape.pattern()}\n")
            layout.append((shape, start, start + len(shape.names)))
            start += len(shape.names)
        self.match = re.compile("".join(parts)).match
        self.layout = Layout(tuple(layout))
        self.size = len(layout)
        self.follower: Pattern | None = None
        """The pattern of the event that came after the last one of this: a guess that is right more often than not."""


class Patterns:
    """The patterns learned so far, by call and outcome; the last used first."""

    def __init__(self) -> None:
        self._known: dict[Key, list[Pattern]] = {}

    def of(self, key: Key) -> list[Pattern]:
        """The patterns to try, best first; the caller may reorder the list."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = []
        return found

    def learn(self, key: Key, shapes: list[Shape]) -> None:
        """Add the pattern of an event's shapes, unless there are many already."""
        known = self.of(key)
        if len(known) < _PER_KEY and len(self._known) < 4096:
            known.insert(0, Pattern(key[0] is not None, shapes))
