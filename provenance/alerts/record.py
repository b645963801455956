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

    `backtrack` and `forward` are the keys of its stored traces. `computed_from` holds for each host the time span of its log that
    the results were computed from; `beginnings` identifies where all logs began when nothing was found. `changes` are the
    differences that later logs made, the oldest first, each with `time` and `text`. `origin` is where the alert came from, until
    its first investigation.
    """

    alert: Alert
    received: int
    origin: str = ""
    reason: str | None = None
    anchor: Mapping[str, Any] = field(default_factory=dict)
    verdict: str | None = None
    backtrack: str | None = None
    forward: str | None = None
    summary: Mapping[str, Any] | None = None
    computed: int | None = None
    computed_from: Mapping[str, Any] = field(default_factory=dict)
    beginnings: str | None = None
    changes: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, document: Document) -> AlertRecord:
        """The record that a document holds."""
        body = document.body
        return cls(
            alert=_alert(body["alert"]),
            received=int(body["received"]),
            origin=str(body.get("origin", "")),
            reason=body.get("reason"),
            anchor=body.get("anchor") or {},
            verdict=body.get("verdict"),
            backtrack=body.get("backtrack"),
            forward=body.get("forward"),
            summary=body.get("summary"),
            computed=body.get("computed"),
            computed_from=body.get("computed_from") or {},
            beginnings=body.get("beginnings"),
            changes=tuple(body.get("changes", ())),
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
            "anchor": dict(self.anchor) or None,
            "verdict": self.verdict,
            "backtrack": self.backtrack,
            "forward": self.forward,
            "summary": self.summary,
            "computed": self.computed,
            "computed_from": dict(self.computed_from) or None,
            "beginnings": self.beginnings,
            "changes": list(self.changes) or None,
        }
        return {"alert": alert_body, "received": self.received} | {k: v for k, v in result.items() if v is not None}

    @property
    def candidates(self) -> tuple[Mapping[str, Any], ...]:
        """The candidates that the alert may be about, the best first."""
        return tuple(self.anchor.get("candidates", ()))

    @property
    def severity(self) -> str | None:
        """Its severity, None for an alert that names none."""
        severity = self.alert.body.get("severity")
        return severity if isinstance(severity, str) else None

    def rank(self, again: bool = False) -> int:
        """Its rank in the queue: new alerts before those computed again, then the more severe, then the older."""
        level = _SEVERITIES.index(self.severity if self.severity in _SEVERITIES else "medium")
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
