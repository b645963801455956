"""The warm-up of a store: runs once the queries that investigations need, because a database server plans a statement when it
first receives it, which takes longer than the query itself if the server has just started."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from provenance.alerts.alert import Alert
from provenance.alerts.record import KIND as ALERT
from provenance.errors import NothingFound, Stopped, StoreError
from provenance.incidents.hubs import fans
from provenance.incidents.links import suspects
from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.identity import EntityKind, process_id
from provenance.investigation.candidates import candidates
from provenance.service.service import Service
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store.interface import Direction, Node, Selector, Store
from provenance.trace.slice.anchor import Anchor
from provenance.trace.slice.budget import Budget
from provenance.trace.slice.walk import walk
from provenance.trace.trace import trace

_LOG = logging.getLogger("provenance.service")
_ROUNDS = 6
_LONG_ENOUGH_S = 20.0
_SMALL = Budget(nodes=2_000, edges=10_000)
KIND, _KEY = "warm", "up"
_NO_MATCH: Mapping[str, object] = {
    "time": "1970-01-01T00:00:00Z",
    "process": {"pid": 0, "command": "(none)"},
    "file": {"path": "/(none)"},
    "network": {"remote_ip": "192.0.2.0", "remote_port": 0},
    "user": "(none)",
}
"""The fields of an alert that matches nothing, so that the search is quick in a store of any size (RFC 5737 reserves the address
for documentation)."""


def warm(service: Service, brake: Brake | None = None, rounds: int = _ROUNDS) -> None:
    """Runs the queries of an investigation, several times, and leaves nothing in the store; `brake` stops it. After an error of
    the store it ends, and the first investigations are slower."""
    begin = time.monotonic()
    if brake is not None:
        service = replace(service, store=WatchedStore(service.store, brake))
    try:
        for _ in range(rounds):
            _documents(service)
            _graph(service.store)
            _trace(service.store)
            if time.monotonic() - begin > _LONG_ENOUGH_S:
                break
    except StoreError as error:
        _LOG.warning("store error during the warm-up", extra={"why": str(error)})
    except Stopped:
        return
    _LOG.info("the store is warmed up", extra={"s": round(time.monotonic() - begin, 3)})


def _documents(service: Service) -> None:
    documents = service.documents
    documents.remove(KIND, _KEY)
    documents.add(KIND, _KEY, {}, "a")
    for state in ("b", "c", "d"):
        known = documents.get(KIND, _KEY)
        if known is not None:
            documents.replace(known, {}, state, 1)
    documents.page(KIND)
    documents.page(ALERT, "none")
    documents.counts(KIND)
    documents.remove(KIND, _KEY)


def _graph(store: Store) -> None:
    hosts = store.hosts()
    store.blinds()
    unknown = process_id("", 0, 0)
    for host in [*(known.host for known in hosts[:1]), None]:
        body = dict(_NO_MATCH) if host is None else {**_NO_MATCH, "host": host}
        _look_for(store, Alert(_KEY, KIND, _KEY, "", body))
        _look_for(store, Alert(_KEY, KIND, _KEY, "", {**body, "process": None}))
    for direction in Direction:
        bound = LAST if direction is Direction.BACKWARD else FIRST
        walk(store, direction, {unknown: bound}, None, _SMALL)
    list(store.flows(unknown, None))
    list(store.flows(None, unknown))
    fans(store, {unknown: Node(unknown, EntityKind.PROCESS, "", FIRST, {})})


def _trace(store: Store) -> None:
    """Traces forward from the first process of a host, and back from the last entity reached: this also fills the caches of the
    server with data."""
    for host in [known.host for known in store.hosts()[:1]]:
        for node in store.find(Selector(frozenset({EntityKind.PROCESS}), host), 1):
            ahead = walk(store, Direction.FORWARD, {node.id: FIRST}, None, _SMALL)
            last = max(ahead.nodes.values(), key=lambda other: (other.first, other.id), default=node)
            back = trace(store, Direction.BACKWARD, [Anchor({last.id: LAST}, last, LAST)], None, {}, _SMALL)
            around = suspects(back.slice)
            fans(store, around)


def _look_for(store: Store, alert: Alert) -> None:
    try:
        candidates(store, alert)
    except NothingFound:
        return
