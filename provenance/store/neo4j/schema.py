"""Which schema a database has, and how it gets the newest: constraints and indexes, version by version, under a lock."""

from __future__ import annotations

import re
from collections.abc import Sequence

from provenance.errors import StoreError, StoreTooNew, StoreUnreachable
from provenance.store.neo4j import former_alerts
from provenance.store.neo4j.lock import Lock
from provenance.store.neo4j.server import Server
from provenance.store.neo4j.statements import migrations, statement

APPLICATION = "provenance"
_IN_THE_WAY = "Neo.ClientError.Schema.IndexWithNameAlreadyExists"
_WAIT_S = 120.0
_BUILD_S = 3600
_NEW, _BUILD = 0.2, 6.0
"""How patient to be: an index of a new database takes no time, unless there is no room for it; one of a full database,
also of one that was imported offline, is built while the migration waits."""


def version(server: Server, known: int | None = None) -> int:
    """The schema version of a database, 0 for none of ours. Raises StoreTooNew."""
    ((found, *_),) = server.read("schema/version", application=APPLICATION)
    newest = len(migrations()) if known is None else known
    if found is not None and found > newest:
        raise StoreTooNew(
            f"{server.address.text} was written by a newer version of this program (schema {found}; this one knows"
            f" {newest})"
        )
    return found or 0


def check(server: Server) -> None:
    """Raise StoreError unless the case is there and can be read. An older schema, or none as after an offline import, is
    brought to the newest first, and alerts of an older version become documents."""
    ((_, known, holds_alerts),) = server.read("schema/version", application=APPLICATION)
    at = version(server)
    if not known:
        case = f"case {server.address.case!r}" if server.address.case else "graph"
        text = server.address.text
        raise StoreUnreachable(f"there is no {case} at {text}; `provenance ingest --store {text} LOG...` creates it")
    if at < len(migrations()):
        migrate(server)
    if holds_alerts:
        _move_alerts(server)


def _move_alerts(server: Server) -> None:
    try:
        former_alerts.move(server)
    except StoreError as error:
        raise type(error)(
            f"{error}; an older version wrote alerts here: a user who may write opens it once, with `provenance stats`"
        ) from error


def migrate(server: Server, steps: Sequence[Sequence[str]] | None = None) -> None:
    """Bring a database to the newest schema. Every statement may be run again, so that a killed migration goes on."""
    wanted = migrations() if steps is None else steps
    if version(server, len(wanted)) == len(wanted):
        return
    server.alone("schema/1-lock")
    with Lock(server, "schema").held(_WAIT_S, "another migration"):
        at = version(server, len(wanted))
        patience = _BUILD if full(server) else _NEW
        for number, step in enumerate(wanted[at:], at + 1):
            for name in step:
                _make(server, name, patience)
            server.alone("schema/await", patience=_BUILD, seconds=_BUILD_S)
            server.alone("schema/stamp", application=APPLICATION, version=number)


def full(server: Server) -> bool:
    """Whether a database holds entities of any case: an offline import fills one before it has a schema, and whoever comes
    first may open another case than the imported one."""
    ((found,),) = server.read("schema/full")
    return bool(found)


def _make(server: Server, name: str, patience: float) -> None:
    """Make a constraint or an index. The index of a constraint that was not finished is in its way for good."""
    try:
        server.alone(name, patience=patience)
    except StoreError as error:
        made = re.search(r"^CREATE CONSTRAINT (\w+)", statement(name), re.MULTILINE)
        if made is None or getattr(error.__cause__, "code", None) != _IN_THE_WAY:
            raise
        server.alone("schema/drop_index", name=made[1])
        server.alone(name, patience=patience)
