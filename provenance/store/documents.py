"""What the service keeps beside the graph: small JSON documents that many may change at once, without the writer's lock.

A document belongs to a kind and has a key there. Its state and rank are for queues and lists; its version counts its
changes, so that whoever changes it says which one was seen: of two who saw the same, one is told that it came too late.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from provenance.errors import UsageError
from provenance.store.compression import compress, decompress

LONGEST = 200
"""Characters of a kind, key or state."""
_RANKS = range(-(1 << 63), 1 << 63)
_ENCODE = json.JSONEncoder(separators=(",", ":"), sort_keys=True, allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read. `version` begins with 1."""

    kind: str
    key: str
    body: Mapping[str, Any] = field(default_factory=dict)
    state: str = ""
    rank: int = 0
    version: int = 1


class Place(NamedTuple):
    """Where a page ended."""

    rank: int
    key: str


class Documents(Protocol):
    """Each call is a short transaction of its own; threads may share it. Raises StoreError, and UsageError for a kind, key
    or state that is not of 1 to 200 printable ASCII characters (a state may be empty), a rank beyond 64 bits, or a body
    that JSON cannot hold."""

    def add(self, kind: str, key: str, body: Mapping[str, Any], state: str = "", rank: int = 0) -> bool:
        """Keep a new document; False, and nothing changed, when there is one of this kind and key."""
        ...

    def add_all(self, documents: Sequence[Document]) -> Sequence[bool]:
        """Keep new documents, all in one transaction: for each, what `add` would say. Their versions do not count."""
        ...

    def get(self, kind: str, key: str) -> Document | None:
        """The document of a kind and key."""
        ...

    def get_many(self, keys: Sequence[tuple[str, str]]) -> Sequence[Document | None]:
        """For each kind and key what `get` would say, read in one go."""
        ...

    def replace(
        self,
        document: Document,
        body: Mapping[str, Any] | None = None,
        state: str | None = None,
        rank: int | None = None,
    ) -> bool:
        """Change what is given, as a whole, and count the version up. False, and nothing changed, when the document is
        no longer of the version of `document`."""
        ...

    def remove(self, kind: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        ...

    def remove_all(self, keys: Sequence[tuple[str, str]]) -> int:
        """Remove the documents of kinds and keys, all in one transaction: how many there were."""
        ...

    def page(
        self, kind: str, state: str | None = None, after: Place | None = None, limit: int = 100
    ) -> Sequence[Document]:
        """At most `limit` documents of a kind (and a state), in order of (rank, key), those after a place."""
        ...

    def kinds(self) -> Sequence[str]:
        """The kinds of which there are documents, by name."""
        ...

    def counts(self, kind: str) -> Mapping[str, int]:
        """How many documents of a kind there are in each state that has any."""
        ...


def check(*names: str, state: str | None = None, rank: int | None = None) -> None:
    """Raise UsageError for what no document can be called."""
    for name in (*names, *([state] if state else [])):
        if not (0 < len(name) <= LONGEST and name.isascii() and name.isprintable()):
            raise UsageError(
                f"invalid document name {name[:LONGEST]!r}: 1 to {LONGEST} printable ASCII characters are needed"
            )
    if rank is not None and rank not in _RANKS:
        raise UsageError(f"invalid document rank {rank}: it has more than 64 bits")


def pack(body: Mapping[str, Any]) -> bytes:
    """A body as a store keeps it. Raises UsageError."""
    try:
        return compress(_ENCODE(body).encode("ascii"))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"invalid document body: {error}") from error


def unpack(packed: bytes) -> dict[str, Any]:
    """The body that `pack` was given; tuples come back as lists."""
    body: dict[str, Any] = json.loads(decompress(packed))
    return body
