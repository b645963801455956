"""Storage of suppression rules and of the alerts that they hid, as documents (`records`). A withdrawn rule is kept, because the
alerts that it hid refer to it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from provenance.alerts.alert import Alert
from provenance.errors import NothingFound
from provenance.service.suppression.records import HIDDEN, OFF, ON, RULE, HiddenRecord, RuleRecord
from provenance.service.suppression.rules import Rule, matching_rule, parse_rule
from provenance.store.documents import Document, Documents, Place

_PAGE = 500


def create(documents: Documents, body: Mapping[str, Any], until: int, by: str, now_ms: int) -> Document:
    """Stores a new rule that ends at `until` (ms). Raises UsageError for an invalid body."""
    made = parse_rule(f"r{secrets.token_hex(8)}", body, until)
    record = RuleRecord(made, by, now_ms)
    documents.add(RULE, made.id, record.to_body(), ON, now_ms)
    return Document(RULE, made.id, record.to_body(), ON, now_ms)


def change(documents: Documents, id: str, body: Mapping[str, Any], until: int | None, by: str, now_ms: int) -> Document:
    """Changes those fields of a rule that `body` has. Raises NothingFound, UsageError."""
    document = rule_document(documents, id)
    record = RuleRecord.of(document)
    fields = {name: body[name] for name in ("conditions", "owner", "reason") if name in body}
    made = parse_rule(id, asdict(record.rule) | fields, record.rule.until if until is None else until)
    if not documents.replace(document, replace(record, rule=made, by=by, changed=now_ms).to_body()):
        return change(documents, id, body, until, by, now_ms)
    return rule_document(documents, id)


def withdraw(documents: Documents, id: str, by: str, now_ms: int) -> None:
    """Withdraws a rule, which then hides no further alerts. Raises NothingFound."""
    document = rule_document(documents, id)
    if not documents.replace(document, replace(RuleRecord.of(document), by=by, withdrawn=now_ms).to_body(), OFF):
        withdraw(documents, id, by, now_ms)


def rule_document(documents: Documents, id: str) -> Document:
    """The document of a rule, withdrawn or not. Raises NothingFound."""
    document = documents.get(RULE, id)
    if document is None:
        raise NothingFound(f"unknown suppression rule {id[:80]!r}")
    return document


def rules(documents: Documents) -> list[Rule]:
    """The rules in force or ended, without the withdrawn ones."""
    found: list[Document] = []
    while page := documents.page(RULE, ON, Place(found[-1].rank, found[-1].key) if found else None, _PAGE):
        found += page
    return [RuleRecord.of(document).rule for document in found]


def hide(documents: Documents, alert: Alert, at_ms: int, now_ms: int) -> str | None:
    """Hides an alert, raised at `at_ms`, if a rule applies: stores that, and returns the id of the rule. None without a rule."""
    match = matching_rule(rules(documents), alert, at_ms)
    if match is None:
        documents.remove(HIDDEN, alert.id)
        return None
    body = HiddenRecord(alert.source, alert.external_id, alert.title, at_ms, match.id).to_body()
    if not documents.add(HIDDEN, alert.id, body, match.id, -now_ms):
        document = documents.get(HIDDEN, alert.id)
        if document is not None and document.state != match.id:
            documents.replace(document, body, match.id, -now_ms)
    return match.id


def rule_that_hid(documents: Documents, alert: str) -> str | None:
    """The id of the rule that hid an alert; None if the alert is not hidden."""
    document = documents.get(HIDDEN, alert)
    return None if document is None else document.state


def hidden_alerts(documents: Documents, id: str | None, after: Place | None, limit: int) -> Sequence[Document]:
    """A page of the alerts that the rule with this id hid, or any rule, the last hidden first."""
    return documents.page(HIDDEN, id, after, limit)


def hidden_counts(documents: Documents) -> Mapping[str, int]:
    """The number of alerts that each rule hid, by the rule's id."""
    return documents.counts(HIDDEN)
