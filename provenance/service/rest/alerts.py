"""Alerts in, and what became of them."""

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
from provenance.alerts.intake import LETTERS, Submitted
from provenance.alerts.record import KIND, AlertRecord, State, shown
from provenance.errors import NothingFound
from provenance.ingest.clock import rfc3339
from provenance.render.as_json import trace_json
from provenance.render.lines import write_lines
from provenance.render.story import story
from provenance.service.access import require
from provenance.service.alerts import intake, queue
from provenance.service.incidents.book import incident_of
from provenance.service.rest.answers import MOST, Answer, cursor, place
from provenance.service.rest.schemas import ALERT_BODY, REFUSED
from provenance.service.service import Service, service_of
from provenance.service.suppression.book import hidden_by
from provenance.store.documents import Document
from provenance.store.fingerprint import hosts_of
from provenance.text.times import Zone, instant

router = APIRouter(tags=["alerts"], responses=REFUSED)
Limit = Annotated[int, Query(ge=1, le=MOST)]
_BEGINNING = 1_000
"""Characters of what was refused that a list shows: it may be as long as a body may be."""
Format = Annotated[str | None, Query(max_length=40, description="what the body is; recognised when not given")]


@router.post(
    "/alerts",
    status_code=202,
    openapi_extra=ALERT_BODY,
    dependencies=[Depends(require("alert"))],
    responses={200: {"description": "known already"}, 422: {"description": "no alert; kept as a dead letter"}},
)
async def submit(request: Request, format: Format = None) -> Answer:
    """Take alerts in. One alert is answered by `{"alert", "state"}`, several by lists of those and of what was refused."""
    body = await request.body()
    return await run_in_threadpool(_submit, service_of(request), body, format)


def _submit(service: Service, body: bytes, format: str | None) -> Answer:
    taken = intake.take_in(service, body, format)
    status = 202 if taken.new else 200 if taken.alerts else 422
    states = _states(taken.alerts)
    if len(states) == 1 and not taken.refused:
        return Answer(states[0], status)
    told = taken.refused[:LETTERS]
    refused = [{"place": one.place, "reason": one.reason, "dead_letter": key} for one, key in told]
    said: dict[str, Any] = {"alerts": states, "refused": refused}
    if len(taken.refused) > LETTERS:
        said["more_refused"] = len(taken.refused) - LETTERS
    if not states:
        said["detail"] = refused[0]["reason"] if refused else "nothing to read"
    return Answer(said, status)


@router.get("/alerts", dependencies=[Depends(require("read"))])
def alerts(request: Request, state: State | None = None, after: str | None = None, limit: Limit = 50) -> Answer:
    """A page of alerts: those in the queue first, then the newest. `next` is the `after` of the next page."""
    page = list(service_of(request).documents.page(KIND, state.value if state else None, place(after), limit))
    return Answer({"alerts": [_brief(document) for document in page], "next": cursor(page, limit)})


@router.get("/alerts/{id}", dependencies=[Depends(require("read"))], responses={404: {"description": "no such alert"}})
def alert(request: Request, id: str) -> Answer:
    """An alert with everything that was found."""
    service = service_of(request)
    document = _known(service, id)
    return Answer(whole(service, document))


@router.get(
    "/alerts/{id}/story",
    response_class=PlainTextResponse,
    dependencies=[Depends(require("read"))],
    responses={404: {"description": "no such alert, or nothing to tell yet"}},
)
def told(request: Request, id: str) -> PlainTextResponse:
    """The story of an alert as text, as `provenance demo` tells it."""
    service = service_of(request)
    record = AlertRecord.of(_known(service, id))
    found = [service.tracer.load(service.documents, key) for key in (record.backtrack, record.forward)]
    if found[0] is None:
        raise NothingFound(record.reason or f"alert {id[:80]!r} has not been traced yet")
    out = io.StringIO()
    write_lines(story([trace for trace in found if trace is not None], Zone()), out)
    return PlainTextResponse(out.getvalue().encode("utf-8", "backslashreplace").decode("utf-8"))


