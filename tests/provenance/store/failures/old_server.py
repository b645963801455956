"""A minimal Bolt server that reports an old version to a driver (https://neo4j.com/docs/bolt/current/bolt/message/)."""

from __future__ import annotations

import socket
import threading

_END = b"\0\0"
_SUCCESS = 0x70


class OldServer:
    """Reports `agent` as its version; without an agent it supports none of the requested versions of Bolt."""

    def __init__(self, agent: str | None) -> None:
        self._agent = agent
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Close the socket."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as stream:
            stream.read(20)
            if self._agent is None:
                client.sendall(bytes(4))
                return
            client.sendall(bytes((0, 0, 4, 5)))
            while _message(stream.read):
                client.sendall(_chunk(bytes((0xB1, _SUCCESS)) + self._about()))

    def _about(self) -> bytes:
        assert self._agent is not None
        return b"\xa2" + b"".join(map(_text, ("server", self._agent, "connection_id", "bolt-1")))


def _message(read: object) -> bytes:
    assert callable(read)
    content = b""
    while (size := int.from_bytes(read(2), "big")) or not content:
        if not size:
            return b""
        content += read(size)
    return content


def _text(value: str) -> bytes:
    return (
        bytes((0x80 + len(value),)) + value.encode() if len(value) < 16 else bytes((0xD0, len(value))) + value.encode()
    )


def _chunk(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message + _END
