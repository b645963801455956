"""Keys: small integers in place of long or random values. Nodes, hosts, paths and programs are written once.

Cached keys belong to the writer's open transaction: call `forget` after a rollback.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from hashlib import blake2b
from typing import Generic, TypeVar

from provenance.store.sqlite.text import pack_json, pack_text

_RECENT = 150_000
"""The size of a generation of a cache. Two generations are held, so recent entries stay and memory is bounded."""

K = TypeVar("K")


class Recent(Generic[K]):
    """A cache of recently used keys: the older of two generations is dropped when the younger is full."""

    def __init__(self, size: int = _RECENT) -> None:
        self._size = size
        self._young: dict[K, int] = {}
        self._old: dict[K, int] = {}

    def get(self, value: K) -> int | None:
        """The key of a value, marked as recently used; None if it is not cached."""
        key = self._young.get(value)
        if key is None:
            key = self._old.get(value)
            if key is not None:
                self.put(value, key)
        return key

    def find(self, values: Iterable[K]) -> tuple[dict[K, int], list[K]]:
        """The keys of different values, marked as recently used, and the values that are not cached, in their order."""
        young = self._young
        found: dict[K, int] = {}
        missing: list[K] = []
        for value in values:
            key = young.get(value)
            if key is None and (key := self.get(value)) is None:
                missing.append(value)
            else:
                found[value] = key
        return found, missing

    def put(self, value: K, key: int) -> None:
        """Remember a key."""
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[value] = key

    def clear(self) -> None:
        """Forget all."""
        self._young, self._old = {}, {}


class NodeKeys:
    """The keys of nodes; new ids get the next keys, in the order of the request."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._recent: Recent[int] = Recent()
        self._next = 0
        self.forget()

    def forget(self) -> None:
        """Clear the cache."""
        self._recent.clear()
        (self._next,) = self._connection.execute("SELECT coalesce(max(key), 0) + 1 FROM node").fetchone()

    def of(self, ids: Iterable[int]) -> tuple[dict[int, int], set[int]]:
        """The key of every id, and the ids that are new. `ids` may repeat."""
        found, missing = self._recent.find(dict.fromkeys(ids))
        new = self._resolve(missing, found) if missing else []
        return found, set(new)

    def _resolve(self, missing: list[int], found: dict[int, int]) -> list[int]:
        known = dict(
            self._connection.execute(
                "SELECT node.id, node.key FROM json_each(?) AS requested CROSS JOIN node ON node.id = requested.value",
                (pack_json(missing),),
            )
        )
        new = [id for id in missing if id not in known]
        fresh = list(zip(range(self._next, self._next + len(new)), new, strict=True))
        self._next += len(new)
        self._connection.executemany("INSERT INTO node (key, id) VALUES (?, ?)", fresh)
        known.update((id, key) for key, id in fresh)
        put = self._recent.put
        for id, key in known.items():
            put(id, key)
        found.update(known)
        return new


class KeyTable(Generic[K]):
    """A table of distinct values (`key`, value, ...): returns the key of each value, writing new ones."""

    def __init__(self, connection: sqlite3.Connection, table: str, column: str, *others: str) -> None:
        self._connection = connection
        self._recent: Recent[K] = Recent()
        self._select = f"SELECT key FROM {table} WHERE {column} = ?"
        columns = ", ".join((column, *others))
        self._insert = f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * (1 + len(others)))})"

    def forget(self) -> None:
        """Clear the cache."""
        self._recent.clear()

    def key(self, value: K, *others: object) -> int:
        """The key of a value; `others` fill the columns beside it when it is new."""
        key = self._recent.get(value)
        if key is None:
            row = self._connection.execute(self._select, (value,)).fetchone()
            if row is None:
                row = (self._connection.execute(self._insert, (value, *others)).lastrowid,)
            key = int(row[0])
            self._recent.put(value, key)
        return key


class Keys:
    """All keys that the writer assigns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.nodes = NodeKeys(connection)
        self._hosts: KeyTable[bytes] = KeyTable(connection, "host", "name")
        self._paths: KeyTable[bytes] = KeyTable(connection, "path", "text")
        self._programs: KeyTable[int] = KeyTable(connection, "program", "digest", "command", "attributes")

    def forget(self) -> None:
        """Clear all caches, after a transaction was rolled back."""
        for keys in (self.nodes, self._hosts, self._paths, self._programs):
            keys.forget()

    def host(self, name: str) -> int:
        """The key of a host."""
        return self._hosts.key(pack_text(name))

    def path(self, text: bytes) -> int:
        """The key of a path."""
        return self._paths.key(text)

    def program(self, attributes: str, command: bytes | None) -> int:
        """The key of a set of shared attributes (`attributes.split`)."""
        content = attributes.encode("ascii") + b"\0" + (command if command is not None else b"\0")
        digest = int.from_bytes(blake2b(content, digest_size=8).digest(), "big", signed=True)
        return self._programs.key(digest, command, attributes)
