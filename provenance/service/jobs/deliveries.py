"""The durable queue of deliveries: which incident is to be sent to which target. No delivery is lost when a server dies, and a
target that is down gets it later.

Each target has a kind of document of its own, `outgoing-NAME`, so that no target waits for another that hangs. The key is the
incident's id, so that an incident that changes ten times before it is sent is sent once, in its last state. The rank is a time
(ms): when the delivery is due, or when the lease of its sender ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from provenance.service.jobs.lease import Lease, LeasePolicy, end
from provenance.store.documents import Document, Documents

DUE, SENDING, SENT, FAILED, SKIPPED = "due", "sending", "sent", "failed", "skipped"
ENDED = (SENT, FAILED, SKIPPED)
PREFIX = "outgoing-"
LEASES = LeasePolicy(DUE, SENDING, attempts=10)
_FIRST_PAUSE_MS, _LONGEST_PAUSE_MS = 5_000, 3_600_000
_LEASE_MS = 600_000
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of an incident to a target. `id` is the same for all attempts, and a new one after a change of the incident or a
    request to send it again; `problem` is why the last attempt failed, `ended` when that attempt ended (ms)."""

    id: str
    problem: str | None = None
    ended: int | None = None

    @classmethod
    def new(cls) -> Delivery:
        """A delivery without attempts, with a new id."""
        return cls(f"w{secrets.token_hex(12)}")

    @classmethod
    def of(cls, document: Document) -> Delivery:
        """The record that a document holds. The first version stored no id; it is then computed from kind and key."""
        body = document.body
        digest = blake2b(f"{document.kind}\0{document.key}".encode(), digest_size=12).hexdigest()
        return cls(str(body.get("delivery") or f"w{digest}"), body.get("problem"), body.get("at"))

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        attempted = {} if self.ended is None else {"problem": self.problem, "at": self.ended}
        return {"delivery": self.id} | attempted


def kind_of(target: str) -> str:
    """The kind of the deliveries to a target."""
    return f"{PREFIX}{target}"


def targets(table: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the targets in a valid table `[outgoing]`."""
    return (*table.get("webhooks", {}), *table.get("hooks", {}))


def announce(documents: Documents, table: Mapping[str, Any], incidents: Iterable[str], now_ms: int) -> None:
    """Queues the delivery of changed incidents to every target of a valid table `[outgoing]`, due when they have not changed for
    its `settle_s`. Raises StoreError."""
    due = now_ms + round(float(table.get("settle_s", 5)) * 1000)
    for target in targets(table):
        for incident in incidents:
            _put(documents, kind_of(target), incident, due)


def take(documents: Documents, target: str, owner: str, now_ms: int) -> Document | None:
    """Takes a delivery that is due, or whose sender has not finished it within ten minutes. Raises StoreError."""
    return LEASES.take_due(documents, kind_of(target), owner, now_ms, now_ms + _LEASE_MS)


def finish(documents: Documents, leased: Document, problem: str | None, now_ms: int, skipped: bool = False) -> str:
    """Stores the result of an attempt and returns the new state. After a `problem` the delivery is due again later, up to a
    number of attempts. If the incident has changed meanwhile, its new delivery stays due. Raises StoreError."""
    body = replace(Delivery.of(leased), problem=problem, ended=now_ms).to_body()
    if problem is not None and not LEASES.is_exhausted(leased):
        pause = min(_FIRST_PAUSE_MS << (Lease.of(leased).attempts - 1), _LONGEST_PAUSE_MS)
        LEASES.give_back(documents, leased, body, now_ms + pause)
        return DUE
    state = FAILED if problem is not None else SKIPPED if skipped else SENT
    end(documents, leased, body, state, -now_ms)
    return state


def retry(documents: Documents, target: str, incident: str, now_ms: int) -> bool:
    """Makes an incident due to a target again, now; False if the target has no delivery of it. Raises StoreError."""
    for _ in range(_TRIES):
        document = documents.get(kind_of(target), incident)
        if document is None:
            return False
        if end(documents, document, Delivery.new().to_body(), DUE, now_ms):
            return True
        # Its sender changed it meanwhile.
    return True


def _put(documents: Documents, kind: str, incident: str, due: int) -> None:
    """Makes a delivery due. One that is being sent becomes due again: its sender finds the document changed and leaves it."""
    for _ in range(_TRIES):
        document = documents.get(kind, incident)
        new = Delivery.new().to_body()
        if document is None:
            done = documents.add(kind, incident, new, DUE, due)
        else:
            done = document.state == DUE or end(documents, document, new, DUE, due)
        if done:
            return
