"""What every part of a running service is given."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import HTTPConnection

from provenance.alerts.reader import FollowingReader, Reader
from provenance.service.auth.jwt import JwtCheck
from provenance.service.auth.rates import Rates
from provenance.service.metrics import Metrics
from provenance.service.settings import Settings
from provenance.service.tracing.tracer import Tracer
from provenance.store.documents import Documents
from provenance.store.interface import Store


def wall_ms() -> int:
    """Milliseconds since the epoch on this machine's clock."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Service:
    """A store with the settings it is served by. `clock` tells when something came in, never when it happened."""

    store: Store
    settings: Settings = field(default_factory=Settings)
    clock: Callable[[], int] = wall_ms
    metrics: Metrics = field(default_factory=Metrics)
    wake: Callable[[], None] = lambda: None
    """Tells the worker of this process that there is something to do."""
    tracer: Tracer = field(default_factory=Tracer)
    """Gives the traces that somebody asks for."""
    alerts: Reader | FollowingReader = field(default_factory=Reader)
    jwt: JwtCheck | None = None
    rates: Rates = field(default_factory=Rates)
    cold: threading.Event = field(default_factory=threading.Event)
    """Set while the store is not yet as quick as it will be."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when nothing new is begun: who is told of what happens is told that it ends."""

    @property
    def documents(self) -> Documents:
        """What the service keeps in the store."""
        return self.store.documents()


def service_of(connection: HTTPConnection) -> Service:
    """The service behind a request or websocket."""
    return cast(Service, connection.app.state.service)
