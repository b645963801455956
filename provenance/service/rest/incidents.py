"""The REST routes of incidents: lists, single incidents, notes, merges and splits, and the state of outgoing messages."""

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
from provenance.service.incidents import records, storage, views
from provenance.service.incidents import updates as incidents
from provenance.service.jobs import deliveries
from provenance.service.jobs.deliveries import Delivery
from provenance.service.rest.answers import MOST, Answer, next_cursor, parse_cursor
from provenance.service.rest.schemas import ERRORS
from provenance.service.service import service_of

router = APIRouter(tags=["incidents"], responses=ERRORS)
Limit = Annotated[int, Query(ge=1, le=MOST)]
State = Annotated[str | None, Query(description="open, acknowledged or closed", max_length=20)]
Reader = Annotated[Principal, Depends(require("read"))]
Analyst = Annotated[Principal, Depends(require("alert"))]
Admin = Annotated[Principal, Depends(require("admin"))]
UNKNOWN_ID: dict[int | str, dict[str, Any]] = {404: {"description": "unknown id"}}
INVALID_BODY: dict[int | str, dict[str, Any]] = {**UNKNOWN_ID, 422: {"description": "invalid body"}}
_LONGEST = 10_000
"""The most characters of a text, and ids of a list, in a body."""
_TEXT = {"type": "string"}


def body_schema(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """The OpenAPI description of a body that `json_body` reads: an object with these properties."""
    schema = {"type": "object", "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def json_body(request: Request) -> dict[str, Any]:
    """The JSON object in the body of a request. Raises InputError."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise InputError("invalid body: not JSON") from error
    if not isinstance(body, dict):
        raise InputError("invalid body: not a JSON object")
    return body


Body = Annotated[dict[str, Any], Depends(json_body)]


@router.get("/incidents")
def list_incidents(
    request: Request, _: Reader, state: State = None, after: str | None = None, limit: Limit = 50
) -> Answer:
    """A page of incidents, the most urgent first. `next` is the `after` of the next page."""
    if state is not None and state not in storage.STATES:
        raise UsageError(f"state: invalid value {state!r}: expected one of {', '.join(storage.STATES)}")
    page = list(service_of(request).documents.page(records.INCIDENT, state, parse_cursor(after), limit))
    return Answer({"incidents": [views.brief(document) for document in page], "next": next_cursor(page, limit)})


@router.get("/incidents/{id}", responses=UNKNOWN_ID)
def get_incident(request: Request, _: Reader, id: str) -> Answer:
    """An incident with its alerts, ways in and story. For the id of a merged incident: the incident it was merged into."""
    documents = service_of(request).documents
    return Answer(views.full(documents, storage.incident_document(documents, id)))


@router.patch(
    "/incidents/{id}",
    responses=INVALID_BODY,
    openapi_extra=body_schema(state={"enum": list(storage.STATES)}, assignee=_TEXT, note=_TEXT),
)
async def update_incident(request: Request, who: Analyst, id: str, body: Body) -> Answer:
    """Change the state or the assignee (empty: nobody) of an incident, or add a note to it."""
    service = service_of(request)
    state, assignee, note = (_text(body, name) for name in ("state", "assignee", "note"))
    if state is None and assignee is None and note is None:
        raise InputError("nothing to change: give state, assignee or note")
    document = await run_in_threadpool(incidents.note, service, id, who.name, state, assignee, note)
    return Answer(await run_in_threadpool(views.full, service.documents, document))


@router.post(
    "/incidents/{id}/merge",
    responses=INVALID_BODY,
    openapi_extra=body_schema(incidents={"type": "array", "items": _TEXT}),
)
async def merge_incidents(request: Request, who: Analyst, id: str, body: Body) -> Answer:
    """Merge this incident with others. The merge stays in effect when alerts are grouped again."""
    others = _texts(body, "incidents")
    return Answer(await run_in_threadpool(_merge, request, who, id, others))


def _merge(request: Request, who: Principal, id: str, others: list[str]) -> dict[str, str]:
    service = service_of(request)
    ids = {storage.incident_document(service.documents, one).key: None for one in (id, *others)}
    group = [alert.id for one in ids for alert in storage.alerts_in(service.documents, one)]
    homes = incidents.decide(service, [group], who.name)
    return {"incident": homes[group[0]]}


@router.post(
    "/incidents/{id}/split",
    responses=INVALID_BODY,
    openapi_extra=body_schema(alerts={"type": "array", "items": _TEXT}),
)
async def split_incident(request: Request, who: Analyst, id: str, body: Body) -> Answer:
    """Move alerts out of an incident into a new one. The split stays in effect when alerts are grouped again."""
    alerts = _texts(body, "alerts")
    return Answer(await run_in_threadpool(_split, request, who, id, alerts))


def _split(request: Request, who: Principal, id: str, alerts: list[str]) -> dict[str, list[str]]:
    service = service_of(request)
    home = storage.incident_document(service.documents, id).key
    all_alerts = [alert.id for alert in storage.alerts_in(service.documents, home)]
    moved, rest = [alert for alert in all_alerts if alert in alerts], [one for one in all_alerts if one not in alerts]
    if unknown := set(alerts) - set(all_alerts):
        raise InputError(f"alerts: {min(unknown)[:80]!r} is not in this incident")
    if not rest:
        raise InputError("alerts: at least one alert must stay in this incident")
    homes = incidents.decide(service, [rest, moved], who.name)
    return {"incidents": [homes[rest[0]], homes[moved[0]]]}


@router.get("/outgoing")
def list_outgoing(request: Request, _: Admin) -> Answer:
    """The targets of outgoing messages, with the number of deliveries by state, and the failed ones."""
    service = service_of(request)
    return Answer(
        {"targets": [_target(service.documents, name) for name in deliveries.targets(service.settings.outgoing)]}
    )


@router.post("/outgoing/{target}/{incident}/retry", status_code=202, responses=UNKNOWN_ID)
def retry_delivery(request: Request, _: Admin, target: str, incident: str) -> Answer:
    """Send an incident to a target again, now."""
    service = service_of(request)
    known = target in deliveries.targets(service.settings.outgoing)
    if not known or not deliveries.retry(service.documents, target, incident, service.clock()):
        return Answer({"detail": "unknown target, or no delivery of this incident to it"}, 404)
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
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise InputError(f"{name}: invalid value: expected a text of at most {_LONGEST} characters")
    return text(value) if value.strip() else ""


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    values = body.get(name)
    if not isinstance(values, list) or not values or len(values) > _LONGEST:
        raise InputError(f"{name}: invalid value: expected a list of 1 to {_LONGEST} ids")
    if not all(isinstance(value, str) for value in values):
        raise InputError(f"{name}: invalid value: expected a list of texts")
    return list(dict.fromkeys(values))
