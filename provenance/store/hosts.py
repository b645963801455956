"""Hosts beyond their logs: addresses and clocks that a user gave, and those that the join across hosts found.

Both are documents, one for each host, so that every store holds and copies them. The join reads what is given; a trace reads
what was found, to say how certain it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from provenance.store.documents import Document, Documents, Place
from provenance.store.fingerprint import hash_of

GIVEN = "host-given"
"""The kind of documents that hold what a user gave."""
FOUND = "host-found"
"""The kind of documents that hold what the join found. They follow from the connections of the store and from what is given."""
_PAGE = 500


class GivenAddress(NamedTuple):
    """An address that a user gave, in canonical form. With `since` or `until` (ms since the epoch, both inclusive) the host
    had it only then, as with DHCP."""

    ip: str
    since: int | None = None
    until: int | None = None


class GivenHost(NamedTuple):
    """The settings of a host by a user. `clock_ms` is added to the times of its log; None if it is not set."""

    addresses: tuple[GivenAddress, ...] = ()
    clock_ms: int | None = None


class Origin(Enum):
    """The origin of an address or a clock correction."""

    GIVEN = "given"
    LOG = "log"
    """A socket of the host was bound to the address, or Zeek saw it."""
    GUESSED = "guessed"
    """Inferred from connections of several hosts."""
    REFERENCE = "reference"
    """A clock: the one that the clocks of the other hosts are compared with."""
    NONE = "none"
    """A clock: no connection compares it with another one."""


class FoundAddress(NamedTuple):
    """An address of a host, or one that may be its own, with a confidence from 0 to 1 and the reason."""

    ip: str
    origin: Origin
    confidence: float
    reason: str
    since: int | None = None
    until: int | None = None


class FoundClock(NamedTuple):
    """The correction of a host's clock (ms to add to its times), with a confidence from 0 to 1 and the reason."""

    ms: int
    origin: Origin
    confidence: float
    reason: str


class FoundHost(NamedTuple):
    """The result of the join for a host: its addresses in order of confidence, candidates last, and its clock."""

    addresses: tuple[FoundAddress, ...]
    clock: FoundClock


CERTAIN = 0.5
"""An address above this confidence counts as the host's own; others are candidates."""


def given_hosts(documents: Documents) -> dict[str, GivenHost]:
    """The settings of users, by host. Raises StoreError."""
    found = dict(_read_given(document) for document in _all(documents, GIVEN))
    return dict(sorted(found.items()))


def give(documents: Documents, hosts: Mapping[str, GivenHost]) -> None:
    """Store what a user gave of hosts, in place of what was given of them before. Raises StoreError."""
    for host, given in hosts.items():
        _put(documents, GIVEN, host, _given_body(host, given))


def take_back(documents: Documents, host: str) -> bool:
    """Remove what a user gave of a host; False when nothing was given. Raises StoreError."""
    return documents.remove(GIVEN, hash_of(host))


def found_hosts(documents: Documents) -> dict[str, FoundHost]:
    """The results of the join, by host; hosts of which nothing but their name is known are left out. Raises StoreError."""
    found = dict(_read_found(document) for document in _all(documents, FOUND))
    return dict(sorted(found.items()))


def write_found(documents: Documents, hosts: Mapping[str, FoundHost]) -> None:
    """Make this what the join has found; only what has changed is written. Raises StoreError."""
    before = found_hosts(documents)
    documents.remove_all([(FOUND, hash_of(host)) for host in before.keys() - hosts.keys()])
    for host, found in hosts.items():
        if before.get(host) != found:
            _put(documents, FOUND, host, _found_body(host, found))


def _put(documents: Documents, kind: str, host: str, body: Mapping[str, Any]) -> None:
    key = hash_of(host)
    while not documents.add(kind, key, body):
        known = documents.get(kind, key)
        if known is not None and documents.replace(known, body):
            return


def _all(documents: Documents, kind: str) -> Iterator[Document]:
    after: Place | None = None
    while page := documents.page(kind, after=after, limit=_PAGE):
        yield from page
        after = Place(page[-1].rank, page[-1].key)


def _read_given(document: Document) -> tuple[str, GivenHost]:
    """The name and settings of a host from the body of `_given_body`."""
    body = document.body
    return body["host"], GivenHost(tuple(GivenAddress(*address) for address in body["addresses"]), body["clock_ms"])


def _given_body(host: str, given: GivenHost) -> dict[str, Any]:
    return {"host": host, "addresses": [list(address) for address in given.addresses], "clock_ms": given.clock_ms}


def _read_found(document: Document) -> tuple[str, FoundHost]:
    """The name of a host and the result of the join from the body of `_found_body`."""
    body = document.body
    addresses = (FoundAddress(ip, Origin(origin), *others) for ip, origin, *others in body["addresses"])
    ms, origin, confidence, reason = body["clock"]
    return body["host"], FoundHost(tuple(addresses), FoundClock(ms, Origin(origin), confidence, reason))


def _found_body(host: str, found: FoundHost) -> dict[str, Any]:
    addresses = [[one.ip, one.origin.value, *one[2:]] for one in found.addresses]
    clock = [found.clock.ms, found.clock.origin.value, found.clock.confidence, found.clock.reason]
    return {"host": host, "addresses": addresses, "clock": clock}
