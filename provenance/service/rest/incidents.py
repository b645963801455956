"""Incidents over HTTP: what to open first, the story of one, and what people decide about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from provenance.alerts.values import text
from provenance.errors import InputError, UsageError
from provenance.service.access import require
from provenance.service.auth.tokens import Principal
from provenance.service.incidents import book as incidents_book
from provenance.service.incidents import records, views
from provenance.service.incidents import updates as incidents
from provenance.service.jobs import deliveries
from provenance.service.jobs.deliveries import Delivery
from provenance.service.rest.answers import MOST, Answer, cursor, place
from provenance.service.rest.schemas import REFUSED
from provenance.service.service import service_of

router = APIRouter(tags=["incidents"], responses=REFUSED)
Limit = Annotated[int, Query(ge=1, le=MOST)]
State = Annotated[str | None, Query(description="open, acknowledged or closed", max_length=20)]
Reader = Annotated[Principal, Depends(require("read"))]
Analyst = Annotated[Principal, Depends(require("alert"))]
Admin = Annotated[Principal, Depends(require("admin"))]
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "no such thing"}}
UNREADABLE: dict[int | str, dict[str, Any]] = {**UNKNOWN, 422: {"description": "a body that cannot be read"}}
_GROUP = 10_000
_TEXT = {"type": "string"}


def body_schema(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of a JSON object that is read by `json_body`."""
    schema = {"type": "object", "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def json_body(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Raises InputError."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise InputError("the body is no JSON") from error
    if not isinstance(body, dict):
        raise InputError("the body is no JSON object")
    return body


Body = Annotated[dict[str, Any], Depends(json_body)]


@router.get("/incidents")
def listed(request: Request, _: Reader, state: State = None, after: str | None = None, limit: Limit = 50) -> Answer:
    """A page of incidents, what to open first first. `next` is the `after` of the next page."""
    if state is not None and state not in incidents_book.STATES:
        raise UsageError(f"state: one of {', '.join(incidents_book.STATES)}")
    page = list(service_of(request).documents.page(records.INCIDENT, state, place(after), limit))
    return Answer({"incidents": [views.brief(document) for document in page], "next": cursor(page, limit)})


@router.get("/incidents/{id}", responses=UNKNOWN)
def shown(request: Request, _: Reader, id: str) -> Answer:
    """An incident with its alerts, its ways in and its one chain. The id of one that was merged gives the one it is in."""
    documents = service_of(request).documents
    return Answer(views.whole(documents, incidents_book.found(documents, id)))


@router.patch(
    "/incidents/{id}",
    responses=UNREADABLE,
    openapi_extra=body_schema(state={"enum": list(incidents_book.STATES)}, assignee=_TEXT, note=_TEXT),
)
async def noted(request: Request, who: Analyst, id: str, body: Body) -> Answer:
    """Change an incident's state or assignee (empty: nobody), or write a note to it."""
    service = service_of(request)
    state, assignee, said = (_text(body, name) for name in ("state", "assignee", "note"))
    if state is None and assignee is None and said is None:
        raise InputError("nothing to change: give state, assignee or note")
    document = await run_in_threadpool(incidents.note, service, id, who.name, state, assignee, said)
    return Answer(await run_in_threadpool(views.whole, service.documents, document))


@router.post(
    "/incidents/{id}/merge",
    responses=UNREADABLE,
    openapi_extra=body_schema(incidents={"type": "array", "items": _TEXT}),
)
async def merged(request: Request, who: Analyst, id: str, body: Body) -> Answer:
    """Make one incident of this one and others, for good."""
    others = _texts(body, "incidents")
    return Answer(await run_in_threadpool(_merge, request, who, id, others))


def _merge(request: Request, who: Principal, id: str, others: list[str]) -> dict[str, str]:
    service = service_of(request)
    ids = {incidents_book.found(service.documents, one).key: None for one in (id, *others)}
    group = [alert.id for one in ids for alert in incidents_book.members(service.documents, one)]
    homes = incidents.decide(service, [group], who.name)
    return {"incident": homes[group[0]]}


@router.post(
    "/incidents/{id}/split",
    responses=UNREADABLE,
    openapi_extra=body_schema(alerts={"type": "array", "items": _TEXT}),
)
async def split(request: Request, who: Analyst, id: str, body: Body) -> Answer:
    """Take alerts out of an incident into one of their own, for good."""
    alerts = _texts(body, "alerts")
    return Answer(await run_in_threadpool(_split, request, who, id, alerts))


def _split(request: Request, who: Principal, id: str, alerts: list[str]) -> dict[str, list[str]]:
    service = service_of(request)
    home = incidents_book.found(service.documents, id).key
    there = [alert.id for alert in incidents_book.members(service.documents, home)]
    out, rest = [alert for alert in there if alert in alerts], [alert for alert in there if alert not in alerts]
    if strange := set(alerts) - set(there):
        raise InputError(f"alerts: {min(strange)[:80]!r} is not in this incident")
    if not rest:
        raise InputError("alerts: all of this incident's; leave at least one")
    homes = incidents.decide(service, [rest, out], who.name)
    return {"incidents": [homes[rest[0]], homes[out[0]]]}


@router.get("/outgoing")
def outgoing(request: Request, _: Admin) -> Answer:
    """What was told to whom, and what could not be."""
    service = service_of(request)
    return Answer(
        {"targets": [_target(service.documents, name) for name in deliveries.targets(service.settings.outgoing)]}
    )


@router.post("/outgoing/{target}/{incident}/retry", status_code=202, responses=UNKNOWN)
def retold(request: Request, _: Admin, target: str, incident: str) -> Answer:
    """Tell an incident to somebody once more, now."""
    service = service_of(request)
    known = target in deliveries.targets(service.settings.outgoing)
    if not known or not deliveries.again(service.documents, target, incident, service.clock()):
        return Answer({"detail": "nothing of this incident was to be told to this target"}, 404)
    return Answer({"target": target, "incident": incident, "state": deliveries.DUE}, 202)


def _target(documents: Any, name: str) -> dict[str, Any]:
    kind = deliveries.kind_of(name)
    failed = documents.page(kind, deliveries.FAILED, limit=MOST)
    problems = [{"incident": document.key, "problem": Delivery.of(document).problem} for document in failed]
    return {"target": name, "states": dict(documents.counts(kind)), "failed": problems}


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _GROUP:
        raise InputError(f"{name}: a text of at most {_GROUP} characters")
    return text(value) if value.strip() else ""


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    values = body.get(name)
    if not isinstance(values, list) or not values or len(values) > _GROUP:
        raise InputError(f"{name}: a list of 1 to {_GROUP} ids")
    if not all(isinstance(value, str) for value in values):
        raise InputError(f"{name}: an id is a text")
    return list(dict.fromkeys(values))
