"""Suppression rules over HTTP, and what they hid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from provenance.alerts.values import time
from provenance.errors import InputError
from provenance.ingest.clock import rfc3339
from provenance.service.rest.answers import MOST, Answer, cursor, place
from provenance.service.rest.incidents import UNKNOWN, UNREADABLE, Admin, Body, Limit, Reader, body_schema
from provenance.service.rest.schemas import REFUSED
from provenance.service.service import service_of
from provenance.service.suppression import book as suppression_book
from provenance.service.suppression.records import OFF, RULE, HiddenRecord, RuleRecord
from provenance.service.suppression.rules import CONDITIONS
from provenance.store.documents import Document

router = APIRouter(tags=["suppressions"], responses=REFUSED)
_TEXT = {"type": "string"}
_RULE = body_schema(
    conditions={"type": "object", "properties": dict.fromkeys(CONDITIONS, _TEXT), "additionalProperties": False},
    owner=_TEXT,
    reason=_TEXT,
    until={"type": "string", "format": "date-time"},
)


@router.get("/suppressions")
def listed(request: Request, _: Reader, after: str | None = None, limit: Limit = MOST) -> Answer:
    """A page of rules, withdrawn ones too, with how many alerts each hid."""
    service = service_of(request)
    page = list(service.documents.page(RULE, None, place(after), limit))
    counts, now = suppression_book.hidden_counts(service.documents), service.clock()
    shown = [_shown(document, now, counts.get(document.key, 0)) for document in page]
    return Answer({"suppressions": shown, "next": cursor(page, limit), "hidden": sum(counts.values())})


@router.post("/suppressions", status_code=201, responses=UNREADABLE, openapi_extra=_RULE)
async def created(request: Request, who: Admin, body: Body) -> Answer:
    """Make a rule: conditions that must all match (`*`, `?` and `[` as in a shell), an owner, a reason, and an end."""
    service = service_of(request)
    until, now = _until(body), service.clock()
    document = await run_in_threadpool(suppression_book.create, service.documents, body, until, who.name, now)
    return Answer(_shown(document, now, 0), 201)


@router.get("/suppressions/{id}", responses=UNKNOWN)
def shown(request: Request, _: Reader, id: str) -> Answer:
    """A rule."""
    service = service_of(request)
    document = suppression_book.known(service.documents, id)
    return Answer(_shown(document, service.clock(), suppression_book.hidden_counts(service.documents).get(id, 0)))


@router.patch("/suppressions/{id}", responses=UNREADABLE, openapi_extra=_RULE)
async def changed(request: Request, who: Admin, id: str, body: Body) -> Answer:
    """Change fields of a rule."""
    service = service_of(request)
    until, now = (_until(body) if "until" in body else None), service.clock()
    document = await run_in_threadpool(suppression_book.change, service.documents, id, body, until, who.name, now)
    counts = await run_in_threadpool(suppression_book.hidden_counts, service.documents)
    return Answer(_shown(document, now, counts.get(id, 0)))


@router.delete("/suppressions/{id}", responses=UNKNOWN)
def withdrawn(request: Request, who: Admin, id: str) -> Answer:
    """Withdraw a rule. It hides nothing from now on; what it hid stays listed."""
    service = service_of(request)
    suppression_book.withdraw(service.documents, id, who.name, service.clock())
    return Answer({"suppression": id, "state": "withdrawn"})


@router.get("/suppressed")
def hidden(request: Request, _: Reader, rule: str | None = None, after: str | None = None, limit: Limit = 50) -> Answer:
    """A page of alerts that were hidden, by one rule or any, the last first."""
    page = list(suppression_book.hidden(service_of(request).documents, rule or None, place(after), limit))
    return Answer({"alerts": [_hidden(document) for document in page], "next": cursor(page, limit)})


def _until(body: Mapping[str, Any]) -> int:
    try:
        return round(datetime.fromisoformat(time(body.get("until"))).timestamp() * 1000)
    except (InputError, OverflowError, ValueError) as error:
        raise InputError(f"until: {error}") from error


def _hidden(document: Document) -> dict[str, Any]:
    record = HiddenRecord.of(document)
    return {
        "alert": document.key,
        "source": record.source,
        "id": record.external_id,
        "title": record.title,
        "time": rfc3339(record.raised),
        "rule": record.rule,
    }


def _shown(document: Document, now_ms: int, count: int) -> dict[str, Any]:
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
