"""Documents: small JSON documents that the service stores beside the graph. Many clients may change them at once, without the
writer's lock.

A document belongs to a kind and has a key there. Its state and rank are for queues and lists; its version counts its
changes. A change names the version it was based on: of two changes based on the same version, the second one is rejected.
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
    """The position of a document in a listing, in order of (rank, key): where a page ended."""

    rank: int
    key: str


class Documents(Protocol):
    """Each call is a short transaction of its own; threads may share it. Raises StoreError, and UsageError for a kind, key
    or state that is not of 1 to 200 printable ASCII characters (a state may be empty), a rank beyond 64 bits, or a body
    that JSON cannot hold."""

    def add(self, kind: str, key: str, body: Mapping[str, Any], state: str = "", rank: int = 0) -> bool:
        """Store a new document; False, and nothing changed, when there is one of this kind and key."""
        ...

    def add_all(self, documents: Sequence[Document]) -> Sequence[bool]:
        """Store new documents, all in one transaction, and return for each what `add` would. Their versions are ignored."""
        ...

    def get(self, kind: str, key: str) -> Document | None:
        """The document of a kind and key."""
        ...

    def get_many(self, keys: Sequence[tuple[str, str]]) -> Sequence[Document | None]:
        """For each kind and key what `get` would return, read in one query."""
        ...

    def replace(
        self,
        document: Document,
        body: Mapping[str, Any] | None = None,
        state: str | None = None,
        rank: int | None = None,
    ) -> bool:
        """Replace the given parts and increase the version by one. False, and nothing changed, when the stored document no
        longer has the version, state and rank of `document`: a page that is read while others write may join an old state
        with a new version."""
        ...

    def remove(self, kind: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        ...

    def remove_all(self, keys: Sequence[tuple[str, str]]) -> int:
        """Remove the documents of kinds and keys, all in one transaction, and return how many there were."""
        ...

    def page(
        self, kind: str, state: str | None = None, after: Place | None = None, limit: int = 100
    ) -> Sequence[Document]:
        """At most `limit` documents of a kind (and a state), in order of (rank, key), those after a place."""
        ...

    def kinds(self) -> Sequence[str]:
        """The kinds that have documents, in order of name."""
        ...

    def counts(self, kind: str) -> Mapping[str, int]:
        """The number of documents of a kind in each state that has any."""
        ...


def check(*names: str, state: str | None = None, rank: int | None = None) -> None:
    """Raise UsageError for invalid names, states or ranks of documents."""
    for name in (*names, *([state] if state else [])):
        if not (0 < len(name) <= LONGEST and name.isascii() and name.isprintable()):
            raise UsageError(
                f"invalid document name {name[:LONGEST]!r}: 1 to {LONGEST} printable ASCII characters are needed"
            )
    if rank is not None and rank not in _RANKS:
        raise UsageError(f"invalid document rank {rank}: it has more than 64 bits")


def pack(body: Mapping[str, Any]) -> bytes:
    """A body in stored form. Raises UsageError."""
    try:
        return compress(_ENCODE(body).encode("ascii"))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"invalid document body: {error}") from error


def unpack(packed: bytes) -> dict[str, Any]:
    """The body that `pack` was given; tuples come back as lists."""
    body: dict[str, Any] = json.loads(decompress(packed))
    return body
