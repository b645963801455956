"""A small application behind gunicorn: jobs go on a list in redis."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs


def ask(*words: str) -> bytes:
    """One command to redis, over a connection of its own."""
    with socket.create_connection(("127.0.0.1", 6379)) as connection:
        parts = [f"*{len(words)}\r\n", *(f"${len(word)}\r\n{word}\r\n" for word in words)]
        connection.sendall("".join(parts).encode())
        return connection.recv(4096)


def application(environment: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], Any]) -> Iterable[bytes]:
    if environment["PATH_INFO"] == "/pack":
        answer = ask("LPUSH", "jobs", parse_qs(environment["QUERY_STRING"])["name"][0])
    else:
        answer = ask("PING")
    start("200 OK", [("Content-Type", "text/plain")])
    return [answer]
