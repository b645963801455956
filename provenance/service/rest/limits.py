"""Limits on every request: the size of its body, and the time until its answer begins."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from provenance.service.metrics import Metrics

MOST = {"http": 500, "websocket": 500}
"""The most requests that are answered at once, and the most open websockets; `/healthz` and `/readyz` are always answered."""
_HEALTH = frozenset(("/healthz", "/readyz"))


class _TooLarge(Exception):
    """A body is larger than the limit."""


class Limits:
    """The ASGI middleware that limits and counts requests. It answers 413 for a body of more than `body_bytes`, and 503 if no
    answer begins within `request_s`. Streams and websockets have no limit of time after they have begun.
    Beyond `MOST` at once it answers 503."""

    def __init__(self, app: ASGIApp, body_bytes: int, request_s: float, metrics: Metrics) -> None:
        self._app, self._body_bytes, self._request_s, self._metrics = app, body_bytes, request_s, metrics
        self._answering = {"http": 0, "websocket": 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request within the limits."""
        kind = scope["type"]
        if kind not in MOST:
            await self._app(scope, receive, send)
            return
        if scope["path"] in _HEALTH:
            await self._answer(scope, receive, send)
            return
        if self._answering[kind] >= MOST[kind]:
            await _reject_busy(kind, receive, send)
            return
        self._answering[kind] += 1
        try:
            await (self._answer(scope, receive, send) if kind == "http" else self._app(scope, receive, send))
        finally:
            self._answering[kind] -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = _Exchange(self._body_bytes, receive, send)
        begun = time.monotonic()
        try:
            if exchange.announced_bytes(scope) > self._body_bytes:
                raise _TooLarge
            await self._until_begun(exchange, scope)
        except _TooLarge:
            await exchange.reject(413, f"body too large: at most {self._body_bytes} bytes are allowed")
        except TimeoutError:
            await exchange.reject(503, f"no answer within {self._request_s:g} s")
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            self._metrics.requests.labels(_method(scope), route, str(exchange.status)).inc()
            self._metrics.seconds.labels(route).observe(time.monotonic() - begun)

    async def _until_begun(self, exchange: _Exchange, scope: Scope) -> None:
        async with asyncio.timeout(self._request_s) as limit:
            exchange.on_begin = lambda: limit.reschedule(None)
            await self._app(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, most: int, receive: Receive, send: Send) -> None:
        self._most, self._receive, self._send = most, receive, send
        self._received = 0
        self.status = 0
        self.on_begin: Callable[[], None] = lambda: None

    def announced_bytes(self, scope: Scope) -> int:
        """The request's Content-Length, 0 without one."""
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit():
                return int(value)
        return 0

    async def receive(self) -> Message:
        """The next part of the body. Raises _TooLarge."""
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._most:
            raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        """Sends the next part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.on_begin()
        await self._send(message)

    async def reject(self, status: int, why: str, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Answers with an error, unless an answer has begun."""
        if self.status:
            return
        body = json.dumps({"detail": why}).encode("ascii")
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode("ascii"))]
        self.status = status
        headers += [(b"connection", b"close"), *more]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


async def _reject_busy(kind: str, receive: Receive, send: Send) -> None:
    if kind == "http":
        await _Exchange(0, receive, send).reject(503, "too many requests at once", [(b"retry-after", b"1")])
    else:
        await send({"type": "websocket.close", "code": 1013})


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
