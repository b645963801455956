"""The records of incidents: what each kind of document holds.

| kind | key | state | record |
|---|---|---|---|
| incident | its id | open, acknowledged, closed | `IncidentRecord`: the summary of its alerts, and what analysts noted |
| incident-alert | the alert's id | its incident's id; none while it is being put there | `TracedAlert`: what its traces found |
| incident-story | the alert's id | | its story, in steps |
| incident-tie | digest of a tie | | `TieRecord`: the incidents that may have an alert with it, and no fewer |
| incident-decision | its number | | `DecisionRecord`: the groups, who decided, and when |
| incident-moved | an id that is no more | | the id of the incident that took its alerts |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from provenance.incidents import summary, traced
from provenance.incidents.decisions import Decision
from provenance.incidents.summary import Summary
from provenance.incidents.traced import StoryStep, TracedAlert
from provenance.store.documents import Document

INCIDENT, ALERT, STORY, TIE = "incident", "incident-alert", "incident-story", "incident-tie"
DECISION, MOVED = "incident-decision", "incident-moved"
INCIDENT_PREFIX = "incident:"
"""What an incident's id begins with where ids of all kinds may stand: in GraphQL, and of pins."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note or change of an analyst: who made it, when (ms), and what it set; None for what it left."""

    by: str
    at: int
    state: str | None = None
    assignee: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """An incident: the summary of its alerts, whether somebody decided about one of them, when it changed last (ms), and what
    analysts noted, the oldest first."""

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
        made = summary.from_body(body["summary"])
        return cls(made, bool(body["decided"]), int(body["updated"]), notes, body.get("assignee"))

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
    """A tie, and the ids of the incidents that may have an alert with it, in order."""

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


def traced_of(document: Document) -> TracedAlert:
    """What the traces of an alert found."""
    return traced.from_body(document.body["alert"])


def traced_body(alert: TracedAlert) -> dict[str, Any]:
    """The body of an alert's document."""
    return {"alert": traced.as_body(alert)}


def story_of(document: Document) -> tuple[StoryStep, ...]:
    """The story of an alert."""
    return tuple(StoryStep(**step) for step in document.body["story"])


def story_body(story: Sequence[StoryStep]) -> dict[str, Any]:
    """The body of a story's document."""
    return {"story": [asdict(step) for step in story]}


def moved_to(document: Document) -> str:
    """The id of the incident that took the alerts of one that is no more."""
    return str(document.body["into"])


def moved_body(into: str) -> dict[str, Any]:
    """The body of the document of an incident that is no more."""
    return {"into": into}
