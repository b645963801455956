"""The web application: routes, limits and what errors look like. It is given its store; only the command line opens one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

from fastapi import FastAPI, Request

from provenance.errors import InputError, NothingFound, ProvenanceError, StoreBusy, StoreUnreachable, UsageError
from provenance.service.graphql.routing import router
from provenance.service.rest import alerts, health
from provenance.service.rest import incidents as incidents_rest
from provenance.service.rest import suppression as suppression_rest
from provenance.service.rest.answers import Answer
from provenance.service.rest.limits import Limits
from provenance.service.service import Service

_LOG = logging.getLogger("provenance.service")
_STATUS: tuple[tuple[type[ProvenanceError], int], ...] = ((NothingFound, 404), (UsageError, 400), (InputError, 422))
_BUSY = "the store cannot be used right now"


def create_app(service: Service, running: Callable[[], AbstractContextManager[object]] | None = None) -> FastAPI:
    """The application of a service. `running` is entered when it starts and left when it stops (the workers)."""

    queries = router(service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with running() if running is not None else nullcontext():
            yield
            service.stopping.set()
            await asyncio.to_thread(queries.engine.close)

    app = FastAPI(
        title="provenance", version="1", lifespan=lifespan, docs_url=None, redoc_url=None, default_response_class=Answer
    )
    app.state.service = service
    settings = service.settings
    app.add_middleware(Limits, body_bytes=settings.body_bytes, request_s=settings.request_s, metrics=service.metrics)
    app.add_exception_handler(ProvenanceError, _known)
    app.add_exception_handler(Exception, _unknown)
    app.include_router(health.router)
    app.include_router(alerts.router)
    app.include_router(incidents_rest.router)
    app.include_router(suppression_rest.router)
    app.include_router(queries, prefix="/graphql")
    return app


async def _known(request: Request, error: Exception) -> Answer:
    """An error of ours: clear when it is the caller's, masked when it is the store's, whose message may name paths."""
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return Answer({"detail": str(error)}, status)
    _LOG.error("the store failed", extra={"why": str(error), "path": request.url.path})
    headers = {"Retry-After": "5"} if isinstance(error, (StoreBusy, StoreUnreachable)) else {}
    return Answer({"detail": _BUSY}, 503, headers)


async def _unknown(request: Request, error: Exception) -> Answer:
    _LOG.error("a request failed", exc_info=error, extra={"path": request.url.path})
    return Answer({"detail": "an error of ours; the log says which"}, 500)
