"""A proxy to a server that fails after a number of bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

MIDDLE = 120_000
"""Bytes after which some of the batches of these tests are written and some are not."""


class Proxy:
    """Listens on `port` and passes everything on to another port of this machine.

    After so many bytes to the server it runs the action of `break_after` once: `cut` ends every connection,
    `refuse` refuses new ones, `freeze` keeps them open and passes nothing on.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._remaining = 0
        self._then: Callable[[], None] | None = None
        self._refuses = False
        self._flows = threading.Event()
        self._flows.set()
        self.broke = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def break_after(self, amount: int, then: Callable[[], None]) -> None:
        """Call `then` as soon as `amount` more bytes have come; what came with the last of them is lost."""
        with self._lock:
            self._remaining, self._then = amount, then
            self.broke.clear()

    def mend(self) -> None:
        """Pass everything on again."""
        with self._lock:
            self._refuses, self._then = False, None
        self._flows.set()

    def cut(self) -> None:
        """Cut every connection; new ones are accepted."""
        with self._lock:
            cut, self._open = self._open, set()
        for end in cut:
            _shut(end)

    def refuse(self) -> None:
        """Cut every connection and refuse new ones."""
        with self._lock:
            self._refuses = True
        self.cut()

    def freeze(self) -> None:
        """Pass nothing on, like a hanging server."""
        self._flows.clear()

    def close(self) -> None:
        """Close all sockets."""
        self._flows.set()
        _shut(self._listening)
        self._listening.close()
        self.refuse()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            if self._refuses:
                raise ConnectionRefusedError
            server = socket.create_connection(("127.0.0.1", self._server_port), 10)
        except (OSError, ValueError):
            client.close()
            return
        server.settimeout(None)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {client, server}
        for source, target, counts in ((client, server, True), (server, client, False)):
            threading.Thread(target=self._pass_on, args=(source, target, counts), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        try:
            while data := source.recv(1 << 16):
                if counts and self._breaks(len(data)):
                    break
                self._flows.wait()
                target.sendall(data)
        except OSError:
            pass
        _shut(source)
        _shut(target)
        with self._lock:
            self._open -= {source, target}

    def _breaks(self, amount: int) -> bool:
        with self._lock:
            self._remaining -= amount
            if self._then is None or self._remaining > 0:
                return False
            then, self._then = self._then, None
        then()
        self.broke.set()
        return self._flows.is_set()


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
