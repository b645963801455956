"""Connections that wait for a request or for a client that reads: they have deadlines, and there is a bound to them, so that slow
clients keep nobody out.

uvicorn has a limit of time for an idle connection, but none for one that has sent a part of a request, or whose client does not
read its answer.
"""

from __future__ import annotations

import asyncio
import resource
import socket
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""How long a client has for the line and the headers of a request, from its first byte or from the connection."""
MOST_WAITING = 512
"""The most connections that wait for a request, or for the rest of one. The next one closes another of the peer with most."""
READ_S = 30.0
"""How long a client has to read on when its answer does not fit into the buffers: 64 KiB of asyncio and those of the kernel."""
_FILES = 4_096


class Waiting:
    """The connections that wait for a request, by the address of their peer, in order."""

    def __init__(self, most: int = MOST_WAITING, head_s: float = HEAD_S, read_s: float = READ_S) -> None:
        self.most, self.head_s, self.read_s = most, head_s, read_s
        self._by_peer: dict[str, dict[BoundedConnection, None]] = {}
        self.count = 0
        """How many there are."""

    def add(self, connection: BoundedConnection) -> None:
        """Adds a connection, and closes another if there are too many: of the peer with most, one that has sent a part of a
        request, else the one that is idle for longest."""
        self._by_peer.setdefault(connection.peer, {})[connection] = None
        self.count += 1
        if self.count > self.most:
            most = max(self._by_peer.values(), key=len)
            begun = (one for one in most if one.has_begun and one is not connection)
            next(begun, next(iter(most))).close()

    def discard(self, connection: BoundedConnection) -> None:
        """Removes a connection that has sent its request, or has ended."""
        of_peer = self._by_peer.get(connection.peer, {})
        if connection in of_peer:
            del of_peer[connection]
            self.count -= 1
        if not of_peer:
            self._by_peer.pop(connection.peer, None)


class BoundedConnection(H11Protocol):
    """An HTTP connection of uvicorn that is in `waiting` while it waits for a request."""

    waiting: Waiting
    _timer: asyncio.TimerHandle | None = None
    _is_waiting = False
    _full: asyncio.TimerHandle | None = None

    @property
    def peer(self) -> str:
        """The address of the other end."""
        return self.client[0] if self.client else ""

    @property
    def has_begun(self) -> bool:
        """Whether a deadline runs: the peer connected or sent a byte, and owes the rest of a request."""
        return self._timer is not None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for a request."""
        super().connection_made(transport)
        self._begin_deadline()
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Receives a part of a request."""
        if self._is_waiting:
            self._begin_deadline()
        super().data_received(data)
        self._update()

    def on_response_complete(self) -> None:
        """Waits for the next request."""
        super().on_response_complete()
        self._update()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Gives the connection to the protocol of websockets."""
        self._end_wait()
        super().handle_websocket_upgrade(event)
        self._is_waiting = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the wait."""
        self._end_wait()
        self._end_full()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Waits for the client to read: the buffer is full."""
        super().pause_writing()
        self._full = self.loop.call_later(self.waiting.read_s, self.close)

    def resume_writing(self) -> None:
        """Goes on writing: the client has read most of the buffer."""
        super().resume_writing()
        self._end_full()

    def close(self) -> None:
        """Closes the connection at once."""
        self._end_wait()
        self.transport.abort()

    def _update(self) -> None:
        """Waits unless a request is being answered. Who was answered before his request was complete has a deadline for it."""
        if (
            self.transport.is_closing()
            or self.transport.get_protocol() is not self
            or (self.cycle is not None and not self.cycle.response_complete)
        ):
            self._end_wait()
        elif not self._is_waiting:
            if self.conn.their_state is not h11.IDLE:
                self._begin_deadline()
            self._wait()

    def _wait(self) -> None:
        self._is_waiting = True
        self.waiting.add(self)

    def _end_wait(self) -> None:
        self._is_waiting = False
        self.waiting.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_full(self) -> None:
        if self._full is not None:
            self._full.cancel()
            self._full = None

    def _begin_deadline(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.waiting.head_s, self.close)


def bounded(waiting: Waiting) -> type[BoundedConnection]:
    """The class of the connections of one server."""
    members: dict[str, Any] = {"waiting": waiting}
    return type("BoundedConnection", (BoundedConnection,), members)


def limit_unread(listening: socket.socket, seconds: float = READ_S) -> None:
    """Has the kernel close connections whose client takes nothing of what was sent for that long, whatever its protocol
    (TCP_USER_TIMEOUT of tcp(7), which accepted connections inherit): also websockets, and answers that fit into the buffer."""
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(seconds * 1000))


def allow_files() -> None:
    """Raises this process's limit of open files to what the bounds of connections and websockets need, where that is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
