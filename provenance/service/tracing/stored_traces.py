"""Finished traces as documents: a head, and parts of bounded size with the entities and flows.

| kind | key | rank | body |
|---|---|---|---|
| stored-trace | the trace's key | when it was stored (ms) | all but entities and flows, the name and number of its parts |
| stored-trace-piece | `NAME:NUMBER` | when it was stored (ms) | some of its entities, or of its flows |

A trace that is stored again under its key gets a new name, so that a reader gets either the former or the new trace, never a
mixture. The parts are stored before the head. Retention removes the parts of a writer that was killed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from provenance.service.tracing.wire import join_parts, part_json, parts_of, read_part, trace_head
from provenance.store.basis import Basis
from provenance.store.documents import Document, Documents
from provenance.trace.result import Trace

KIND, PART = "stored-trace", "stored-trace-piece"
_AT_ONCE = 16
_TRIES = 50


class Head(NamedTuple):
    """The head of a stored trace: its key, the name of this result, the number of its parts, and the JSON of `trace_head`."""

    key: str
    name: str
    size: int
    trace: Mapping[str, Any]

    @classmethod
    def of(cls, document: Document) -> Head:
        """The head that a document holds."""
        body = document.body
        return cls(document.key, str(body["name"]), int(body["pieces"]), body["trace"])

    def to_body(self, basis: Basis) -> dict[str, Any]:
        """The body of its document, with the state of the logs that the trace was computed from."""
        return {"name": self.name, "pieces": self.size, "trace": self.trace, "computed_from": basis.to_json()}


def save(documents: Documents, key: str, trace: Trace, basis: Basis, now_ms: int) -> None:
    """Stores a trace, and removes the former one with its key. `basis` is the span of logs that it was computed from. Raises
    StoreError."""
    name = f"{key}.{secrets.token_hex(6)}"
    parts = [Document(PART, _part_key(name, at), part_json(one), rank=now_ms) for at, one in enumerate(parts_of(trace))]
    body = Head(key, name, len(parts), trace_head(trace)).to_body(basis)
    if documents.add_all([*parts, Document(KIND, key, body, rank=now_ms)])[-1]:
        return
    for _ in range(_TRIES):
        former = documents.get(KIND, key)
        if former is None:
            if documents.add(KIND, key, body, rank=now_ms):
                return
        elif documents.replace(former, body, rank=now_ms):
            documents.remove_all(list(_part_keys(Head.of(former))))
            return
    documents.remove_all([(PART, part.key) for part in parts])


def head(documents: Documents, key: str) -> Head | None:
    """The head of the trace stored under a key, None without one."""
    found = documents.get(KIND, key)
    return None if found is None else Head.of(found)


def load(documents: Documents, stored: Head) -> Trace | None:
    """The trace of a head; None if its parts have been removed."""
    keys = list(_part_keys(stored))
    found = [part for at in range(0, len(keys), _AT_ONCE) for part in documents.get_many(keys[at : at + _AT_ONCE])]
    parts = [read_part(part.body) for part in found if part is not None]
    return join_parts(stored.trace, parts) if len(parts) == len(keys) else None


def remove(documents: Documents, key: str) -> None:
    """Removes a trace with its parts."""
    found = head(documents, key)
    if found is not None:
        documents.remove(KIND, key)
        documents.remove_all(list(_part_keys(found)))


def name_of(document: Document) -> str:
    """The name of the trace that a document, a head or a part, belongs to."""
    return Head.of(document).name if document.kind == KIND else document.key.rpartition(":")[0]


def _part_keys(stored: Head) -> Iterator[tuple[str, str]]:
    return ((PART, _part_key(stored.name, number)) for number in range(stored.size))


def _part_key(name: str, number: int) -> str:
    return f"{name}:{number:06}"
