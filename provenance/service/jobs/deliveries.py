"""The durable queue of deliveries: which incident is to be sent to which target. Nothing is lost when a server dies, and a
target that is down gets it later.

For each target a kind of its own, `outgoing-NAME`, so that nobody waits behind a target that hangs. The key is the incident's id,
so that an incident that changes ten times before it is sent is sent once, as it is then. The rank is the time (ms) from which
something is to be done: the delivery is due, or the lease of its sender is over.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from provenance.service.jobs.lease import Lease, Leasing, end
from provenance.store.documents import Document, Documents

DUE, SENDING, SENT, FAILED, SKIPPED = "due", "sending", "sent", "failed", "skipped"
ENDED = (SENT, FAILED, SKIPPED)
PREFIX = "outgoing-"
LEASING = Leasing(DUE, SENDING, attempts=10)
_FIRST_MS, _LONGEST_MS = 5_000, 3_600_000
_LEASE_MS = 600_000
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of an incident. `id` stays the same however often it is sent, and is another one when the incident has
    changed since or somebody asks for it once more; `problem` says why the last attempt failed, `ended` when that was (ms)."""

    id: str
    problem: str | None = None
    ended: int | None = None

    @classmethod
    def new(cls) -> Delivery:
        """A delivery that nobody has tried yet."""
        return cls(f"w{secrets.token_hex(12)}")

    @classmethod
    def of(cls, document: Document) -> Delivery:
        """The record that a document holds. The first version gave deliveries no id: theirs is made of kind and key."""
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
    """The names of the targets in a table `[outgoing]` that was checked."""
    return (*table.get("webhooks", {}), *table.get("hooks", {}))


def announce(documents: Documents, table: Mapping[str, Any], incidents: Iterable[str], now_ms: int) -> None:
    """Incidents have changed: they are due to every target of a table `[outgoing]` that was checked, as soon as they have been
    still for its `settle_s`. Raises StoreError."""
    due = now_ms + round(float(table.get("settle_s", 5)) * 1000)
    for target in targets(table):
        for incident in incidents:
            _put(documents, kind_of(target), incident, due)


def take(documents: Documents, target: str, owner: str, now_ms: int) -> Document | None:
    """Take a delivery that is due, or whose sender has not settled it for ten minutes. Raises StoreError."""
    return LEASING.take_due(documents, kind_of(target), owner, now_ms, now_ms + _LEASE_MS)


def settle(documents: Documents, taken: Document, problem: str | None, now_ms: int, skipped: bool = False) -> str:
    """Write down how sending ended, and return the state: tried again later after a `problem`, but not without end. What has
    changed meanwhile is due again whatever happened. Raises StoreError."""
    body = replace(Delivery.of(taken), problem=problem, ended=now_ms).to_body()
    if problem is not None and not LEASING.is_exhausted(taken):
        pause = min(_FIRST_MS << (Lease.of(taken).attempts - 1), _LONGEST_MS)
        LEASING.give_back(documents, taken, body, now_ms + pause)
        return DUE
    state = FAILED if problem is not None else SKIPPED if skipped else SENT
    end(documents, taken, body, state, -now_ms)
    return state


def again(documents: Documents, target: str, incident: str, now_ms: int) -> bool:
    """Send an incident once more, now; False when it was never to be sent to this target. Raises StoreError."""
    document = documents.get(kind_of(target), incident)
    return document is not None and end(documents, document, Delivery.new().to_body(), DUE, now_ms)


def _put(documents: Documents, kind: str, incident: str, due: int) -> None:
    """One that is being sent is put back: its sender finds that it has changed, and leaves it as it is."""
    for _ in range(_TRIES):
        document = documents.get(kind, incident)
        new = Delivery.new().to_body()
        if document is None:
            done = documents.add(kind, incident, new, DUE, due)
        else:
            done = document.state == DUE or end(documents, document, new, DUE, due)
        if done:
            return
