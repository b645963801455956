"""Finished traces as documents: each whole, in pieces of bounded size, under one key for everybody who reads it.

| kind | key | rank | body |
|---|---|---|---|
| stored-trace | the trace's key | when it was stored (ms) | all but entities and flows, the name and number of its pieces |
| stored-trace-piece | `NAME:NUMBER` | when it was stored (ms) | some of its entities, or of its flows |

A trace that is stored again under its key gets a new name: whoever reads meanwhile reads the former or the new one, never a
mixture. The pieces are there before the head names them. What is left of a writer that was killed goes by retention.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from provenance.service.tracing.wire import head_of, joined, pieces, read, write
from provenance.store.documents import Document, Documents
from provenance.store.fingerprint import Basis
from provenance.trace.result import Trace

KIND, PIECE = "stored-trace", "stored-trace-piece"
_AT_ONCE = 16
_TRIES = 50


class Head(NamedTuple):
    """A stored trace without its pieces: `name` is that of this very result, `size` how many pieces it has."""

    key: str
    name: str
    size: int
    body: Mapping[str, Any]


def save(documents: Documents, key: str, trace: Trace, basis: Basis, now_ms: int) -> None:
    """Store a trace instead of a former one of this key. `basis` is what it was computed from. Raises StoreError."""
    name = f"{key}.{secrets.token_hex(6)}"
    parts = [Document(PIECE, _place(name, at), write(one), rank=now_ms) for at, one in enumerate(pieces(trace))]
    body = {"name": name, "pieces": len(parts), "trace": head_of(trace), "computed_from": basis}
    if documents.add_all([*parts, Document(KIND, key, body, rank=now_ms)])[-1]:
        return
    for _ in range(_TRIES):
        former = documents.get(KIND, key)
        if former is None:
            if documents.add(KIND, key, body, rank=now_ms):
                return
        elif documents.replace(former, body, rank=now_ms):
            documents.remove_all(list(_pieces_of(_head(former))))
            return
    documents.remove_all([(PIECE, part.key) for part in parts])


def head(documents: Documents, key: str) -> Head | None:
    """What is stored under a key."""
    found = documents.get(KIND, key)
    return None if found is None else _head(found)


def load(documents: Documents, stored: Head) -> Trace | None:
    """The trace of a head; None when it is not stored any more."""
    keys = list(_pieces_of(stored))
    found = [part for at in range(0, len(keys), _AT_ONCE) for part in documents.get_many(keys[at : at + _AT_ONCE])]
    parts = [read(part.body) for part in found if part is not None]
    return joined(stored.body, parts) if len(parts) == len(keys) else None


def remove(documents: Documents, key: str) -> None:
    """Remove a trace with its pieces."""
    found = head(documents, key)
    if found is not None:
        documents.remove(KIND, key)
        documents.remove_all(list(_pieces_of(found)))


def name_of(document: Document) -> str:
    """The name of the trace that a document, a head or a piece, belongs to."""
    return str(document.body["name"]) if document.kind == KIND else document.key.rpartition(":")[0]


def _head(document: Document) -> Head:
    body = document.body
    return Head(document.key, str(body["name"]), int(body["pieces"]), body["trace"])


def _pieces_of(stored: Head) -> Iterator[tuple[str, str]]:
    return ((PIECE, _place(stored.name, number)) for number in range(stored.size))


def _place(name: str, number: int) -> str:
    return f"{name}:{number:06}"
