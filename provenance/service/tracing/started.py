"""Traces that somebody started, as documents: they go on when a server is started again, and any server of the store tells how
far they are.

queued -> running -> done, failed or stopped. A trace's result lies beside it in pieces, written before it counts as done.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import count
from typing import Any

from provenance.service.tracing.wire import Piece, head_of, joined, pieces, read, write
from provenance.store.documents import Document, Documents, Place
from provenance.trace.result import Trace

KIND, PIECE = "started-trace", "started-trace-piece"
ATTEMPTS = 3
"""How often a trace is taken by servers that die over it before it counts as failed."""
OPEN, REMEMBERED = 16, 64
"""How many may be queued or running, and how many are kept of those that are not."""
_ID = re.compile(r"trace:[0-9a-f]{16}")
_TRIES = 50


class State(Enum):
    """Where a started trace stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be traced. `start` is SELECT as its input object keeps it, `at` ms since the epoch, `budget` entities,
    runs and steps, `seconds` how long it may take."""

    direction: str
    start: Mapping[str, Any]
    at: int | None
    budget: tuple[int, int, int | None]
    seconds: float


def start(documents: Documents, asked: Asked, by: str, now_ms: int) -> str | None:
    """Put a trace into the queue: its id, None when too many are there."""
    counts = documents.counts(KIND)
    if counts.get(State.QUEUED.value, 0) + counts.get(State.RUNNING.value, 0) >= OPEN:
        return None
    kept = [asked.direction, dict(asked.start), asked.at, list(asked.budget), asked.seconds]
    body = {"asked": kept, "by": by, "started": now_ms, "attempts": 0, "seen": [0, 0], "path": []}
    id = f"trace:{secrets.token_hex(8)}"
    documents.add(KIND, id, body, State.QUEUED.value, now_ms)
    return id


def get(documents: Documents, id: str) -> Document | None:
    """A started trace, None when there is none, or none any more."""
    return documents.get(KIND, id) if _ID.fullmatch(id) else None


def asked_of(document: Document) -> Asked:
    """What was asked for."""
    direction, start, at, (nodes, edges, depth), seconds = document.body["asked"]
    return Asked(direction, start, at, (nodes, edges, depth), seconds)


def take(documents: Documents, owner: str) -> Document | None:
    """Take the first of the queue for a server. None when the queue is empty."""
    for document in documents.page(KIND, State.QUEUED.value):
        body = dict(document.body) | {"owner": owner, "attempts": document.body["attempts"] + 1}
        if documents.replace(document, body, State.RUNNING.value):
            return replace(document, body=body, state=State.RUNNING.value, version=document.version + 1)
    return None


def tell(documents: Documents, taken: Document, seen: tuple[int, int], path: list[Any]) -> Document | None:
    """Write down how far a taken one is: the document as it is then; None when it was stopped or taken away."""
    body = dict(taken.body) | {"seen": list(seen), "path": path}
    if not documents.replace(taken, body):
        return None
    return replace(taken, body=body, version=taken.version + 1)


def finish(documents: Documents, taken: Document, trace: Trace) -> bool:
    """Keep the result of a taken one; False, and nothing is kept, when it was stopped or taken away meanwhile."""
    amount = 0
    for amount, piece in enumerate(pieces(trace), 1):
        _put(documents, _key(taken.key, amount - 1), write(piece))
    if _end(documents, taken, State.DONE, {"head": head_of(trace), "pieces": amount}):
        return True
    if not _goes_on(documents, taken.key):
        _remove_pieces(documents, taken.key)
    return False


def fail(documents: Documents, taken: Document, code: str, reason: str, details: Mapping[str, Any]) -> bool:
    """Write down why there is no result."""
    return _end(documents, taken, State.FAILED, {"error": [code, reason, dict(details)]})


def put_back(documents: Documents, document: Document, counted: bool = True) -> bool:
    """Put one that runs into the queue again. With `counted`, one that servers died over too often is failed instead."""
    body = {name: value for name, value in document.body.items() if name != "owner"}
    if not counted:
        body["attempts"] = max(body["attempts"] - 1, 0)
    elif body["attempts"] >= ATTEMPTS:
        return fail(documents, document, "INTERNAL", f"given up after {ATTEMPTS} attempts that did not end", {})
    return documents.replace(document, body, State.QUEUED.value, int(body["started"]))


def stop(documents: Documents, id: str) -> bool:
    """Stop one that is queued or running; False when there is none. Whoever works on it hears of it the next time he tells."""
    for _ in range(_TRIES):
        document = get(documents, id)
        if document is None or document.state not in (State.QUEUED.value, State.RUNNING.value):
            return False
        if _end(documents, document, State.STOPPED, {}):
            return True
    return False


def piece(documents: Documents, id: str, number: int) -> Piece | None:
    """A piece of a result, None when there is none, or none any more."""
    kept = documents.get(PIECE, _key(id, number))
    return None if kept is None else read(kept.body)


def result(documents: Documents, document: Document) -> Trace | None:
    """The result of one that is done; None when it is not kept any more."""
    parts = [piece(documents, document.key, number) for number in range(document.body["pieces"])]
    whole = [part for part in parts if part is not None]
    return joined(document.body["head"], whole) if len(whole) == len(parts) else None


def forget(documents: Documents) -> None:
    """Remove all but the last of those that have ended."""
    for state in (State.DONE, State.FAILED, State.STOPPED):
        ended = documents.page(KIND, state.value, limit=REMEMBERED)
        if len(ended) == REMEMBERED:
            for old in documents.page(KIND, state.value, Place(ended[-1].rank, ended[-1].key)):
                documents.remove(KIND, old.key)
                _remove_pieces(documents, old.key)


def running(documents: Documents) -> Iterator[Document]:
    """Those that a server works on."""
    yield from documents.page(KIND, State.RUNNING.value, limit=OPEN * 4)


def _end(documents: Documents, document: Document, state: State, more: Mapping[str, Any]) -> bool:
    body = {name: value for name, value in document.body.items() if name != "owner"} | dict(more)
    return documents.replace(document, body, state.value, -int(body["started"]))


def _goes_on(documents: Documents, id: str) -> bool:
    """Whether somebody else works on it, or has finished it: its pieces are his."""
    document = get(documents, id)
    return document is not None and document.state != State.STOPPED.value


def _key(id: str, number: int) -> str:
    return f"{id}:{number:06}"


def _put(documents: Documents, key: str, body: Mapping[str, Any]) -> None:
    """Pieces of an attempt that died are written over."""
    while not documents.add(PIECE, key, body):
        former = documents.get(PIECE, key)
        if former is not None and documents.replace(former, body):
            return


def _remove_pieces(documents: Documents, id: str) -> None:
    for number in count():
        if not documents.remove(PIECE, _key(id, number)):
            return
