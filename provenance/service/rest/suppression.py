"""The REST routes of suppression rules and of the alerts that they hid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from provenance.alerts.values import time
from provenance.errors import InputError
from provenance.ingest.clock import rfc3339
from provenance.service.rest.answers import MOST, Answer, next_cursor, parse_cursor
from provenance.service.rest.incidents import INVALID_BODY, UNKNOWN_ID, Admin, Body, Limit, Reader, body_schema
from provenance.service.rest.schemas import ERRORS
from provenance.service.service import service_of
from provenance.service.suppression import storage
from provenance.service.suppression.records import OFF, RULE, HiddenRecord, RuleRecord
from provenance.service.suppression.rules import CONDITIONS
from provenance.store.documents import Document

router = APIRouter(tags=["suppressions"], responses=ERRORS)
_TEXT = {"type": "string"}
_RULE = body_schema(
    conditions={"type": "object", "properties": dict.fromkeys(CONDITIONS, _TEXT), "additionalProperties": False},
    owner=_TEXT,
    reason=_TEXT,
    until={"type": "string", "format": "date-time"},
)


@router.get("/suppressions")
def list_rules(request: Request, _: Reader, after: str | None = None, limit: Limit = MOST) -> Answer:
    """A page of rules, including withdrawn ones, each with the number of alerts that it hid."""
    service = service_of(request)
    page = list(service.documents.page(RULE, None, parse_cursor(after), limit))
    counts, now = storage.hidden_counts(service.documents), service.clock()
    rules = [_rule(document, now, counts.get(document.key, 0)) for document in page]
    return Answer({"suppressions": rules, "next": next_cursor(page, limit), "hidden": sum(counts.values())})


@router.post("/suppressions", status_code=201, responses=INVALID_BODY, openapi_extra=_RULE)
async def create_rule(request: Request, who: Admin, body: Body) -> Answer:
    """Create a rule: conditions that must all match (`*`, `?` and `[` as in a shell), an owner, a reason, and an end."""
    service = service_of(request)
    until, now = _until(body), service.clock()
    document = await run_in_threadpool(storage.create, service.documents, body, until, who.name, now)
    return Answer(_rule(document, now, 0), 201)


@router.get("/suppressions/{id}", responses=UNKNOWN_ID)
def get_rule(request: Request, _: Reader, id: str) -> Answer:
    """A rule with the number of alerts that it hid."""
    service = service_of(request)
    document = storage.rule_document(service.documents, id)
    return Answer(_rule(document, service.clock(), storage.hidden_counts(service.documents).get(id, 0)))


@router.patch("/suppressions/{id}", responses=INVALID_BODY, openapi_extra=_RULE)
async def change_rule(request: Request, who: Admin, id: str, body: Body) -> Answer:
    """Change fields of a rule."""
    service = service_of(request)
    until, now = (_until(body) if "until" in body else None), service.clock()
    document = await run_in_threadpool(storage.change, service.documents, id, body, until, who.name, now)
    counts = await run_in_threadpool(storage.hidden_counts, service.documents)
    return Answer(_rule(document, now, counts.get(id, 0)))


@router.delete("/suppressions/{id}", responses=UNKNOWN_ID)
def withdraw_rule(request: Request, who: Admin, id: str) -> Answer:
    """Withdraw a rule. It hides no further alerts; those that it hid stay hidden and listed."""
    service = service_of(request)
    storage.withdraw(service.documents, id, who.name, service.clock())
    return Answer({"suppression": id, "state": "withdrawn"})


@router.get("/suppressed")
def list_hidden_alerts(
    request: Request, _: Reader, rule: str | None = None, after: str | None = None, limit: Limit = 50
) -> Answer:
    """A page of the alerts that one rule hid, or any rule, the last hidden first."""
    page = list(storage.hidden_alerts(service_of(request).documents, rule or None, parse_cursor(after), limit))
    return Answer({"alerts": [_hidden_alert(document) for document in page], "next": next_cursor(page, limit)})


def _until(body: Mapping[str, Any]) -> int:
    try:
        return round(datetime.fromisoformat(time(body.get("until"))).timestamp() * 1000)
    except (InputError, OverflowError, ValueError) as error:
        raise InputError(f"until: {error}") from error


def _hidden_alert(document: Document) -> dict[str, Any]:
    record = HiddenRecord.of(document)
    return {
        "alert": document.key,
        "source": record.source,
        "id": record.external_id,
        "title": record.title,
        "time": rfc3339(record.raised),
        "rule": record.rule,
    }


def _rule(document: Document, now_ms: int, count: int) -> dict[str, Any]:
    record = RuleRecord.of(document)
    rule = record.rule
    return {
        "suppression": document.key,
        "state": "withdrawn" if document.state == OFF else "ended" if now_ms >= rule.until else "on",
        "conditions": rule.conditions,
        "owner": rule.owner,
        "reason": rule.reason,
        "until": rfc3339(rule.until),
        "created": rfc3339(record.created),
        "by": record.by,
        "hidden": count,
    }
