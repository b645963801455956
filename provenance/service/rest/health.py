"""The REST routes for operation: liveness, readiness and metrics."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from provenance.alerts.record import KIND, State
from provenance.errors import StoreError
from provenance.service.access import on_loopback, require
from provenance.service.rest.readiness import Readiness
from provenance.service.service import service_of

router = APIRouter(tags=["operation"])
_reader = require("read")


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Liveness: the process answers. It needs no thread and no store."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "not ready yet"}})
async def readyz(request: Request, response: Response) -> dict[str, str]:
    """Readiness: the store is warm, can be read, and keeps what is written."""
    readiness: Readiness = request.app.state.readiness
    problem = await readiness.problem()
    if problem:
        response.status_code = 503
    return {"status": problem or "ok"}


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}}, "description": "Prometheus' text format"},
        401: {"description": "request from another machine without a token"},
    },
)
def metrics(request: Request) -> Response:
    """Metrics for Prometheus. A request from another machine needs a token with the scope read."""
    if not on_loopback(request):
        _reader(request)
    service = service_of(request)
    try:
        counts = service.documents.counts(KIND)
    except StoreError as error:
        raise HTTPException(503, "the store cannot be read") from error
    for state in State:
        service.metrics.alerts.labels(state.value).set(counts.get(state.value, 0))
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)
