"""Hunts on the embedded store: SQL over views that give its tables names and columns like those of the graph in Neo4j."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from provenance.errors import OutOfTime, Stopped
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.hunts import MOST_ROWS, Stop, sql, unless_stopped
from provenance.store.sqlite.database import connect_reader, translated_errors

_STEPS = 10_000
"""Instructions of SQLite between two looks at the clock."""
_KIND = " ".join(f"WHEN {kind.value} THEN '{kind.name}'" for kind in FlowKind)
_HOST = "(SELECT CAST(host.name AS TEXT) FROM host WHERE host.key = {}) AS host"
_PATH = "(SELECT CAST(path.text AS TEXT) FROM path WHERE path.key = entity.path) AS path"
_COMMON = f"entity.key, {_HOST.format('entity.host')}, entity.first >> 20 AS time"


def _shared(name: str) -> str:
    return f"(SELECT program.attributes ->> '$.{name}' FROM program WHERE program.key = entity.program) AS {name}"


def _own(name: str) -> str:
    return f"entity.attributes ->> '$.{name}' AS {name}"


def _view(name: str, kind: EntityKind, *columns: str) -> str:
    return f"CREATE TEMP VIEW {name} AS SELECT {', '.join((_COMMON, *columns))} FROM entity WHERE entity.kind = {kind.value}"


def _account(number: int, name: str) -> str:
    return f"CAST(nullif(word(CAST(account.value AS BLOB), {number}), '-') AS INTEGER) AS {name}"


_ONLY = " || ' ' || ".join(
    ("entity.first", *(f"coalesce(program.attributes ->> '$.{name}', '-')" for name in ("uid", "euid", "auid")))
)
"""The account of a process that had one, as `ingest.accounts` packs it, without its name."""
_ACCOUNTS = (
    f"CREATE TEMP VIEW accounts AS SELECT entity.key, account.key AS place, {_account(0, 'since')}, {_account(1, 'uid')},"
    f" {_account(2, 'euid')}, {_account(3, 'auid')} FROM entity CROSS JOIN program ON program.key = entity.program"
    f" CROSS JOIN json_each(coalesce(entity.attributes -> '$.accounts', json_array({_ONLY}))) AS account"
    f" WHERE entity.kind = {EntityKind.PROCESS.value}"
)
_COMMAND = "(SELECT CAST(program.command AS TEXT) FROM program WHERE program.key = entity.program) AS command"
_VIEWS = (
    _view(
        "processes",
        EntityKind.PROCESS,
        "entity.pid",
        _COMMAND,
        *map(_shared, ("exe", "uid", "euid", "auid", "container")),
        _own("forked"),
    ),
    _ACCOUNTS,
    _view("files", EntityKind.FILE, _PATH, _own("mode")),
    _view(
        "endpoints", EntityKind.ENDPOINT, "CAST(entity.ip AS TEXT) AS ip", "port", _own("protocol"), _own("listening")
    ),
    _view("sessions", EntityKind.SESSION, *map(_own, ("user", "auid", "ses", "address", "service"))),
    "CREATE TEMP VIEW paths AS SELECT name.file, path.key AS path_key, CAST(path.text AS TEXT) AS path"
    " FROM path CROSS JOIN name ON name.path = path.key",
    "CREATE TEMP VIEW runs AS SELECT flow.source, flow.target, CASE flow.kind " + _KIND + " END AS kind,"
    " flow.first, flow.last, flow.first >> 20 AS time FROM flow",
    f"CREATE TEMP VIEW notes AS SELECT {_HOST.format('note.host')}, note.moment, note.moment >> 20 AS time,"
    " CAST(note.type AS TEXT) AS type, CAST(note.text AS TEXT) AS text, note.subject FROM note",
    f"CREATE TEMP VIEW blinds AS SELECT {_HOST.format('blind.host')}, blind.first >> 20 AS first,"
    " blind.last >> 20 AS last, CAST(blind.why AS TEXT) AS why FROM blind",
)
"""Moments are ms times 2^20 (`ingest.clock`)."""


def rows(path: Path, name: str, parameters: Mapping[str, int], limit_s: float, stop: Stop) -> list[Any]:
    """The rows of a hunt, on a connection of its own. Raises OutOfTime after `limit_s` seconds, Stopped when `stop` is true,
    StoreError."""
    connection = connect_reader(path)
    deadline = time.monotonic() + limit_s
    try:
        with translated_errors(path):
            _prepare(connection)
            connection.set_progress_handler(lambda: stop() or time.monotonic() > deadline, _STEPS)
            try:
                found = connection.execute(_statement(name), dict(parameters))
                return list(islice(unless_stopped(found, stop), MOST_ROWS))
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                    raise
                if time.monotonic() > deadline:
                    raise OutOfTime(f"time limit of {limit_s:g} s for the hunt {name} exceeded") from None
                if stop():
                    raise Stopped(f"the hunt {name} was stopped") from None
                raise KeyboardInterrupt from None  # SQLite drops what a signal raises in the handler
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection) -> None:
    """Adds the views and functions to a connection, which stays one that only reads."""
    connection.text_factory = lambda stored: stored.decode("utf-8", "surrogatepass")
    connection.create_function("regexp", 2, _matches, deterministic=True)
    connection.create_function("word", 2, _word, deterministic=True)
    connection.execute("PRAGMA query_only = OFF")
    for view in _VIEWS:
        connection.execute(view)
    connection.execute("PRAGMA query_only = ON")


@cache
def _statement(name: str) -> str:
    """The SQL of a hunt, with texts passed to functions as bytes: those that are not UTF-8 could not be passed as text."""
    return re.sub(r"([a-z]+\.[a-z]+)(?= REGEXP\s)", r"CAST(\1 AS BLOB)", sql(name))


@cache
def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode("utf-8"), re.DOTALL)


def _matches(pattern: str, text: bytes | None) -> bool | None:
    """Whether a pattern matches a whole text, for `text REGEXP pattern`."""
    return None if text is None else _compiled(pattern).fullmatch(text) is not None


def _word(text: bytes, number: int) -> str | None:
    """The word of a text with a number; the last one is -1."""
    words = text.split(b" ")
    return words[number].decode("ascii", "replace") if -len(words) <= number < len(words) else None
