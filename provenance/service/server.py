"""A service that listens: its application, its workers and uvicorn, until a signal stops it."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace

import uvicorn

from provenance.errors import UsageError
from provenance.service.alerts.site import site_reader
from provenance.service.app import create_app
from provenance.service.auth import tokens
from provenance.service.auth.jwt import check_of
from provenance.service.auth.rates import Rates
from provenance.service.incidents import updates as incidents
from provenance.service.service import Service
from provenance.service.settings import Settings
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.tracer import Tracer
from provenance.service.webhooks.sending import Sender
from provenance.service.webhooks.targets import outgoing
from provenance.service.workers.alerts import Bell, Worker
from provenance.service.workers.processes import Opening, Processes
from provenance.service.workers.warming import warm
from provenance.store.interface import Store

_LOG = logging.getLogger("provenance.service")
_CONNECTIONS = 1_000
_BACKLOG = 1_000
_LAST_S = 10.0
"""How long the last question to a store that is being warmed up may still take."""


def serve(store: Store, settings: Settings, opening: Opening) -> None:
    """Answer until SIGTERM or SIGINT; what is being worked on then goes back into the queue. `opening` opens the store anew
    in other processes.

    Raises UsageError for an address that others reach while nobody has a token, or one that cannot be listened on.
    """
    check_bind(store, settings)
    told = outgoing(settings.outgoing)
    alerts = site_reader(settings)
    listening = listen(settings)
    bell = Bell()
    processes = Processes(settings, opening) if settings.processes else None
    service = Service(
        store,
        settings,
        wake=bell.ring,
        tracer=Tracer(None if processes is None else processes.trace),
        alerts=alerts,
        jwt=check_of(settings.jwt),
        rates=Rates(settings.requests_a_minute),
    )
    work, warm_too = _working(service, bell, processes)
    sender = Sender(service, told)
    server = _Server(
        service,
        uvicorn.Config(
            create_app(service, lambda: _all(_warming(service, warm_too), *(one() for one in work), sender.running())),
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=int(settings.stop_s) + 1,
        ),
    )
    # uvicorn stops on SIGTERM and then raises it again for the handler that was there before: having stopped is no error.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with listening:
        address, port, *_ = listening.getsockname()
        _LOG.info("listening", extra={"address": address, "port": port})
        server.run(sockets=[listening])


def _working(
    service: Service, bell: Bell, processes: Processes | None
) -> tuple[list[Callable[[], AbstractContextManager[None]]], threading.Event | None]:
    """What works on the queue while it is entered, and what is set when that is warm: threads, or processes, which threads
    of this one look after."""
    if processes is None:
        return [Worker(service, bell, (incidents.after_done,)).running], None
    worker = Worker(replace(service, settings=replace(service.settings, workers=0)), bell)
    processes.report(worker.finished, worker.lost)
    bell.also(processes.ring)
    return [worker.running, processes.running], processes.warm


class _Server(uvicorn.Server):
    """Tells the service that it stops before it waits for answers to end: those of subscriptions would not."""

    def __init__(self, service: Service, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self._service.stopping.set()
        await super().shutdown(sockets)


@contextmanager
def _warming(service: Service, warm_too: threading.Event | None) -> Iterator[None]:
    """Warm the store up in the background until others are warm too, and take alerts meanwhile. Whoever stops is not kept
    until it is warm, and does not close the store under it."""
    service.cold.set()
    brake = Brake(None)

    def work() -> None:
        try:
            warm(service, brake)
            if warm_too is not None:
                warm_too.wait()
        finally:
            service.cold.clear()

    thread = threading.Thread(target=work, name="warming", daemon=True)
    thread.start()
    try:
        yield
    finally:
        brake.stop()
        if warm_too is not None:
            warm_too.set()
        thread.join(_LAST_S)


@contextmanager
def _all(*contexts: AbstractContextManager[None]) -> Iterator[None]:
    with ExitStack() as stack:
        for context in contexts:
            stack.enter_context(context)
        yield


def check_bind(store: Store, settings: Settings) -> None:
    """Raise UsageError when others would reach a service that nobody can prove to be allowed to use."""
    if _loopback(settings.bind) or settings.jwt.issuer or tokens.exist(store.documents()):
        return
    raise UsageError(
        f"bind: {settings.bind} is reached from other machines and nobody has a token yet;"
        " `provenance token create` makes one"
    )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say. Raises UsageError."""
    try:
        address = socket.getaddrinfo(settings.bind, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # asyncio has small answers leave at once (TCP_NODELAY) only where the protocol is named.
        listening = socket.socket(address[0], socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address[4])
        listening.listen(_BACKLOG)
    except OSError as error:
        raise UsageError(f"cannot listen on {settings.bind}:{settings.port}: {error.strerror or error}") from error
    return listening
