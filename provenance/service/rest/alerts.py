"""The REST routes of alerts: submission, results, stories and dead letters."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse

from provenance.alerts import dead_letters
from provenance.alerts.dead_letters import DeadLetter
from provenance.alerts.intake import MOST_DEAD_LETTERS, Submitted
from provenance.alerts.record import KIND, AlertRecord, State, visible_state
from provenance.alerts.results import anchor_json
from provenance.errors import NothingFound
from provenance.ingest.clock import rfc3339
from provenance.render.as_json import trace_json
from provenance.render.lines import WIDTH, write_wrapped
from provenance.render.story import story
from provenance.service.access import require
from provenance.service.alerts import intake, queue
from provenance.service.incidents.storage import incident_of
from provenance.service.rest.answers import MOST, Answer, next_cursor, parse_cursor
from provenance.service.rest.schemas import ALERT_BODY, ERRORS
from provenance.service.service import Service, service_of
from provenance.service.suppression.storage import rule_that_hid
from provenance.service.tracing import stored_traces
from provenance.store.documents import Document
from provenance.text.times import Zone, instant
from provenance.trace.slice.budget import MOST_STEPS

router = APIRouter(tags=["alerts"], responses=ERRORS)
Limit = Annotated[int, Query(ge=1, le=MOST)]
_EXCERPT = 1_000
"""The characters of a dead letter that a list shows."""
Steps = Annotated[
    int | None,
    Query(
        ge=1,
        le=MOST_STEPS,
        description="the number of steps that the story shows; as many as fit on 40 lines if not given",
    ),
]
_HOW_TO_SEE_ALL = f"the parameter `steps` shows up to {MOST_STEPS}, GraphQL's `trace` every step"
Format = Annotated[str | None, Query(max_length=40, description="the format of the body; recognised if not given")]


@router.post(
    "/alerts",
    status_code=202,
    openapi_extra=ALERT_BODY,
    dependencies=[Depends(require("alert"))],
    responses={
        200: {"description": "already received"},
        422: {"description": "not an alert; stored as a dead letter"},
    },
)
async def submit(request: Request, format: Format = None) -> Answer:
    """Submit alerts. The answer to one alert is `{"alert", "state"}`, to several a list of these and of the rejected parts."""
    body = await request.body()
    return await run_in_threadpool(_submit, service_of(request), body, format)


def _submit(service: Service, body: bytes, format: str | None) -> Answer:
    result = intake.receive(service, body, format)
    status = 202 if result.new else 200 if result.alerts else 422
    states = _states(result.alerts)
    if len(states) == 1 and not result.rejects:
        return Answer(states[0], status)
    listed = result.rejects[:MOST_DEAD_LETTERS]
    rejects = [{"place": reject.place, "reason": reject.reason, "dead_letter": key} for reject, key in listed]
    content: dict[str, Any] = {"alerts": states, "refused": rejects}
    if len(result.rejects) > MOST_DEAD_LETTERS:
        content["more_refused"] = len(result.rejects) - MOST_DEAD_LETTERS
    if not states:
        content["detail"] = rejects[0]["reason"] if rejects else "the body is empty"
    return Answer(content, status)


@router.get("/alerts", dependencies=[Depends(require("read"))])
def list_alerts(request: Request, state: State | None = None, after: str | None = None, limit: Limit = 50) -> Answer:
    """A page of alerts: those in the queue first, then the newest. `next` is the `after` of the next page."""
    page = list(service_of(request).documents.page(KIND, state.value if state else None, parse_cursor(after), limit))
    return Answer({"alerts": [_brief(document) for document in page], "next": next_cursor(page, limit)})


@router.get("/alerts/{id}", dependencies=[Depends(require("read"))], responses={404: {"description": "unknown alert"}})
def get_alert(request: Request, id: str) -> Answer:
    """An alert with its complete result."""
    service = service_of(request)
    document = _alert_document(service, id)
    return Answer(full(service, document))


@router.get(
    "/alerts/{id}/story",
    response_class=PlainTextResponse,
    dependencies=[Depends(require("read"))],
    responses={404: {"description": "unknown alert, or it has not been traced yet"}},
)
def get_story(request: Request, id: str, steps: Steps = None) -> PlainTextResponse:
    """The story of an alert as text, as `provenance demo` prints one."""
    service = service_of(request)
    record = AlertRecord.of(_alert_document(service, id))
    keys = [key for key in (record.backtrack, record.forward) if key is not None]
    heads = [stored_traces.head(service.documents, key) for key in keys]
    names = tuple(None if head is None else head.name for head in heads)
    text = service.stories.get((names, steps), lambda: _story(service, id, record, steps))
    return PlainTextResponse(text)


def _story(service: Service, id: str, record: AlertRecord, steps: int | None) -> str:
    found = [service.tracer.load(service.documents, key) for key in (record.backtrack, record.forward)]
    if found[0] is None:
        raise NothingFound(record.reason or f"alert {id[:80]!r} has not been traced yet")
    out = io.StringIO()
    traces = [trace for trace in found if trace is not None]
    write_wrapped(story(traces, Zone(), most=steps, how_to_see_all=_HOW_TO_SEE_ALL), out, WIDTH)
    return out.getvalue().encode("utf-8", "backslashreplace").decode("utf-8")


@router.post(
    "/alerts/{id}/retry",
    status_code=202,
    dependencies=[Depends(require("alert"))],
    responses={404: {"description": "unknown alert"}},
)
def retry_alert(request: Request, id: str) -> Answer:
    """Put an alert into the queue again."""
    service = service_of(request)
    document = _alert_document(service, id)
    if document.state not in (State.QUEUED.value, State.RUNNING.value):
        queue.put_back(service.documents, document)
        service.wake()
    return Answer({"alert": id, "state": _alert_document(service, id).state}, 202)


@router.get("/dead-letters", dependencies=[Depends(require("read"))])
def list_dead_letters(request: Request, after: str | None = None, limit: Limit = 50) -> Answer:
    """A page of dead letters, the newest first, each with the beginning of its text and its length."""
    page = list(service_of(request).documents.page(dead_letters.KIND, None, parse_cursor(after), limit))
    found = [_dead_letter(document, _EXCERPT) for document in page]
    return Answer({"dead_letters": found, "next": next_cursor(page, limit)})


@router.get(
    "/dead-letters/{id}",
    dependencies=[Depends(require("read"))],
    responses={404: {"description": "unknown dead letter"}},
)
def get_dead_letter(request: Request, id: str) -> Answer:
    """A dead letter with its complete text."""
    found = service_of(request).documents.get(dead_letters.KIND, id)
    if found is None:
        raise NothingFound(f"unknown dead letter {id[:80]!r}")
    return Answer(_dead_letter(found, None))


@router.post(
    "/dead-letters/{id}/retry",
    dependencies=[Depends(require("alert"))],
    responses={404: {"description": "unknown dead letter"}},
)
def retry_dead_letter(request: Request, id: str, format: Format = None) -> Answer:
    """Read a dead letter again, in another format if given."""
    service = service_of(request)
    submitted, rejects = intake.read_again(service, id, format)
    content = [{"place": reject.place, "reason": reject.reason} for reject in rejects]
    return Answer({"alerts": _states(submitted), "refused": content}, 422 if rejects and not submitted else 200)


def _states(alerts: Iterable[Submitted]) -> list[dict[str, str]]:
    return [{"alert": one.id, "state": one.state.value} for one in alerts]


def _alert_document(service: Service, id: str) -> Document:
    found = service.documents.get(KIND, id)
    if found is None:
        raise NothingFound(f"unknown alert {id[:80]!r}")
    return found


def _dead_letter(document: Document, most: int | None) -> dict[str, Any]:
    letter = DeadLetter.of(document)
    return {
        "dead_letter": document.key,
        "reason": letter.reason,
        "place": letter.place,
        "format": letter.format,
        "original": letter.original[:most],
        "length": len(letter.original),
        "received": rfc3339(letter.received),
    }


def _brief(document: Document) -> dict[str, Any]:
    record = AlertRecord.of(document)
    alert, fields = record.alert, record.alert.fields
    return {
        "alert": document.key,
        "state": visible_state(document).value,
        "source": alert.source,
        "id": alert.external_id,
        "title": alert.title,
        "severity": fields.severity,
        "time": fields.time,
        "host": fields.host,
        "received": rfc3339(record.received),
        "reason": record.reason,
        "verdict": record.verdict or "",
    }


def full(service: Service, document: Document) -> dict[str, Any]:
    """An alert with its result, as `GET /alerts/ID` returns it (docs/interface.md)."""
    record = AlertRecord.of(document)
    return _brief(document) | {
        "anchor": anchor_json(record.candidates or ()),
        "incident": incident_of(service.documents, document.key),
        "suppressed": rule_that_hid(service.documents, document.key),
        "computed": None if record.computed is None else rfc3339(record.computed),
        "computed_from": [
            {"host": host, "first": instant(seen.first), "last": instant(seen.last)}
            for host, seen in record.computed_from.hosts.items()
        ],
        "changes": [{"time": rfc3339(change.time), "text": change.text} for change in record.changes],
        "backtrack": _rendered(service, record.backtrack, document.key),
        "forward": _rendered(service, record.forward, document.key),
    }


def _rendered(service: Service, key: str | None, alert: str) -> dict[str, Any] | None:
    """A stored trace as `provenance-trace/1`. Several alerts can share a trace, so the alert's id is added to its query."""
    found = service.tracer.load(service.documents, key)
    return None if found is None else trace_json(replace(found, query={**found.query, "alert": alert}))
