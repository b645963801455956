"""Slow clients: requests that never end keep nobody out."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from provenance.service.connections import READ_S, Waiting, bounded
from provenance.service.server import listen
from provenance.service.settings import Settings
from tests.provenance.service.running import PATIENCE_S, until

LONG_S = 3_600.0


MANY = 1 << 20


class Much:
    """An application whose answer is larger than all buffers; `ended` says whether it stopped waiting for its client."""

    def __init__(self) -> None:
        self.ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers."""
        await answer_much(scope, receive, send)
        self.ended = True


async def answer_much(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with more than all buffers hold."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for _ in range(64):
        await send({"type": "http.response.body", "body": b"#" * MANY, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers without the body, as to a request without a token."""
    await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"no"})


@contextlib.contextmanager
def served(waiting: Waiting, app: ASGIApp = answer) -> Iterator[int]:
    listening = listen(Settings(port=0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", http=bounded(waiting), timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until(lambda: server.started, "started")
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(PATIENCE_S)


@pytest.fixture
def sockets() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def sent(sockets: contextlib.ExitStack, port: int, data: bytes) -> socket.socket:
    connection = sockets.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE_S))
    connection.sendall(data)
    return connection


def end(connection: socket.socket) -> bytes:
    """What comes until the other side closes the connection."""
    found = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while data := connection.recv(1 << 16):
            found += data
    return bytes(found)


def test_requests_that_never_end_keep_nobody_out(sockets: contextlib.ExitStack) -> None:
    with served(Waiting(20, LONG_S)) as port:
        half = [sent(sockets, port, b"GET / HTTP/1.1\r\nHost: x\r\n") for _ in range(100)]
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 401
        assert [end(connection) for connection in half[:80]] == [b""] * 80
        half[-1].sendall(b"\r\n")
        assert half[-1].recv(12) == b"HTTP/1.1 401"


def test_an_idle_connection_stays_while_others_are_slow(sockets: contextlib.ExitStack) -> None:
    with served(Waiting(20, LONG_S)) as port:
        idle = sent(sockets, port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 401"
        slow = [sent(sockets, port, b"GET / HT") for _ in range(50)]
        assert end(slow[0]) == b""
        idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"HTTP/1.1 401" in end(idle)


HEAD = b" / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("data", [b"", b"GET" + HEAD, b"POST" + HEAD + b"Content-Length: 9\r\n\r\nx"])
def test_a_request_has_a_deadline(sockets: contextlib.ExitStack, data: bytes) -> None:
    """Also the body of one that is answered already."""
    with served(Waiting(20, 0.2)) as port:
        found = end(sent(sockets, port, data))
    assert found.startswith(b"HTTP/1.1 401") == (b"POST" in data)


def test_connections_are_counted_until_they_end() -> None:
    waiting = Waiting(10, LONG_S)
    with served(waiting) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(5):
            assert client.get("/").status_code == 401
            assert httpx.get(f"http://127.0.0.1:{port}/", headers={"Connection": "close"}).status_code == 401
        until(lambda: waiting.count == 1, "one connection is left")
    assert waiting.count == 0


def test_a_client_that_does_not_read_its_answer_is_closed(sockets: contextlib.ExitStack) -> None:
    much = Much()
    with served(Waiting(20, LONG_S, 0.2), much) as port:
        connection = sent(sockets, port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: much.ended, "disconnected")
        assert end(connection).count(b"#") < 64 * MANY


def test_a_client_that_reads_gets_all(sockets: contextlib.ExitStack) -> None:
    with served(Waiting(20, LONG_S), answer_much) as port:
        found = end(sent(sockets, port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        assert found.count(b"#") == 64 * MANY


def test_the_kernel_closes_what_nobody_reads_whatever_its_protocol() -> None:
    with listen(Settings(port=0)) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == READ_S * 1000
