"""The web application: its routes, limits and error answers. The command line opens the store and passes it in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

from fastapi import FastAPI, Request, Response

from provenance.errors import InputError, NothingFound, ProvenanceError, StoreBusy, StoreUnreachable, UsageError
from provenance.service.graphql.routing import router
from provenance.service.rest import alerts, health, home
from provenance.service.rest import incidents as incidents_rest
from provenance.service.rest import suppression as suppression_rest
from provenance.service.rest.answers import Answer
from provenance.service.rest.limits import Limits
from provenance.service.rest.readiness import Readiness
from provenance.service.service import Service

_LOG = logging.getLogger("provenance.service")
_STATUS: tuple[tuple[type[ProvenanceError], int], ...] = ((NothingFound, 404), (UsageError, 400), (InputError, 422))
_BUSY = "the store is unavailable"


def create_app(service: Service, running: Callable[[], AbstractContextManager[object]] | None = None) -> FastAPI:
    """The application of a service. `running` makes a context that lasts from its start to its stop: the workers."""

    queries = router(service)
    readiness = Readiness(service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with running() if running is not None else nullcontext():
            yield
            service.stopping.set()
            await asyncio.to_thread(queries.engine.close)
            await asyncio.to_thread(readiness.close)

    app = FastAPI(
        title="provenance",
        version="1",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        default_response_class=Answer,
    )
    app.state.service, app.state.readiness = service, readiness
    settings = service.settings
    app.add_middleware(Limits, body_bytes=settings.body_bytes, request_s=settings.request_s, metrics=service.metrics)
    app.add_exception_handler(ProvenanceError, _answer_to_known)
    app.add_exception_handler(Exception, _answer_to_unexpected)
    app.include_router(home.router)
    app.include_router(health.router)
    app.include_router(alerts.router)
    app.include_router(incidents_rest.router)
    app.include_router(suppression_rest.router)
    app.include_router(queries, prefix="/graphql")
    app.add_api_route("/openapi.json", _description(app), methods=["GET", "HEAD"], include_in_schema=False)
    return app


def _description(app: FastAPI) -> Callable[[], Awaitable[Response]]:
    """The route of the description of REST, which needs no token: rendered once, because FastAPI's own renders it for each
    request, on the event loop."""
    rendered: list[bytes] = []

    async def describe() -> Response:
        if not rendered:
            rendered.append(bytes(Answer(app.openapi()).body))
        return Response(rendered[0], media_type="application/json")

    return describe


async def _answer_to_known(request: Request, error: Exception) -> Answer:
    """The answer to a ProvenanceError: its message if the caller made the error; a fixed text for an error of the store, whose
    message may name paths."""
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return Answer({"detail": str(error)}, status)
    _LOG.error("store error while answering a request", extra={"why": str(error), "path": request.url.path})
    headers = {"Retry-After": "5"} if isinstance(error, (StoreBusy, StoreUnreachable)) else {}
    return Answer({"detail": _BUSY}, 503, headers)


async def _answer_to_unexpected(request: Request, error: Exception) -> Answer:
    _LOG.error("internal error while answering a request", exc_info=error, extra={"path": request.url.path})
    return Answer({"detail": "internal error: see the log of the service"}, 500)
