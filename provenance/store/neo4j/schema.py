"""Schema versions of a database: constraints and indexes, created version by version under a lock."""

from __future__ import annotations

import re
from collections.abc import Sequence

from provenance.errors import StoreError, StoreTooNew, StoreUnreachable
from provenance.store.neo4j import former_alerts
from provenance.store.neo4j.lock import Lock
from provenance.store.neo4j.server import Server
from provenance.store.neo4j.statements import migrations, statement

APPLICATION = "provenance"
_INDEX_EXISTS = "Neo.ClientError.Schema.IndexWithNameAlreadyExists"
_WAIT_S = 120.0
_BUILD_S = 3600
_NEW, _BUILD = 0.2, 6.0
"""Factors of the time limit: an index of a new database takes no time, unless the disk is full; one of a database with
entities, for example after an offline import, is built while the migration waits."""


def version(server: Server, known: int | None = None) -> int:
    """The schema version of a database, 0 for a database without our schema. Raises StoreTooNew."""
    ((found, *_),) = server.read("schema/version", application=APPLICATION)
    newest = len(migrations()) if known is None else known
    if found is not None and found > newest:
        raise StoreTooNew(
            f"{server.address.text} was written by a newer version of this program (schema {found}; this one knows"
            f" {newest})"
        )
    return found or 0


def check(server: Server) -> None:
    """Raise StoreError unless the case exists and can be read. An older schema, or none after an offline import, is migrated
    to the newest first, and alerts of an older version become documents."""
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
    """Migrate a database to the newest schema. Every statement may be run again, so a killed migration can be run again."""
    wanted = migrations() if steps is None else steps
    if version(server, len(wanted)) == len(wanted):
        return
    server.run_auto_commit("schema/1-lock")
    with Lock(server, "schema").holding(_WAIT_S, "another migration"):
        at = version(server, len(wanted))
        patience = _BUILD if has_entities(server) else _NEW
        for number, step in enumerate(wanted[at:], at + 1):
            for name in step:
                _make(server, name, patience)
            server.run_auto_commit("schema/await", patience=_BUILD, seconds=_BUILD_S)
            server.run_auto_commit("schema/stamp", application=APPLICATION, version=number)


def has_entities(server: Server) -> bool:
    """Whether a database holds entities of any case. An offline import fills a database before it has a schema, and the case
    that is opened first may be another one."""
    ((found,),) = server.read("schema/full")
    return bool(found)


def _make(server: Server, name: str, patience: float) -> None:
    """Create a constraint or an index. The index of an unfinished constraint is dropped first, because it blocks it forever."""
    try:
        server.run_auto_commit(name, patience=patience)
    except StoreError as error:
        made = re.search(r"^CREATE CONSTRAINT (\w+)", statement(name), re.MULTILINE)
        if made is None or getattr(error.__cause__, "code", None) != _INDEX_EXISTS:
            raise
        server.run_auto_commit("schema/drop_index", name=made[1])
        server.run_auto_commit(name, patience=patience)
