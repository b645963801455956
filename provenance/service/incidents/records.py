"""The records of incidents: the contents of each kind of document.

| kind | key | state | record |
|---|---|---|---|
| incident | its id | open, acknowledged, closed | `IncidentRecord`: the summary of its alerts, and the notes of analysts |
| incident-alert | the alert's id | its incident's id; empty until it is placed | `TracedAlert`: the results of its traces |
| incident-story | the alert's id | | its story, in steps |
| incident-tie | digest of a tie | | `TieRecord`: all incidents with an alert that has the tie, perhaps others too |
| incident-decision | its number | | `DecisionRecord`: the groups, who decided, and when |
| incident-moved | the id of a merged incident | | the id of its successor, which has its alerts |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from provenance.incidents import summary, traced_alert
from provenance.incidents.decisions import Decision
from provenance.incidents.summary import Summary
from provenance.incidents.traced_alert import StoryStep, TracedAlert
from provenance.store.documents import Document

INCIDENT, ALERT, STORY, TIE = "incident", "incident-alert", "incident-story", "incident-tie"
DECISION, MOVED = "incident-decision", "incident-moved"
INCIDENT_PREFIX = "incident:"
"""The prefix of an incident's id where ids of all kinds are allowed: in GraphQL and in pins."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note or change by an analyst: who made it, when (ms), and the new values; None for an unchanged one."""

    by: str
    at: int
    state: str | None = None
    assignee: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """An incident: the summary of its alerts, whether a decision is about one of them, the last change (ms), and the notes of
    analysts, the oldest first."""

    summary: Summary
    decided: bool
    updated: int
    notes: tuple[Note, ...] = ()
    assignee: str | None = None

    @classmethod
    def of(cls, document: Document) -> IncidentRecord:
        """The record that a document holds."""
        body = document.body
        notes = tuple(Note(**note) for note in body["notes"])
        stored = summary.from_body(body["summary"])
        return cls(stored, bool(body["decided"]), int(body["updated"]), notes, body.get("assignee"))

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        return {
            "summary": summary.as_body(self.summary),
            "decided": self.decided,
            "updated": self.updated,
            "notes": [asdict(note) for note in self.notes],
            "assignee": self.assignee,
        }


@dataclass(frozen=True, slots=True)
class TieRecord:
    """A tie, and the ids of the incidents that may have an alert with the tie, in order."""

    tie: str
    incidents: tuple[str, ...]

    @classmethod
    def of(cls, document: Document) -> TieRecord:
        """The record that a document holds."""
        return cls(str(document.body["tie"]), tuple(map(str, document.body["incidents"])))

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        return {"tie": self.tie, "incidents": list(self.incidents)}


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision, who made it, and when (ms)."""

    decision: Decision
    by: str
    at: int

    @classmethod
    def of(cls, document: Document) -> DecisionRecord:
        """The record that a document holds."""
        body = document.body
        return cls(Decision(tuple(tuple(group) for group in body["groups"])), str(body["by"]), int(body["at"]))

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        return {"groups": [list(group) for group in self.decision.groups], "by": self.by, "at": self.at}


def read_traced_alert(document: Document) -> TracedAlert:
    """The alert with the results of its traces that a document holds."""
    return traced_alert.from_body(document.body["alert"])


def traced_alert_body(alert: TracedAlert) -> dict[str, Any]:
    """The body of an alert's document."""
    return {"alert": traced_alert.as_body(alert)}


def read_story(document: Document) -> tuple[StoryStep, ...]:
    """The story that a document holds."""
    return tuple(StoryStep(**step) for step in document.body["story"])


def story_body(story: Sequence[StoryStep]) -> dict[str, Any]:
    """The body of a story's document."""
    return {"story": [asdict(step) for step in story]}


def successor_of(document: Document) -> str:
    """The id of the successor of a merged incident."""
    return str(document.body["into"])


def successor_body(successor: str) -> dict[str, Any]:
    """The body of the document of a merged incident."""
    return {"into": successor}
