"""The service: the store, settings and shared parts that every room of a running server uses."""

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
from provenance.service.tracing.texts import RecentTexts
from provenance.service.tracing.tracer import Tracer
from provenance.store.documents import Documents
from provenance.store.interface import Store


def wall_ms() -> int:
    """Milliseconds since the epoch on this machine's clock."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Service:
    """A served store with its settings. `clock` dates what the service receives and does; times of events come from logs."""

    store: Store
    settings: Settings = field(default_factory=Settings)
    clock: Callable[[], int] = wall_ms
    metrics: Metrics = field(default_factory=Metrics)
    wake: Callable[[], None] = lambda: None
    """Wakes the workers of this process after something was put into a queue."""
    tracer: Tracer = field(default_factory=Tracer)
    """Computes or loads requested traces."""
    stories: RecentTexts = field(default_factory=RecentTexts)
    """The stories that were rendered."""
    alerts: Reader | FollowingReader = field(default_factory=Reader)
    jwt: JwtCheck | None = None
    rates: Rates = field(default_factory=Rates)
    cold: threading.Event = field(default_factory=threading.Event)
    """Set until the store is warmed up."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the server stops: open streams end, and no new work begins."""

    @property
    def documents(self) -> Documents:
        """The documents that the service stores beside the graph."""
        return self.store.documents()


def service_of(connection: HTTPConnection) -> Service:
    """The service behind a request or websocket."""
    return cast(Service, connection.app.state.service)