@router.post(
    "/alerts/{id}/retry",
    status_code=202,
    dependencies=[Depends(require("alert"))],
    responses={404: {"description": "no such alert"}},
)
def retry(request: Request, id: str) -> Answer:
    """Work on an alert again, now."""
    service = service_of(request)
    document = _known(service, id)
    if document.state not in (State.QUEUED.value, State.RUNNING.value):
        queue.put_back(service.documents, document)
        service.wake()
    return Answer({"alert": id, "state": _known(service, id).state}, 202)


@router.get("/dead-letters", dependencies=[Depends(require("read"))])
def letters(request: Request, after: str | None = None, limit: Limit = 50) -> Answer:
    """A page of what was refused, the newest first, each with the beginning of what came in and its length."""
    page = list(service_of(request).documents.page(dead_letters.KIND, None, place(after), limit))
    found = [_letter(document, _BEGINNING) for document in page]
    return Answer({"dead_letters": found, "next": cursor(page, limit)})


@router.get(
    "/dead-letters/{id}",
    dependencies=[Depends(require("read"))],
    responses={404: {"description": "no such dead letter"}},
)
def letter(request: Request, id: str) -> Answer:
    """What was refused, whole."""
    found = service_of(request).documents.get(dead_letters.KIND, id)
    if found is None:
        raise NothingFound(f"no dead letter {id[:80]!r}")
    return Answer(_letter(found, None))


@router.post(
    "/dead-letters/{id}/retry",
    dependencies=[Depends(require("alert"))],
    responses={404: {"description": "no such dead letter"}},
)
def read_again(request: Request, id: str, format: Format = None) -> Answer:
    """Read what was refused once more, as another format when given."""
    service = service_of(request)
    done, left = intake.read_again(service, id, format)
    refused = [{"place": reject.place, "reason": reject.reason} for reject in left]
    return Answer({"alerts": _states(done), "refused": refused}, 422 if left and not done else 200)


def _states(alerts: Iterable[Submitted]) -> list[dict[str, str]]:
    return [{"alert": one.id, "state": one.state.value} for one in alerts]


def _known(service: Service, id: str) -> Document:
    found = service.documents.get(KIND, id)
    if found is None:
        raise NothingFound(f"no alert {id[:80]!r}")
    return found


def _letter(document: Document, most: int | None) -> dict[str, Any]:
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
    alert = record.alert
    return {
        "alert": document.key,
        "state": shown(document).value,
        "source": alert.source,
        "id": alert.external_id,
        "title": alert.title,
        "severity": alert.body.get("severity"),
        "time": alert.body.get("time"),
        "host": alert.body.get("host"),
        "received": rfc3339(record.received),
        "reason": record.reason,
        "verdict": record.verdict or "",
    }


def whole(service: Service, document: Document) -> dict[str, Any]:
    """An alert as docs/interface.md lays it out, and what else is known of it."""
    record = AlertRecord.of(document)
    return _brief(document) | {
        "anchor": record.anchor or {"candidates": []},
        "incident": incident_of(service.documents, document.key),
        "suppressed": hidden_by(service.documents, document.key),
        "computed": None if record.computed is None else rfc3339(record.computed),
        "computed_from": [
            {"host": host, "first": instant(seen[0]), "last": instant(seen[1])}
            for host, seen in hosts_of(record.computed_from).items()
        ],
        "changes": [{"time": rfc3339(change["time"]), "text": change["text"]} for change in record.changes],
        "backtrack": _rendered(service, record.backtrack, document.key),
        "forward": _rendered(service, record.forward, document.key),
    }


def _rendered(service: Service, key: str | None, alert: str) -> dict[str, Any] | None:
    """A stored trace as `provenance-trace/1`, with the alert in its query: several alerts share a trace."""
    found = service.tracer.load(service.documents, key)
    return None if found is None else trace_json(replace(found, query={**found.query, "alert": alert}))
