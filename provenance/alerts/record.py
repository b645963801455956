"""The record of an alert in a store: a document of kind `alert` whose key is the alert's id.

The state is that of its automatic trace: queued -> running -> done, failed, or waiting for the log of the alert's host. The rank
is its place in the order of alerts: those in the queue by severity and age, then the others, the last received first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from provenance.alerts.alert import Alert
from provenance.alerts.results import ResultChange, ResultSummary, StoredCandidate, anchor_json, read_anchor
from provenance.store.basis import Basis
from provenance.store.documents import LONGEST, Document, Documents, Place

KIND = "alert"
COMMAND = "command"
"""The origin of an alert that `provenance alert` submitted."""
_SEVERITIES = ("critical", "high", "medium", "low")
_QUEUED = -(1 << 62)
_STEP = 1 << 50


class State(Enum):
    """The state of the automatic investigation of an alert."""

    QUEUED = "queued"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert and the results of its investigation. Times are ms since the epoch by the service's clock.

    `candidates` are what the alert may be about, the best first; None before the first search. `backtrack` and `forward` are the
    keys of its stored traces. `computed_from` is the state of the logs that the results were computed from; `beginnings`
    identifies where all logs began when nothing was found. `changes` are the differences that later logs made, the oldest first.
    `origin` is where the alert came from, until its first investigation.
    """

    alert: Alert
    received: int
    origin: str = ""
    reason: str | None = None
    candidates: tuple[StoredCandidate, ...] | None = None
    verdict: str | None = None
    backtrack: str | None = None
    forward: str | None = None
    summary: ResultSummary | None = None
    computed: int | None = None
    computed_from: Basis = field(default_factory=Basis)
    beginnings: str | None = None
    changes: tuple[ResultChange, ...] = ()

    @classmethod
    def of(cls, document: Document) -> AlertRecord:
        """The record that a document holds."""
        body = document.body
        anchor, summary = body.get("anchor"), body.get("summary")
        return cls(
            alert=_alert(body["alert"]),
            received=int(body["received"]),
            origin=str(body.get("origin", "")),
            reason=body.get("reason"),
            candidates=read_anchor(anchor) if anchor else None,
            verdict=body.get("verdict"),
            backtrack=body.get("backtrack"),
            forward=body.get("forward"),
            summary=None if summary is None else ResultSummary.of(summary),
            computed=body.get("computed"),
            computed_from=Basis.of(body.get("computed_from", {})),
            beginnings=body.get("beginnings"),
            changes=tuple(map(ResultChange.of, body.get("changes", ()))),
        )

    def to_body(self) -> dict[str, Any]:
        """The body of its document, without the fields that have no value."""
        alert = self.alert
        alert_body = {
            "id": alert.id,
            "source": alert.source,
            "external_id": alert.external_id,
            "title": alert.title,
            "body": dict(alert.body),
        }
        result = {
            "origin": self.origin or None,
            "reason": self.reason,
            "anchor": None if self.candidates is None else anchor_json(self.candidates),
            "verdict": self.verdict,
            "backtrack": self.backtrack,
            "forward": self.forward,
            "summary": None if self.summary is None else self.summary.to_json(),
            "computed": self.computed,
            "computed_from": self.computed_from.to_json() or None,
            "beginnings": self.beginnings,
            "changes": [change.to_json() for change in self.changes] or None,
        }
        return {"alert": alert_body, "received": self.received} | {k: v for k, v in result.items() if v is not None}

    @property
    def severity(self) -> str | None:
        """Its severity, None for an alert that names none."""
        return self.alert.fields.severity

    def rank(self, again: bool = False) -> int:
        """Its rank in the queue: new alerts before those computed again, then the more severe, then the older."""
        severity = self.severity
        level = _SEVERITIES.index(severity if severity in _SEVERITIES else "medium")
        return _QUEUED + (level + len(_SEVERITIES) * again) * _STEP + self.received


def new_document(record: AlertRecord) -> Document:
    """The document of a new alert."""
    return Document(KIND, record.alert.id, record.to_body(), State.QUEUED.value, record.rank())


def visible_state(document: Document) -> State:
    """The state of an alert as clients see it: done, if its result is being computed again and the former one is still stored."""
    state = State(document.state)
    again = state in (State.QUEUED, State.RUNNING) and AlertRecord.of(document).backtrack is not None
    return State.DONE if again else state


def every(documents: Documents, state: State | None = None) -> Iterator[Document]:
    """Every alert, or every one in a state, in order of rank, read page by page. Raises StoreError."""
    after: Place | None = None
    while page := documents.page(KIND, None if state is None else state.value, after):
        yield from page
        after = Place(page[-1].rank, page[-1].key)


def alerts_by_id(documents: Documents, id: str) -> list[Alert]:
    """The alerts with an id: the one whose own id it is, else those whose sources gave them this id, else those whose own id
    begins with it, in order of id. Raises StoreError."""
    exact = documents.get(KIND, id) if id.isascii() and id.isprintable() and 0 < len(id) <= LONGEST else None
    if exact is not None:
        return [AlertRecord.of(exact).alert]
    alerts = (AlertRecord.of(document).alert for document in every(documents))
    near = [alert for alert in alerts if alert.external_id == id or (id and alert.id.startswith(id))]
    found = [alert for alert in near if alert.external_id == id] or near
    return sorted(found, key=lambda alert: alert.id)


def _alert(stored: Mapping[str, Any]) -> Alert:
    return Alert(stored["id"], stored["source"], stored["external_id"], stored["title"], stored["body"])
