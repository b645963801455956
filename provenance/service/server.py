"""The server: runs the application, the workers and uvicorn until a signal stops it."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from types import FrameType

import uvicorn

from provenance.errors import UsageError
from provenance.service.alerts.site import site_reader
from provenance.service.app import create_app
from provenance.service.auth import tokens
from provenance.service.auth.jwt import jwt_check
from provenance.service.auth.rates import Rates
from provenance.service.connections import Waiting, allow_files, bounded, limit_unread
from provenance.service.incidents import updates as incidents
from provenance.service.peers import KnownHosts, allowed_names, trusted_proxies
from provenance.service.service import Service
from provenance.service.settings import Settings
from provenance.service.stopping import StopDeadline
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.tracer import Tracer
from provenance.service.webhooks.sending import Sender
from provenance.service.webhooks.targets import read_targets
from provenance.service.workers.alerts import WakeSignal, Worker
from provenance.service.workers.processes import Processes, StoreOpener
from provenance.service.workers.warming import warm
from provenance.store.interface import Store

_LOG = logging.getLogger("provenance.service")
_IDLE_S = 75
"""How long an idle connection stays open: longer than a proxy keeps one, or a request could meet the end of its connection
(keepalive_timeout of nginx's upstreams is 60 s)."""
_BACKLOG = 1_000
_LAST_S = 10.0
"""The longest wait, at a stop, for the last query of the warm-up (seconds)."""


def serve(store: Store, settings: Settings, open_store: StoreOpener, name: str = "") -> None:
    """Serves requests until SIGTERM or SIGINT; unfinished work then goes back into the queue. `open_store` opens the store in
    other processes; `name` is what the log calls it.

    Raises UsageError for an address that other machines reach while there is no token, for one that cannot be bound, and for
    invalid `hosts`, `proxies` and targets.
    """
    check_bind(store, settings)
    targets = read_targets(settings.outgoing)
    alerts = site_reader(settings)
    names, proxies = allowed_names(settings), trusted_proxies(settings)
    listener = listen(settings)
    wake_signal = WakeSignal()
    processes = Processes(settings, open_store) if settings.processes else None
    service = Service(
        store,
        settings,
        wake=wake_signal.send,
        tracer=Tracer(None if processes is None else processes.trace),
        alerts=alerts,
        jwt=jwt_check(settings.jwt),
        rates=Rates(settings.requests_a_minute),
    )
    workers, others_warm = _workers_of(service, wake_signal, processes)
    sender = Sender(service, targets)
    deadline = StopDeadline(settings.stop_s, settings.end_s, processes.kill if processes is not None else lambda: None)
    server = _Server(
        service,
        uvicorn.Config(
            KnownHosts(
                create_app(
                    service,
                    lambda: _all(_warming(service, others_warm), *(run() for run in workers), sender.running()),
                ),
                names,
            ),
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies,
            log_config=None,
            access_log=False,
            server_header=False,
            http=bounded(Waiting()),
            timeout_keep_alive=_IDLE_S,
            ws_max_size=settings.body_bytes,
            timeout_graceful_shutdown=deadline.answers_s,
        ),
        deadline,
    )
    # uvicorn stops on SIGTERM, then raises it again for the former handler; a stop by a signal is not an error.
    signal.signal(signal.SIGTERM, lambda *_: None)
    allow_files()
    with listener:
        address, port, *_ = listener.getsockname()
        _LOG.info("listening", extra={"address": address, "port": port, "store": name})
        server.run(sockets=[listener])


def _workers_of(
    service: Service, wake_signal: WakeSignal, processes: Processes | None
) -> tuple[list[Callable[[], AbstractContextManager[None]]], threading.Event | None]:
    """The contexts in which the queue is worked on, and the event that is set when their processes are warm: threads of this
    process (without an event), or other processes and the threads that supervise them."""
    if processes is None:
        return [Worker(service, wake_signal, (incidents.update_incidents,)).running], None
    worker = Worker(replace(service, settings=replace(service.settings, workers=0)), wake_signal)
    processes.report_to(worker.count_finished, worker.process_died)
    wake_signal.forward_to(processes.wake)
    return [worker.running, processes.running], processes.warm


class _Server(uvicorn.Server):
    """The uvicorn server. It announces a stop to the service before it waits for open answers: subscriptions would not end."""

    def __init__(self, service: Service, config: uvicorn.Config, deadline: StopDeadline) -> None:
        super().__init__(config)
        self._service, self._deadline = service, deadline

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begins the stop that a signal requests."""
        self._deadline.begin()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Announces the stop, then stops."""
        self._service.stopping.set()
        await super().shutdown(sockets)


@contextmanager
def _warming(service: Service, others_warm: threading.Event | None) -> Iterator[None]:
    """Warms the store up in the background while alerts are already accepted, and waits for the event of the other processes.
    A stop ends the warm-up, and waits for its last query so that the store is not closed under it."""
    service.cold.set()
    brake = Brake(None)

    def work() -> None:
        try:
            warm(service, brake)
            if others_warm is not None:
                others_warm.wait()
        finally:
            service.cold.clear()

    thread = threading.Thread(target=work, name="warming", daemon=True)
    thread.start()
    try:
        yield
    finally:
        brake.stop()
        if others_warm is not None:
            others_warm.set()
        thread.join(_LAST_S)


@contextmanager
def _all(*contexts: AbstractContextManager[None]) -> Iterator[None]:
    with ExitStack() as stack:
        for context in contexts:
            stack.enter_context(context)
        yield


def check_bind(store: Store, settings: Settings) -> None:
    """Raises UsageError for an address that other machines reach, if there is neither a token nor an identity provider."""
    if _loopback(settings.bind) or settings.jwt.issuer or tokens.any_active(store.documents()):
        return
    raise UsageError(
        f"bind: {settings.bind} can be reached from other machines, but the store has no token;"
        " create one with `provenance token create`"
    )


def check_writable(store: Store) -> None:
    """Raises StoreError for a store that may only be read: the queues of the service are in it."""
    store.documents().remove(tokens.KIND, "none")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(settings: Settings) -> socket.socket:
    """The socket that listens at the address and port of the settings. Raises UsageError if they cannot be used."""
    try:
        address = socket.getaddrinfo(settings.bind, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # asyncio sets TCP_NODELAY, so that small answers leave at once, only if the socket names its protocol.
        listening = socket.socket(address[0], socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        limit_unread(listening)
        listening.bind(address[4])
        listening.listen(_BACKLOG)
    except OSError as error:
        raise UsageError(f"cannot listen on {settings.bind}:{settings.port}: {error.strerror or error}") from error
    return listening
