"""Triage: the state, assignee and note that analysts give an alert, as documents of kind `triage` under the alert's id.

A change names the version that it is based on, so that two analysts cannot overwrite each other's changes unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from provenance.errors import Conflict, UsageError
from provenance.store.documents import Document, Documents

TRIAGE = "triage"
LONGEST = 4_000
"""The most characters of a note or comment."""


class Standing(Enum):
    """The state that analysts gave an alert."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    RESOLVED = "resolved"
    FALSE_POSITIVE = "false_positive"


@dataclass(frozen=True, slots=True)
class TriageRecord:
    """The triage of an alert. Version 0 is that of an alert without changes by analysts."""

    standing: Standing = Standing.OPEN
    assignee: str | None = None
    note: str | None = None
    by: str | None = None
    changed_ms: int | None = None
    version: int = 0

    @classmethod
    def of(cls, document: Document) -> TriageRecord:
        """The record that a document holds."""
        body = document.body
        standing = Standing(body["standing"])
        return cls(standing, body["assignee"], body["note"], body["by"], body["changed"], document.version)

    def to_body(self) -> dict[str, Any]:
        """The body of its document, which has the version itself."""
        return {
            "standing": self.standing.value,
            "assignee": self.assignee,
            "note": self.note,
            "by": self.by,
            "changed": self.changed_ms,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a triage: None leaves a field unchanged, an empty text clears it. `version` is the version it is based on."""

    standing: Standing | None = None
    assignee: str | None = None
    note: str | None = None
    version: int | None = None


def get_triage(documents: Documents, alert: str) -> TriageRecord:
    """The triage of an alert."""
    return read_triage(documents.get(TRIAGE, alert))


def change(documents: Documents, alert: str, new: Change, by: str, now_ms: int) -> TriageRecord:
    """Changes the triage of an alert and returns the new one. Raises Conflict if the change is based on another version than the
    stored one, UsageError for a text that is too long."""
    check_lengths(new.assignee, new.note)
    while True:
        known = documents.get(TRIAGE, alert)
        before = read_triage(known)
        if new.version is not None and new.version != before.version:
            raise Conflict("another change was made meanwhile: read the current version first", before.version)
        assignee, note = _changed(before.assignee, new.assignee), _changed(before.note, new.note)
        record = TriageRecord(new.standing or before.standing, assignee, note, by, now_ms)
        body, state = record.to_body(), record.standing.value
        if documents.replace(known, body, state) if known else documents.add(TRIAGE, alert, body, state, -now_ms):
            return get_triage(documents, alert)


def read_triage(document: Document | None) -> TriageRecord:
    """The triage that a document holds; version 0 without a document."""
    return TriageRecord() if document is None else TriageRecord.of(document)


def _changed(before: str | None, new: str | None) -> str | None:
    return before if new is None else new or None


def check_lengths(*texts: str | None) -> None:
    """Raises UsageError for a text with more than `LONGEST` characters."""
    for text in texts:
        if text is not None and len(text) > LONGEST:
            raise UsageError(f"text too long: {len(text)} characters, at most {LONGEST} are allowed")
