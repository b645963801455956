"""Hostile clients of a service on loopback: what they are answered, and how long another client waits meanwhile."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.measuring import ROOT
from provenance.demo.incident import log
from provenance.intake.run import ingest
from provenance.service.auth import tokens
from provenance.service.auth.tokens import Scope
from provenance.store import open_store

_PATIENCE_S = 120.0
_PATHS = ("/alerts", "/incidents", "/dead-letters", "/graphql", "/metrics", "/openapi.json", "/alerts/x/story")
_PUBLIC = ("/openapi.json", "/metrics")
"""What a client on loopback is answered without a token, under the service's own name."""
_SUBSCRIPTION = json.dumps({"query": "subscription { ingestProgress { events } }"})
_HALF = b"POST /alerts HTTP/1.1\r\nHost: localhost\r\nX-A: "


@dataclass
class Figures:
    """What became of an attack: how many requests of strangers were sent and answered with data, and the longest waits (s) of
    another client's pages during each attack."""

    strangers: int = 0
    answered: int = 0
    waits: dict[str, float] = field(default_factory=dict)


def attack(count: int, seed: int = 1) -> Figures:
    """Sends `count` requests that must be refused, and opens as many idle subscribers, half-sent requests and unread answers as
    one client may, at most 200, to a service of its own. Another client reads pages meanwhile."""
    figures, most = Figures(), min(200, count)
    with _service() as (port, other, attacker):
        page = _page(port, other)
        page()
        with _waits(figures, "nothing", page):
            time.sleep(2)
        with _waits(figures, "requests of strangers", page):
            _send_strangers(figures, port, attacker, count, random.Random(seed))
        for name, sent in (
            ("half-sent requests", _HALF),
            ("idle subscribers", _request("POST", "/graphql", attacker, _SUBSCRIPTION, "text/event-stream")),
            ("answers that are not read", _request("GET", "/openapi.json", attacker) * 50),
        ):
            with ExitStack() as stack, _waits(figures, name, page):
                for _ in range(most):
                    stack.enter_context(socket.create_connection(("127.0.0.1", port), _PATIENCE_S)).sendall(sent)
                time.sleep(5)
    return figures


def _send_strangers(figures: Figures, port: int, token: str, count: int, choose: random.Random) -> None:
    """Requests with a wrong token, without one, or with a right one under a foreign name."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_PATIENCE_S) as client:
        for number in range(count):
            wrong = {"Authorization": f"Bearer prov_{choose.getrandbits(64):x}_{choose.getrandbits(128):x}"}
            foreign = {"Authorization": f"Bearer {token}", "Host": "evil.example"}
            headers = (wrong, wrong | {"X-Forwarded-For": "127.0.0.1"}, foreign)[number % 3]
            path = choose.choice(_PATHS)
            if path in _PUBLIC and headers is not foreign:
                path = "/alerts"
            answer = client.request(choose.choice(("GET", "POST")), path, headers=headers)
            figures.strangers += 1
            figures.answered += answer.status_code < 400


def _request(method: str, path: str, token: str, body: str = "", accept: str = "*/*") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nAccept: {accept}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode("ascii")


def _page(port: int, token: str) -> Callable[[], float]:
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=_PATIENCE_S
    )

    def read() -> float:
        begun = time.monotonic()
        client.get("/alerts").raise_for_status()
        return time.monotonic() - begun

    return read


@contextmanager
def _waits(figures: Figures, name: str, page: Callable[[], float]) -> Iterator[None]:
    """Reads a page ten times a second during the block, and keeps the longest wait."""
    ended, waits = threading.Event(), [0.0]

    def read() -> None:
        while not ended.wait(0.1):
            waits.append(page())

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        figures.waits[name] = max(waits)


@contextmanager
def _service() -> Iterator[tuple[int, str, str]]:
    """A service with the bundled incident: its port, and the tokens of two clients that may read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.db"
        store = open_store(str(path))
        with log() as source:
            ingest(store, [str(source)])
        first, second = (tokens.create(store.documents(), (Scope.READ,), "hardness", 1) for _ in range(2))
        store.close()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "provenance", "serve", "--store", str(path), "--port", str(port)]
        settings = {"PROVENANCE_SERVICE_REQUESTS_A_MINUTE": "1000000"}
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stderr=subprocess.DEVNULL)
        try:
            _wait_until_ready(port)
            yield port, first, second
        finally:
            process.terminate()
            process.wait(_PATIENCE_S)


def _wait_until_ready(port: int) -> None:
    """Raises TimeoutError if the service is not ready in time."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("the service is not ready")
