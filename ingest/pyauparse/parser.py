"""The push parser: bytes in, finished events out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .assembler import Assembler, lacks_records
from .boots import sign_of
from .counts import Counts
from .event import Event
from .headers import END_MS, Header, read_header
from .inserting import insert
from .lines import LineReader, ReadLine
from .patterns import Example, Pattern, Patterns
from .record import Record
from .shapes import Shape
from .tokenizer import possible
from .values.numbers import number
from .values.record_types import ALONE

LONGEST_LINE = 1 << 20
"""A longer line is corrupt. The kernel writes 9 kB a record; shippers put an event with all its arguments on a line."""
_STORED_OF_IT = 1 << 16
"""As much of such a line is stored among the corrupt ones."""
_LONGEST_EVENT = 64
"""A pattern is learned only from events of at most this many lines."""
_MOST_OVERRIDDEN = 8


class Parser:
    """The push parser. Feed it bytes in chunks of any size; `feed`, `drain` and `close` return finished events in serial order.

    A line belongs to the host that its `node=` names, else to `node` when that is given, else to the host that its syslog
    header names. `overridden_hostnames` holds the first few names of such headers that `node` replaced. After `close`,
    `counts` add up to the input.
    """

    def __init__(self, node: str | None = None, day_first: bool | None = None) -> None:
        self.counts = Counts()
        self.overridden_hostnames: set[str] = set()
        self._node = node
        self._partial_line = b""
        self._dropped = 0
        """The bytes after `_partial_line` that are not held, because the line is too long."""
        self._offset = 0
        self._patterns = Patterns()
        self._assemblers: dict[str | None, Assembler] = {}
        self._lines = LineReader(day_first)
        self._proctitles = False
        self._siblings: dict[tuple[int, int, str | None], str | None] = {}

    def feed(self, data: bytes) -> list[Event]:
        """Read a chunk of input and return the events whose place in the order has passed."""
        if len(self._partial_line) > LONGEST_LINE:
            data = self._after_long_line(data)
        data = self._partial_line + data if self._partial_line else data
        cut = data.rfind(b"\n") + 1
        self._partial_line = data[cut:]
        if cut:
            self._consume(data[:cut] if self._partial_line else data)
        if not cut:
            return []
        return self._count_finished(assembler.release() for assembler in self._assemblers.values())

    def _after_long_line(self, data: bytes) -> bytes:
        """What follows the line that is too long; nothing more of it is held, and it is counted when its end comes."""
        end = data.find(b"\n")
        self._dropped += len(data) if end < 0 else end
        if end < 0:
            return b""
        self._consume_partial_line(0)
        return data[end + 1 :]

    def _consume_partial_line(self, added: int) -> None:
        self._consume(self._partial_line + b"\n", added)
        self.counts.bytes += self._dropped
        self._offset += self._dropped
        self._partial_line, self._dropped = b"", 0

    def begin_file(self, follows: bool = False) -> None:
        """Begin another file: the bytes fed from now on are from it. Its times may be earlier without a boot in between, unless
        it is known that it `follows` the previous one."""
        if not follows:
            for assembler in self._assemblers.values():
                assembler.begin_file()

    def drain(self) -> list[Event]:
        """Return every event before the first that is incomplete: the input ends here for now, but more may follow."""
        self._settle_dates()
        lines = self.counts.lines
        return self._count_finished(assembler.drain(lines, self._proctitles) for assembler in self._assemblers.values())

    def insert(self, events: Iterable[Event]) -> list[Event]:
        """Put events that other parsers have read in order with those that wait here; return those whose place has passed."""
        for event in events:
            self._proctitles = self._proctitles or "PROCTITLE" in event.types
            insert(self._assemblers.setdefault(event.node, Assembler()), event)
        return self._count_finished(assembler.release() for assembler in self._assemblers.values())

    def take_partial_line(self) -> bytes:
        """The last line that was fed without its newline, which is not read then."""
        line, self._partial_line = self._partial_line, b""
        return line

    def pending(self) -> bytes:
        """The lines of the events that have not been returned yet; a later parser must be fed them before what follows."""
        held = [event for assembler in self._assemblers.values() for event in assembler.events.values()]
        held.sort(key=lambda event: event.line)
        return b"".join(event.raw + b"\n" for event in held) + self._lines.pending() + self._partial_line

    def close(self) -> list[Event]:
        """End the input and return all remaining events."""
        if self._partial_line:
            self._consume_partial_line(1)
        for line in self._lines.end_row(self.counts.lines):
            self._count_line(line)
        self._settle_dates()
        for line in self._lines.end(self.counts.lines):
            self.counts.other -= 1
            self._count_line(line)
        return self._count_finished(assembler.remaining() for assembler in self._assemblers.values())

    def _settle_dates(self) -> None:
        for line in self._lines.settle():
            self._count_line(line)

    @property
    def day_first(self) -> bool | None:
        """Whether the day comes first in the dates of `ausearch -i`, as far as is known."""
        return self._lines.dates.day_first

    def take_odd_dates(self) -> tuple[str | None, str | None]:
        """Two dates of `ausearch -i` since the last call, None where there is none: one that could be read with day or month
        first, and was read with the month first; and one that contradicts the order of the dates before it."""
        lines = self._lines
        found = lines.ambiguous_date, lines.dates.contradicted
        lines.ambiguous_date = lines.dates.contradicted = None
        return found

    @property
    def open_year(self) -> str | None:
        """The date, as it was read, of an input of `ausearch -i` whose dates are all of one day and may have the year first."""
        return self._lines.dates.open_year

    def _count_finished(self, batches: Iterable[list[Event]]) -> list[Event]:
        finished: list[Event] = []
        for batch in batches:
            finished += batch
        counts = self.counts
        counts.events += len(finished)
        for event in finished:
            if event.layout is None and event.from_lines and (lacks_records(event) or event.cut):
                event.complete = False
                counts.incomplete += 1
            if event.late:
                counts.late += 1
        return finished

    def _consume(self, data: bytes, added: int = 0) -> None:
        """Read complete lines. `added` is 1 when the last newline was added here and is not part of the input."""
        text = data.decode("latin-1")
        ascii_only = data.isascii() and not self._lines.in_table and b"\0" not in data and b"\x1b" not in data
        counts = self.counts
        position, length = 0, len(text)
        base = self._offset
        find = self._patterns.find
        while position < length:
            if ascii_only and (matched := find(text, position) or self._learn(text, position)) is not None:
                pattern, found = matched
                end = found.end()
                if end - position <= LONGEST_LINE and self._add_matched(pattern, found, data, base + position):
                    position = end
                    continue
            end = text.find("\n", position)
            self._read_line(data[position:end], base + position)
            position = end + 1
            ascii_only = ascii_only and not self._lines.in_table
        counts.bytes += length - added
        self._offset += length

    def _add_matched(self, pattern: Pattern, found: re.Match[str], data: bytes, offset: int) -> bool:
        """Add an event whose lines one pattern matched; False when lines of it were read before, or one of them is cut."""
        node, seconds, milliseconds, number = found.group(1, 2, 3, 4)
        node = node or self._node
        assembler = self._assemblers.get(node)
        if assembler is None:
            assembler = self._assemblers[node] = Assembler()
        ms, serial = stamp = int(seconds + milliseconds), int(number)
        if stamp in assembler.events or pattern.is_cut(found):
            return False
        counts, size = self.counts, pattern.size
        event = Event(node, ms, serial, counts.lines + 1, offset, pattern.layout, found, data)
        if not assembler.append(event):
            assembler.open(event, stamp, True)
        counts.lines += size
        counts.records += size
        return True

    def _learn(self, text: str, position: int) -> tuple[Pattern, re.Match[str]] | None:
        """Learn the pattern of the event that begins here, and match it; None when its lines are not together or are
        irregular."""
        if not text.startswith(("type=SYSCALL ", "node="), position):
            return None
        begin = position
        records: list[Example] = []
        stamp: tuple[str | None, int, int] | None = None
        while True:
            end = text.find("\n", position)
            if end < 0 or len(records) > _LONGEST_EVENT:
                return None
            header = read_header(text[position:end])
            if header is None or (not records and header.type != "SYSCALL"):
                return None
            stamp = stamp or (header.node, header.ms, header.serial)
            if stamp != (header.node, header.ms, header.serial):
                return None
            read = possible(header.type, header.body)
            if read is None:
                return None
            shape, values = read
            if not shape.regular:
                return None
            records.append((shape, values))
            if header.type == "PROCTITLE":
                self._proctitles = True
                break
            position = end + 1
        if not _has_all_paths(records) or "=&quot;" in text[begin:end]:
            return None
        pattern = self._patterns.learn(text, begin, stamp[0] is not None, records)
        found = pattern.match(text, begin) if pattern is not None else None
        return (pattern, found) if pattern is not None and found is not None else None

    def _read_line(self, raw: bytes, offset: int) -> None:
        self.counts.lines += 1
        if len(raw) > LONGEST_LINE:
            self.counts.add_corrupt(self.counts.lines, offset, raw[:_STORED_OF_IT])
            return
        plain = self._lines.read_plain(raw)
        if plain is not None:
            header, text = plain
            fields = possible(header.type, header.body)
            if fields is None:
                self.counts.add_corrupt(self.counts.lines, offset, raw)
                return
            self.counts.records += 1
            self._add_record(header, fields, text, raw, offset, self.counts.lines)
            return
        for line in self._lines.read(raw, offset, self.counts.lines):
            self._count_line(line)

    def _count_line(self, line: ReadLine) -> None:
        """Count a line as what it is, and read its records."""
        headers, text, raw, offset, number = line
        counts = self.counts
        fields = [possible(header.type, header.body) for header in headers or ()]
        if headers is None or None in fields or not all(0 <= header.ms < END_MS for header in headers):
            counts.add_corrupt(number, offset, raw)
        elif headers:
            counts.records += 1
            for header, found in zip(headers, fields, strict=True):
                if found is not None:
                    self._add_record(header, found, text, raw, offset, number)
        elif raw.strip(b" \t\r"):
            counts.other += 1
        else:
            counts.blank += 1

    def _add_record(
        self, header: Header, fields: tuple[Shape, tuple[str, ...]], line: str, raw: bytes, offset: int, number: int
    ) -> None:
        shape, values = fields
        node = self._node_of(header)
        assembler = self._assemblers.get(node)
        if assembler is None:
            assembler = self._assemblers[node] = Assembler()
        daemon = header.type.startswith("DAEMON_")
        event = None if daemon else assembler.events.get((header.ms, header.serial))
        if header.type == "EOE":
            return
        if header.type == "PROCTITLE":
            self._proctitles = True
        if event is None:
            event = Event(node, header.ms, header.serial, number, offset)
            event.daemon = daemon
            if daemon:
                assembler.open_daemon(event, header.type == "DAEMON_START")
            else:
                alone = header.type in ALONE
                if not (alone and assembler.append(event)):
                    assembler.open(event, (header.ms, header.serial), alone, sign_of(header))
        event.add(Record(shape, values, line), raw)

    def _node_of(self, header: Header) -> str | None:
        """The node of a line. `node=` can be missing on some lines of an event, all of which have the same syslog header
        (docs/audit-format.md#8-the-node-is-missing-on-some-lines). In a central log, lines of other hosts may carry the same
        time and serial.
        """
        node, _, ms, serial, _, hostname = header
        stamp = (ms, serial, hostname)
        if node is not None:
            self._move_to_node(ms, serial, hostname if self._node is None else self._node, node)
            self._siblings[stamp] = node
            if len(self._siblings) > 4096:
                for old in list(self._siblings)[:2048]:
                    del self._siblings[old]
            return node
        known = self._siblings.get(stamp)
        if known is not None:
            return known
        if hostname is None or self._node is None:
            return hostname or self._node
        if len(self.overridden_hostnames) < _MOST_OVERRIDDEN:
            self.overridden_hostnames.add(hostname)
        return self._node

    def _move_to_node(self, ms: int, serial: int, old_node: str | None, node: str) -> None:
        """Move an event to `node`, which a later line of the event names. Its first line had no `node=`, so it was
        `old_node`'s."""
        assembler = self._assemblers.get(old_node)
        if assembler is None or node == old_node or (ms, serial) not in assembler.events:
            return
        event = assembler.events.pop((ms, serial))
        event.node = node
        self._assemblers.setdefault(node, Assembler()).open(event, (ms, serial))


def _has_all_paths(records: list[Example]) -> bool:
    """Whether there are as many PATH records as SYSCALL announces. No pattern is learned from an incomplete event."""
    shape, values = records[0]
    place = shape.index.get("items")
    paths = sum(shape.type == "PATH" for shape, _ in records)
    items = number(values[place]) if place is not None else 0
    return items is not None and items <= paths
