"""Identity: the one place that computes the id of an entity from its key.

An id is a signed 64-bit hash (BLAKE2b) of the entity's key, so the same log gives the same id in every store and on
every machine, and an id costs eight bytes wherever it is kept. The printed form carries the kind as a letter.
Keys are those of docs/semantics.md#identity: a process is one program image of one incarnation of a pid, a file one incarnation
of an inode, an endpoint what one host sees of a peer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from functools import cache
from typing import Any


class EntityKind(IntEnum):
    """The kinds of entity. Stores keep the values, so they never change."""

    PROCESS = 1
    FILE = 2
    ENDPOINT = 3
    PIPE = 4
    SESSION = 5


_LETTER = {
    EntityKind.PROCESS: "p",
    EntityKind.FILE: "f",
    EntityKind.ENDPOINT: "n",
    EntityKind.PIPE: "i",
    EntityKind.SESSION: "s",
}
_KIND = {letter: kind for kind, letter in _LETTER.items()}
_SEPARATOR = "\0"
_DIGITS = re.compile("[0-9A-Fa-f]{16}")


class IdentityError(ValueError):
    """A text that is not a valid id."""


def _digest(*parts: object) -> int:
    text = _SEPARATOR.join(map(str, parts)).encode("utf-8", "surrogateescape")
    return int.from_bytes(_blake2b()(text, digest_size=8).digest(), "big", signed=True)


@cache
def _blake2b() -> Callable[..., Any]:
    """The hash function. A command that only reads ids does not load `hashlib`, which loads OpenSSL."""
    from hashlib import blake2b

    return blake2b


def process_id(host: str, pid: int, birth: int) -> int:
    """The id of a program image of `pid` that began at moment `birth`."""
    return _digest("p", host, pid, birth)


def file_id(host: str, device: str, inode: int, birth: int, type: int = 0o100000) -> int:
    """The id of an incarnation of an inode; `birth` is the moment it was seen created, 0 when it is older than the log. `type`
    are the S_IFMT bits of its mode, a regular file's when nobody knows."""
    if type == 0o100000:
        return _digest("f", host, device, inode, birth)
    return _digest("f", host, device, inode, birth, type)


def path_id(host: str, path: str, birth: int) -> int:
    """The id of a file known only by its absolute path."""
    return _digest("f", host, path, birth)


def endpoint_id(host: str, protocol: str, ip: str, port: int) -> int:
    """The id of a remote (or listening) address as seen from `host`."""
    return _digest("n", host, protocol, ip, port)


def unix_id(host: str, path: str) -> int:
    """The id of an AF_UNIX address: a path, or an abstract name written with a leading `@`."""
    return _digest("n", host, "unix", path)


def local_client_id(host: str, moment: int) -> int:
    """The unknown client of a connection that a program of `host` accepted at `moment`."""
    return _digest("n", host, "client", moment)


def pipe_id(host: str, birth: int, number: int) -> int:
    """The id of a pipe, socketpair or pseudo-terminal made at moment `birth`; `number` distinguishes those of one event."""
    return _digest("i", host, birth, number)


def session_id(host: str, auid: int, ses: int) -> int:
    """The id of a login session."""
    return _digest("s", host, auid, ses)


def format_id(kind: EntityKind, id: int) -> str:
    """The printed form of an entity's id: a letter for the kind and 16 hexadecimal digits."""
    return f"{_LETTER[kind]}{id & 0xFFFFFFFFFFFFFFFF:016x}"


def parse_id(text: str) -> tuple[EntityKind, int]:
    """The kind and id behind a printed form. Raises IdentityError."""
    kind = _KIND.get(text[:1])
    if kind is None or _DIGITS.fullmatch(text, 1) is None:
        raise IdentityError(
            f"invalid id {text!r}: an id is one of the letters {', '.join(_KIND)} and 16 hexadecimal digits"
        )
    value = int(text[1:], 16)
    return kind, value - (1 << 64) if value >> 63 else value
