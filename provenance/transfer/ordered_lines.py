"""Raw lines of a host in the order in which their events were derived.

Stores give lines in an order of their own, and more of a host than fits into memory. They are sorted in a temporary database
of SQLite's, which lies where temporary files do (`TMPDIR`) and needs as much room there as the lines have without compression.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice

from provenance.ingest.facts import Line
from provenance.ingest.pyauparse import Parser

_TABLES = """
CREATE TABLE source (key INTEGER PRIMARY KEY, path BLOB NOT NULL);
CREATE TABLE line (
    ms INTEGER, serial INTEGER, daemon INTEGER,
    moment INTEGER, came INTEGER, source INTEGER, offset INTEGER, raw BLOB,
    PRIMARY KEY (ms, serial, daemon)
);
CREATE INDEX line_order ON line (moment, daemon, came);
"""
_AGAIN = "INSERT OR REPLACE INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
"""An event that a log ended with was written then and again with its remaining records: those that came last count."""
_IN_ORDER = """
SELECT path, moment, ms, serial, raw, offset FROM line JOIN source ON source.key = line.source
ORDER BY moment, daemon, came
"""
_CHUNK = 1_000


class OrderedLines:
    """Lines of one host, sorted. To be closed."""

    def __init__(self, lines: Iterable[tuple[str, Line]]) -> None:
        self._database = sqlite3.connect("")
        self._database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES}")
        self._sources: dict[str, int] = {}
        rows = self._rows(lines)
        while chunk := list(islice(rows, _CHUNK)):
            self._database.executemany(_AGAIN, chunk)

    def _rows(self, lines: Iterable[tuple[str, Line]]) -> Iterator[tuple[object, ...]]:
        """The moments of events increase with their order. Those of the daemon itself have no place of their own in it: each
        stands behind the event that was written before it."""
        before = 0
        for came, (source, line) in enumerate(lines):
            daemon = is_of_daemon(line.raw)
            if not daemon:
                before = line.moment
            moment = min(before, line.moment) if daemon else line.moment
            yield line.ms, line.serial, daemon, moment, came, self._source(source), line.offset, line.raw

    def _source(self, path: str) -> int:
        key = self._sources.get(path)
        if key is None:
            key = self._sources[path] = len(self._sources)
            self._database.execute("INSERT INTO source VALUES (?, ?)", (key, path.encode("utf-8", "surrogatepass")))
        return key

    def __len__(self) -> int:
        """How many events there are lines of."""
        found: int = self._database.execute("SELECT count(*) FROM line").fetchone()[0]
        return found

    def __iter__(self) -> Iterator[tuple[str, Line]]:
        for path, *line in self._database.execute(_IN_ORDER):
            yield path.decode("utf-8", "surrogatepass"), Line(*line)

    def close(self) -> None:
        """Remove the temporary database."""
        self._database.close()


def is_of_daemon(raw: bytes) -> bool:
    """Whether lines are of an event of the audit daemon itself, whose serials are another count."""
    if b"DAEMON_" not in raw:
        return False
    parser = Parser("")
    return any(event.daemon for event in [*parser.feed(raw + b"\n"), *parser.close()])
