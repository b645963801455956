"""Suppression rules and what they hid, as documents.

A rule's document is of kind `suppression`, in state `on`; one that was withdrawn stays, in state `off`, because what it hid
still names it. A hidden alert is a document of kind `suppressed` whose state is the id of the rule.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from provenance.alerts.alert import Alert
from provenance.errors import NothingFound
from provenance.service.suppression.rules import Rule, hiding, rule
from provenance.store.documents import Document, Documents, Place

RULE, HIDDEN = "suppression", "suppressed"
_ON, _OFF = "on", "off"
_PAGE = 500


def create(documents: Documents, body: Mapping[str, Any], until: int, by: str, now_ms: int) -> Document:
    """Keep a new rule. Raises UsageError."""
    made = rule(f"r{secrets.token_hex(8)}", body, until)
    kept = {
        "conditions": dict(made.conditions),
        "owner": made.owner,
        "reason": made.reason,
        "until": until,
        "by": by,
        "created": now_ms,
    }
    documents.add(RULE, made.id, kept, _ON, now_ms)
    return Document(RULE, made.id, kept, _ON, now_ms)


def change(documents: Documents, id: str, body: Mapping[str, Any], until: int | None, by: str, now_ms: int) -> Document:
    """Change some fields of a rule. Raises NothingFound, UsageError."""
    document = known(documents, id)
    fields = {name: body[name] for name in ("conditions", "owner", "reason") if name in body}
    end = int(document.body["until"]) if until is None else until
    made = rule(id, dict(document.body) | fields, end)
    kept = dict(document.body) | {
        "conditions": dict(made.conditions),
        "owner": made.owner,
        "reason": made.reason,
        "until": end,
        "by": by,
        "changed": now_ms,
    }
    if not documents.replace(document, kept):
        return change(documents, id, body, until, by, now_ms)
    return known(documents, id)


def withdraw(documents: Documents, id: str, by: str, now_ms: int) -> None:
    """A rule hides nothing any more. Raises NothingFound."""
    document = known(documents, id)
    if not documents.replace(document, dict(document.body) | {"by": by, "withdrawn": now_ms}, _OFF):
        withdraw(documents, id, by, now_ms)


def known(documents: Documents, id: str) -> Document:
    """A rule, withdrawn or not. Raises NothingFound."""
    document = documents.get(RULE, id)
    if document is None:
        raise NothingFound(f"no suppression rule {id[:80]!r}")
    return document


def rules(documents: Documents) -> list[Rule]:
    """The rules that were not withdrawn."""
    found: list[Document] = []
    while page := documents.page(RULE, _ON, Place(found[-1].rank, found[-1].key) if found else None, _PAGE):
        found += page
    return [rule(document.key, document.body, int(document.body["until"])) for document in found]


def hide(documents: Documents, alert: Alert, at_ms: int, now_ms: int) -> str | None:
    """The rule that hides an alert that was raised at a moment, which is noted. None when nothing does."""
    made = hiding(rules(documents), alert, at_ms)
    if made is None:
        documents.remove(HIDDEN, alert.id)
        return None
    body = {"source": alert.source, "id": alert.external_id, "title": alert.title, "time": at_ms, "rule": made.id}
    if not documents.add(HIDDEN, alert.id, body, made.id, -now_ms):
        document = documents.get(HIDDEN, alert.id)
        if document is not None and document.state != made.id:
            documents.replace(document, body, made.id, -now_ms)
    return made.id


def hidden_by(documents: Documents, alert: str) -> str | None:
    """The rule that hid an alert."""
    document = documents.get(HIDDEN, alert)
    return None if document is None else document.state


def hidden(documents: Documents, id: str | None, after: Place | None, limit: int) -> Sequence[Document]:
    """What a rule, or any, hid: the last first."""
    return documents.page(HIDDEN, id, after, limit)


def hidden_counts(documents: Documents) -> Mapping[str, int]:
    """How many alerts each rule hid."""
    return documents.counts(HIDDEN)
