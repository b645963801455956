"""The durable queue of alerts: documents whose state says what is to be done, and whose rank says what comes first.

queued -> running -> done, failed or waiting (for the log that an alert speaks of); each step is one change by version, so of
two servers on one store one takes an alert and the other looks for the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from provenance.service.alerts import hashes as alert_hashes
from provenance.store.documents import Document, Documents
from provenance.store.interface import Alert

KIND = "alert"
ATTEMPTS = 5
"""How often an alert is taken by servers that die over it before it counts as failed."""
_SEVERITIES = ("critical", "high", "medium", "low")
_QUEUED = -(1 << 62)
_STEP = 1 << 50


class State(Enum):
    """Where an alert stands."""

    QUEUED = "queued"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How work on an alert ended: the body's keys that it sets, and the state."""

    state: State
    changes: Mapping[str, Any]


def submit(documents: Documents, alert: Alert, now_ms: int) -> tuple[str, State, bool]:
    """Keep an alert for the worker: its id, its state and whether it is new. The same (source, id) is the same alert."""
    return submit_all(documents, [alert], now_ms)[0]


def submit_all(documents: Documents, alerts: Sequence[Alert], now_ms: int) -> list[tuple[str, State, bool]]:
    """Keep alerts for the worker, all of them or, when the store fails, none: for each what `submit` says."""
    kept = [_new(alert, now_ms) for alert in alerts]
    added = documents.add_all([*kept, *alert_hashes.entries(kept)])[: len(kept)]
    found: list[tuple[str, State, bool]] = []
    for alert, new in zip(alerts, added, strict=True):
        known = None if new else documents.get(KIND, alert.id)
        found.append((alert.id, State.QUEUED if known is None else shown(known), new))
    return found


def _new(alert: Alert, now_ms: int) -> Document:
    kept = {
        "id": alert.id,
        "source": alert.source,
        "external_id": alert.external_id,
        "title": alert.title,
        "body": dict(alert.body),
    }
    rank = queue_rank(alert.body.get("severity"), now_ms)
    return Document(KIND, alert.id, {"alert": kept, "received": now_ms, "attempts": 0}, State.QUEUED.value, rank)


def alert_of(document: Document) -> Alert:
    """The alert that a document keeps."""
    kept = document.body["alert"]
    return Alert(kept["id"], kept["source"], kept["external_id"], kept["title"], kept["body"])


def queue_rank(severity: object, received_ms: int, again: bool = False) -> int:
    """What comes first in the queue: new alerts before those computed again, the more severe, the older."""
    level = _SEVERITIES.index(severity) if severity in _SEVERITIES else _SEVERITIES.index("medium")
    return _QUEUED + (level + len(_SEVERITIES) * again) * _STEP + received_ms


def take(documents: Documents, owner: str) -> Document | None:
    """Take the first alert of the queue for a server. None when the queue is empty."""
    while page := documents.page(KIND, State.QUEUED.value, limit=8):
        for document in page:
            taken = dict(document.body) | {"owner": owner, "attempts": document.body["attempts"] + 1}
            if documents.replace(document, taken, State.RUNNING.value):
                return replace(document, body=taken, state=State.RUNNING.value, version=document.version + 1)
    return None


def finish(documents: Documents, taken: Document, outcome: Outcome) -> bool:
    """Write down how work on a taken alert ended; False when it was taken away meanwhile, and nothing is written."""
    body = {name: value for name, value in taken.body.items() if name != "owner"}
    body |= {"attempts": 0} | dict(outcome.changes)
    if outcome.state is State.QUEUED:
        return put_back(documents, taken, body=body)
    return documents.replace(taken, body, outcome.state.value, -int(body["received"]))


def put_back(
    documents: Documents, document: Document, again: bool = False, body: Mapping[str, Any] | None = None
) -> bool:
    """Put an alert into the queue again, whatever its state, with another `body` when given. One that servers died over
    too often is failed instead."""
    body = {name: value for name, value in (body or document.body).items() if name != "owner"}
    if body["attempts"] >= ATTEMPTS:
        reason = f"given up after {ATTEMPTS} attempts that did not end"
        return documents.replace(document, body | {"reason": reason}, State.FAILED.value, -int(body["received"]))
    severity = body["alert"]["body"].get("severity")
    return documents.replace(document, body, State.QUEUED.value, queue_rank(severity, body["received"], again))


def shown(document: Document) -> State:
    """The state of an alert for those who ask: one that is computed again has its result meanwhile."""
    state = State(document.state)
    again = state in (State.QUEUED, State.RUNNING) and "backtrack" in document.body
    return State.DONE if again else state
