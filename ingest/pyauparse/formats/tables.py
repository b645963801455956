"""Tables that a store of logs exports (RFC 4180): a head that names the columns, and rows in which one cell is the line of a log.

Splunk (`_raw`, `host`), Graylog (`message`, `source`), Kibana and Elasticsearch (`message`, `event.original`, `host.name`),
CloudWatch Logs Insights (`@message`, `@logStream`), Azure (`SyslogMessage`, `Computer`). A cell can go on over several lines.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import NamedTuple

_NAME = re.compile(r"[\w@.\- /\[\]()]{1,64}", re.ASCII)
_TEXTS = frozenset(
    (
        *("_raw", "raw", "message", "@message", "msg", "log", "full_log", "event.original", "log.original", "content"),
        *("full_message", "short_message", "syslogmessage", "rawdata", "raw_message", "rawmessage", "textpayload"),
        *("jsonpayload.message", "line", "event", "body", "_source.message", "_source.event.original", "result._raw"),
        "attributes.message",
    )
)
"""Names of columns, in lower case, in which the line of a log can be."""
_ALONE = frozenset(("_raw", "message", "@message", "full_log", "event.original"))
"""The names that make a line the head of a table even if it has no other column."""
_SEPARATORS = ",;\t|"
_LONGEST = 1 << 18
"""A row that is longer than this was opened by a quote that nothing closes."""
_ABSENT = ("", "-", "(null)")
_AS_IN_OBJECTS = {"@message": "message", "@logstream": "logStream", "content": "message", "computer": "Computer"}
_HOSTS = frozenset(
    (
        *(
            "host",
            "host.name",
            "host.hostname",
            "hostname",
            "_hostname",
            "computer",
            "source",
            "source_host",
            "fromhost",
        ),
        *("agent.name", "agent.hostname", "beat.name", "beat.hostname", "kubernetes.host", "logstream", "@logstream"),
    )
)
"""Names of columns, in lower case, that hold a host in the other formats too."""
_OTHER_HOSTS = ("node", "server", "machine", "device", "instance", "logsource", "devicename", "host_name", "node_name")
"""Names, in lower case, of the column that holds the host where no column has one of those names; the first of them counts."""
_PATH_OR_URL = "/"
_PLAIN = ("type=", "node=")
"""How a line of auditd begins. In a table it would be in quotes if it holds quotes itself, so one that is not is no row."""


class Row(NamedTuple):
    """A row: its cells by the names of their columns, None when it has not as many as the head; its text, its lines as bytes, and
    the offset of the first."""

    cells: dict[str, str] | None
    text: str
    raw: bytes
    offset: int


class Table:
    """The rows of a table. `take` collects the lines of a row until its quotes are closed."""

    def __init__(self, names: list[str], separator: str) -> None:
        self._names = names
        self._separator = separator
        self._text: list[str] = []
        self._raw: list[bytes] = []
        self._size = 0
        self._offset = 0
        self._open = False

    @property
    def within_row(self) -> bool:
        """Whether the next line goes on with a row."""
        return self._open

    def take(self, line: str, raw: bytes, offset: int) -> Row | None:
        """The row that a line ends; None while the row is unfinished."""
        if not self._open:
            self._offset, self._size = offset, 0
        self._text.append(line)
        self._raw.append(raw)
        self._size += len(raw)
        self._open ^= line.count('"') % 2 == 1
        if self._open and self._size < _LONGEST:
            return None
        return self.end()

    def end(self) -> Row | None:
        """The unfinished row, with the lines taken so far; None if there is none."""
        if not self._raw:
            return None
        row = self._row("\n".join(self._text))
        self._text, self._raw, self._open = [], [], False
        return row

    def pending(self) -> bytes:
        """The lines of the unfinished row."""
        return b"".join(raw + b"\n" for raw in self._raw)

    def _row(self, text: str) -> Row:
        is_plain = self._separator != "\t" and text.startswith(_PLAIN) and '"' in text
        cells = None if self._open or is_plain else _cells(text, self._separator)
        named = None
        if cells is not None and len(cells) == len(self._names):
            named = {name: cell for name, cell in zip(self._names, cells, strict=True) if cell not in _ABSENT}
            source = named.pop("source", None)
            if source is not None and _PATH_OR_URL not in source:
                named.setdefault("host", source)
        return Row(named, text, b"\n".join(self._raw), self._offset)


def head(line: str) -> Table | None:
    """The table that a line is the head of; None if the line is not the head of a table."""
    if len(line) > _LONGEST:
        return None
    separator = max(_SEPARATORS, key=line.count)
    names = _cells(line, separator)
    if names is None or not all(map(_NAME.fullmatch, names)) or len(set(names)) < len(names):
        return None
    known = [name for name in names if name.lower() in _TEXTS]
    if not known or (len(names) == 1 and known[0].lower() not in _ALONE):
        return None
    return Table(_in_objects(names), separator)


def _in_objects(names: list[str]) -> list[str]:
    """The names of columns as the same values are called in objects."""
    lower = [name.lower() for name in names]
    renamed = dict(_AS_IN_OBJECTS)
    if _HOSTS.isdisjoint(lower):
        other = next((name for name in _OTHER_HOSTS if name in lower), None)
        renamed |= {} if other is None else {other: "host"}
    return [low if low == "host" else renamed.get(low, name) for name, low in zip(names, lower, strict=True)]


def _cells(text: str, separator: str) -> list[str] | None:
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
