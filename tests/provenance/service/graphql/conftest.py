"""The bundled incident in a store, served over HTTP as `provenance serve` does."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from provenance.service.app import create_app
from provenance.service.auth import tokens
from provenance.service.auth.rates import Rates
from provenance.service.auth.tokens import Scope
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.routing import Router
from provenance.service.incidents import updates as incidents
from provenance.service.server import listen
from provenance.service.service import Service
from provenance.service.settings import Settings
from provenance.service.workers.alerts import WakeSignal, Worker
from provenance.store import open_store
from provenance.store.interface import Store
from tests.conftest import ROOT

OPERATIONS = ROOT / "graphql" / "operations"
WAIT_S = 60.0


@dataclass(frozen=True)
class Served:
    """A running service. `reader` may read, `analyst` change alerts too."""

    store: Store
    service: Service
    port: int
    reader: str = field(repr=False)
    analyst: str = field(repr=False)
    path: str = "/graphql"
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=WAIT_S))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def post(self, query: str, variables: dict[str, Any] | None = None, token: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.reader}", "Content-Type": "application/json"}
        body = json.dumps({"query": query, "variables": variables})
        return self.http.post(self.url, content=body, headers=headers)

    def ask(self, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        """The data of an operation that must succeed."""
        answer = self.post(query, variables, token).json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def error_of(self, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        """The one error of an operation that must not succeed."""
        response = self.post(query, variables, token)
        assert response.status_code == 200, response.text
        (error,) = response.json()["errors"]
        found: dict[str, Any] = error
        return found

    def run(self, name: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        """The data of a published operation."""
        return self.ask((OPERATIONS / f"{name}.graphql").read_text("utf-8"), token, **variables)


@contextmanager
def serving(store: Store, work: bool = True, a_minute: int = 100_000, limits: Limits | None = None) -> Iterator[Served]:
    """A service over a store on a free port, with its workers; with `limits`, GraphQL is at a place of its own."""
    wake_signal = WakeSignal()
    service = Service(store, wake=wake_signal.send, rates=Rates(a_minute))
    worker = Worker(service, wake_signal, (incidents.update_incidents,))
    listening = listen(Settings(port=0))
    app = create_app(service, worker.running if work else None)
    if limits is not None:
        app.include_router(Router(service, limits), prefix="/own")
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + WAIT_S
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    reader = tokens.create(store.documents(), (Scope.READ,), "test", 1)
    analyst = tokens.create(store.documents(), (Scope.READ, Scope.ALERT), "test", 1)
    path = "/graphql" if limits is None else "/own"
    served = Served(store, service, listening.getsockname()[1], reader, analyst, path)
    try:
        yield served
    finally:
        served.http.close()
        server.should_exit = True
        thread.join(WAIT_S)


@pytest.fixture(scope="session")
def incident(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of these tests' own that holds the bundled incident."""
    folder = tmp_path_factory.mktemp("incident")
    shutil.copytree(filled.parent, folder, dirs_exist_ok=True)
    return folder / filled.name


@pytest.fixture(scope="session")
def served(incident: Path) -> Iterator[Served]:
    """The bundled incident, served."""
    store = open_store(str(incident), create=False)
    with serving(store) as running:
        yield running
    store.close()
