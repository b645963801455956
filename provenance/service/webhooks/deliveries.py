"""What is to be told to whom, as documents: nothing is lost when a server dies, and a receiver that is down gets it later.

For each target a kind of its own, `outgoing-NAME`, so that nobody waits behind a receiver that hangs. The key is the
incident's id, so that an incident that changes ten times before it is told is told once, as it is then. Its rank is the time (ms)
from which something is to be done: it is due, or its sender counts as dead. `delivery` names what is to be told: it stays the
same however often that is sent, and is another one when the incident has changed since or somebody asks for it once more.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from provenance.service.service import Service
from provenance.service.webhooks.targets import names, settle_ms
from provenance.store.documents import Document, Documents

DUE, SENDING, SENT, FAILED, SKIPPED = "due", "sending", "sent", "failed", "skipped"
ENDED = (SENT, FAILED, SKIPPED)
PREFIX = "outgoing-"
ATTEMPTS = 10
_FIRST_MS, _LONGEST_MS = 5_000, 3_600_000
_LEASE_MS = 600_000
_TRIES = 20


def kind_of(target: str) -> str:
    """The kind of what is to be told to a target."""
    return f"{PREFIX}{target}"


def announce(service: Service, incidents: Iterable[str]) -> None:
    """Incidents have changed: everybody is to be told. Raises StoreError."""
    targets = names(service.settings.outgoing)
    due = service.clock() + settle_ms(service.settings.outgoing)
    for target in targets:
        for incident in incidents:
            _put(service.documents, kind_of(target), incident, due)


def take(documents: Documents, target: str, now_ms: int) -> Document | None:
    """Something that is due, or that a dead sender left. It counts as left when it is not `settle`d for ten minutes."""
    kind = kind_of(target)
    for state in (DUE, SENDING):
        for document in documents.page(kind, state, limit=20):
            if document.rank > now_ms:
                break
            body = _new() | dict(document.body) | {"attempts": int(document.body.get("attempts", 0)) + 1}
            if documents.replace(document, body, SENDING, now_ms + _LEASE_MS):
                version = document.version + 1
                return replace(document, body=body, state=SENDING, rank=now_ms + _LEASE_MS, version=version)
    return None


def settle(documents: Documents, taken: Document, problem: str | None, now_ms: int, skipped: bool = False) -> str:
    """Write down how sending ended, and say the state: tried again later after a `problem`, but not without end. What has changed
    meanwhile is due again whatever happened."""
    attempts = int(taken.body["attempts"])
    body = dict(taken.body) | {"problem": problem, "at": now_ms}
    if problem is None:
        state, rank = (SKIPPED if skipped else SENT), -now_ms
    elif attempts >= ATTEMPTS:
        state, rank = FAILED, -now_ms
    else:
        state, rank = DUE, now_ms + min(_FIRST_MS << (attempts - 1), _LONGEST_MS)
    documents.replace(taken, body, state, rank)
    return state


def again(documents: Documents, target: str, incident: str, now_ms: int) -> bool:
    """Tell an incident once more, now; False when it was never to be told to this target."""
    document = documents.get(kind_of(target), incident)
    return document is not None and documents.replace(document, _new(), DUE, now_ms)


def _new() -> dict[str, Any]:
    """The body of something to be told that nobody has tried to tell yet."""
    return {"attempts": 0, "delivery": f"w{secrets.token_hex(12)}"}


def _put(documents: Documents, kind: str, incident: str, due: int) -> None:
    """One that is being sent is put back: its sender finds that it has changed, and leaves it as it is."""
    for _ in range(_TRIES):
        document = documents.get(kind, incident)
        if document is None:
            done = documents.add(kind, incident, _new(), DUE, due)
        else:
            waiting = document.state == DUE
            done = waiting or documents.replace(document, _new(), DUE, due)
        if done:
            return
