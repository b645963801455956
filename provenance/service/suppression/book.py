"""Suppression rules and what they hid, as documents (`records`). A rule that was withdrawn stays, because what it hid still names
it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from provenance.alerts.alert import Alert
from provenance.errors import NothingFound
from provenance.service.suppression.records import HIDDEN, OFF, ON, RULE, HiddenRecord, RuleRecord
from provenance.service.suppression.rules import Rule, hiding, rule
from provenance.store.documents import Document, Documents, Place

_PAGE = 500


def create(documents: Documents, body: Mapping[str, Any], until: int, by: str, now_ms: int) -> Document:
    """Keep a new rule. Raises UsageError."""
    made = rule(f"r{secrets.token_hex(8)}", body, until)
    record = RuleRecord(made, by, now_ms)
    documents.add(RULE, made.id, record.to_body(), ON, now_ms)
    return Document(RULE, made.id, record.to_body(), ON, now_ms)


def change(documents: Documents, id: str, body: Mapping[str, Any], until: int | None, by: str, now_ms: int) -> Document:
    """Change some fields of a rule. Raises NothingFound, UsageError."""
    document = known(documents, id)
    record = RuleRecord.of(document)
    fields = {name: body[name] for name in ("conditions", "owner", "reason") if name in body}
    made = rule(id, asdict(record.rule) | fields, record.rule.until if until is None else until)
    if not documents.replace(document, replace(record, rule=made, by=by, changed=now_ms).to_body()):
        return change(documents, id, body, until, by, now_ms)
    return known(documents, id)


def withdraw(documents: Documents, id: str, by: str, now_ms: int) -> None:
    """A rule hides nothing any more. Raises NothingFound."""
    document = known(documents, id)
    if not documents.replace(document, replace(RuleRecord.of(document), by=by, withdrawn=now_ms).to_body(), OFF):
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
    while page := documents.page(RULE, ON, Place(found[-1].rank, found[-1].key) if found else None, _PAGE):
        found += page
    return [RuleRecord.of(document).rule for document in found]


def hide(documents: Documents, alert: Alert, at_ms: int, now_ms: int) -> str | None:
    """The rule that hides an alert that was raised at a moment, which is noted. None when nothing does."""
    made = hiding(rules(documents), alert, at_ms)
    if made is None:
        documents.remove(HIDDEN, alert.id)
        return None
    body = HiddenRecord(alert.source, alert.external_id, alert.title, at_ms, made.id).to_body()
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
