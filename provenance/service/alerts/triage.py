"""Triage: where an alert stands with the people who look at it, as documents of kind `triage` under the alert's id.

Whoever changes something says which version was seen, so that two people do not overwrite each other unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from provenance.errors import Conflict, UsageError
from provenance.store.documents import Document, Documents

TRIAGE = "triage"
LONGEST = 4_000
"""Characters of a note or comment."""


class Standing(Enum):
    """Where an alert stands with the people who look at it."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    RESOLVED = "resolved"
    FALSE_POSITIVE = "false_positive"


@dataclass(frozen=True, slots=True)
class Mark:
    """The standing of an alert. Version 0 is one that nobody has touched."""

    standing: Standing = Standing.OPEN
    assignee: str | None = None
    note: str | None = None
    by: str | None = None
    changed_ms: int | None = None
    version: int = 0

    @classmethod
    def of(cls, document: Document) -> Mark:
        """The record that a document holds."""
        body = document.body
        standing = Standing(body["standing"])
        return cls(standing, body["assignee"], body["note"], body["by"], body["changed"], document.version)

    def to_body(self) -> dict[str, Any]:
        """The body of its document, which counts its versions itself."""
        return {
            "standing": self.standing.value,
            "assignee": self.assignee,
            "note": self.note,
            "by": self.by,
            "changed": self.changed_ms,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change of a standing; None leaves a thing as it is, an empty text takes it away."""

    standing: Standing | None = None
    assignee: str | None = None
    note: str | None = None
    version: int | None = None


def mark_of(documents: Documents, alert: str) -> Mark:
    """Where an alert stands."""
    return read_mark(documents.get(TRIAGE, alert))


def change(documents: Documents, alert: str, asked: Change, by: str, now_ms: int) -> Mark:
    """Change where an alert stands. Raises Conflict when another version than the one seen is there."""
    short(asked.assignee, asked.note)
    while True:
        known = documents.get(TRIAGE, alert)
        before = read_mark(known)
        if asked.version is not None and asked.version != before.version:
            raise Conflict("somebody changed it meanwhile: read it again", before.version)
        assignee, note = _after(before.assignee, asked.assignee), _after(before.note, asked.note)
        mark = Mark(asked.standing or before.standing, assignee, note, by, now_ms)
        body, state = mark.to_body(), mark.standing.value
        if documents.replace(known, body, state) if known else documents.add(TRIAGE, alert, body, state, -now_ms):
            return mark_of(documents, alert)


def read_mark(document: Document | None) -> Mark:
    """The standing that a document holds; without one it is that of an alert that nobody has touched."""
    return Mark() if document is None else Mark.of(document)


def _after(before: str | None, asked: str | None) -> str | None:
    return before if asked is None else asked or None


def short(*texts: str | None) -> None:
    """Raise UsageError for a text that is too long to be stored."""
    for text in texts:
        if text is not None and len(text) > LONGEST:
            raise UsageError(f"a text of {len(text)} characters: at most {LONGEST}")
