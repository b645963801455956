"""What people say of alerts and of the graph, kept as documents: where an alert stands with them, and pinned entities.

Pure but for the documents they are given. Whoever changes something says which version was seen, so that two people do not
overwrite each other unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from provenance.errors import NothingFound, UsageError
from provenance.service.graphql.base.errors import Refused
from provenance.store.documents import Document, Documents

TRIAGE, PIN = "triage", "pin"
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
    """Change where an alert stands. Raises Refused (`CONFLICT`) when another version than the one seen is there."""
    short(asked.assignee, asked.note)
    while True:
        known = documents.get(TRIAGE, alert)
        before = read_mark(known)
        if asked.version is not None and asked.version != before.version:
            raise Refused("CONFLICT", "somebody changed it meanwhile: read it again", {"version": before.version})
        body = _body(before, asked, by, now_ms)
        state = str(body["standing"])
        if documents.replace(known, body, state) if known else documents.add(TRIAGE, alert, body, state, -now_ms):
            return mark_of(documents, alert)


def pin(documents: Documents, id: str, comment: str, by: str, now_ms: int) -> Document:
    """Pin an entity or flow; a pin that is there gets the new comment."""
    short(comment)
    body = {"comment": comment, "by": by, "time": now_ms}
    while not documents.add(PIN, id, body, rank=now_ms):
        known = documents.get(PIN, id)
        if known is not None and documents.replace(known, body):
            break
    found = documents.get(PIN, id)
    if found is None:
        raise NothingFound(f"the pin of {id} was taken away at once")
    return found


def read_mark(document: Document | None) -> Mark:
    """The standing that a document keeps; without one it is that of an alert that nobody has touched."""
    if document is None:
        return Mark()
    body = document.body
    return Mark(
        Standing(body["standing"]), body["assignee"], body["note"], body["by"], body["changed"], document.version
    )


def _body(before: Mark, asked: Change, by: str, now_ms: int) -> Mapping[str, Any]:
    return {
        "standing": (asked.standing or before.standing).value,
        "assignee": _after(before.assignee, asked.assignee),
        "note": _after(before.note, asked.note),
        "by": by,
        "changed": now_ms,
    }


def _after(before: str | None, asked: str | None) -> str | None:
    return before if asked is None else asked or None


def short(*texts: str | None) -> None:
    """Raise UsageError for a text that is too long to be kept."""
    for text in texts:
        if text is not None and len(text) > LONGEST:
            raise UsageError(f"a text of {len(text)} characters: at most {LONGEST}")
