"""The fingerprint of a store's state. It changes whenever a log is read further, hosts are joined anew or history is removed.

A result that was computed from a store is stored with the fingerprint of that moment, or with the part of it that concerns some
hosts. A comparison with the current fingerprint shows later whether the result is still valid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple

from provenance.store.basis import AllHostsBasis, Basis, HostBasis
from provenance.store.interface import HostSummary, Store

_DIGITS = 12
"""Hexadecimal digits of a hash that a JSON number holds exactly."""


class HostState(NamedTuple):
    """The state of a host in a store: moments of its first and last event, counts of its logs by name, its clock's correction
    (ms) and its addresses."""

    first: int
    last: int
    tallies: tuple[tuple[str, int], ...]
    skew_ms: int
    addresses: tuple[str, ...]

    @property
    def basis(self) -> HostBasis:
        """The parts of a state by which results are compared; addresses are not among them."""
        return HostBasis(self.first, self.last, sum(count for _, count in self.tallies), self.skew_ms)


@dataclass(frozen=True)
class Fingerprint:
    """The state of a store: that of each host. Equal fingerprints mean that nothing was read in between."""

    hosts: Mapping[str, HostState]

    def __hash__(self) -> int:
        return hash(frozenset(self.hosts.items()))

    @cached_property
    def _all(self) -> AllHostsBasis:
        addresses = digest(f"{host} {' '.join(sorted(state.addresses))}" for host, state in self.hosts.items())
        return AllHostsBasis(len(self.hosts), int(addresses[:_DIGITS], 16))

    def basis(self, hosts: Iterable[str]) -> Basis:
        """The part that concerns some hosts, how many hosts there are, and their addresses: another address of any host may
        join it to these."""
        named = sorted(set(hosts) & self.hosts.keys())
        return Basis({host: self.hosts[host].basis for host in named}, self._all)

    def outdates(self, basis: Basis) -> bool:
        """Whether logs or addresses came in that may change a result with this basis."""
        if basis.all != self._all:
            return True
        return any(not self._holds(host, seen) for host, seen in basis.hosts.items())

    def _holds(self, host: str, seen: HostBasis) -> bool:
        now = self.hosts.get(host)
        return now is not None and now.basis == seen

    def beginnings(self) -> str:
        """Stands for where the logs of all hosts begin: older logs and those of more hosts change it, newer ones do not."""
        return digest(f"{host} {state.first}" for host, state in self.hosts.items())

    def names(self) -> frozenset[tuple[str, ...]]:
        """Each host's name with its addresses: what an alert may call it by."""
        return frozenset((host, *state.addresses) for host, state in self.hosts.items())


def fingerprint(summaries: Iterable[HostSummary]) -> Fingerprint:
    """The fingerprint of a store whose `hosts` are these."""
    return Fingerprint({one.host: _state(one) for one in summaries})


def _state(one: HostSummary) -> HostState:
    return HostState(one.first, one.last, tuple(sorted(one.tallies.items())), one.skew_ms, tuple(one.addresses))


def ingests(store: Store) -> dict[str, str]:
    """Per host a hash of the state that its ingest goes on from."""
    return {host.host: hash_of(store.checkpoint(host.host)) for host in store.hosts()}


def content(store: Store, ingested: Mapping[str, str]) -> str:
    """A hash of how much a store holds and of its `ingests`: equal for a store and its copy."""
    counts = store.statistics()
    return hash_of((counts.nodes, counts.flows, counts.hosts, sorted(ingested.items())))


def hash_of(value: object) -> str:
    """24 hexadecimal digits that stand for a value."""
    return blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def digest(texts: Iterable[str]) -> str:
    """24 hexadecimal digits that stand for texts in any order."""
    return blake2b("\n".join(sorted(texts)).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
