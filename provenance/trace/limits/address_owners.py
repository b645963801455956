"""Address owners: whose address each one is, as far as records, the join across hosts and users tell it.

An address that a user gave with a time range (as with DHCP) is its host's in that time only: before and after it, a peer with
that address is another machine. The times of ranges are those of a log, corrected by the clock that a user gave of its host.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from provenance.ingest.clock import ms_of
from provenance.store.hosts import CERTAIN, FoundAddress, FoundHost, GivenHost, found_hosts, given_hosts
from provenance.store.interface import HostSummary, Store

_NOTHING_FOUND: Mapping[str, FoundHost] = MappingProxyType({})
_NOTHING_GIVEN: Mapping[str, GivenHost] = MappingProxyType({})


class _Own(NamedTuple):
    """An address of a host, in words, from `since` to `until` (ms since the epoch, both inclusive; None: always)."""

    host: str
    words: str
    is_recorded: bool
    since: int | None
    until: int | None

    @property
    def is_ranged(self) -> bool:
        return self.since is not None or self.until is not None

    def covers(self, ms: int | None) -> bool:
        """Whether the host had the address at a time; at some time, if that is None."""
        if ms is None:
            return True
        return (self.since is None or self.since <= ms) and (self.until is None or ms <= self.until)


class AddressOwners:
    """The owners of addresses. `recorded` are the addresses of the hosts whose logs the store holds, `found` what the join
    found of them, `given` what users gave of any host."""

    def __init__(
        self,
        recorded: Mapping[str, Sequence[str]],
        found: Mapping[str, FoundHost] = _NOTHING_FOUND,
        given: Mapping[str, GivenHost] = _NOTHING_GIVEN,
    ) -> None:
        self._clocks = {host: one.clock_ms or 0 for host, one in given.items()}
        self._owners: dict[str, list[_Own]] = {}
        for host in sorted(recorded):
            known = found[host].addresses if host in found else ()
            for address in known:
                self._add(address.ip, _recorded(host, address))
            for ip in sorted(set(recorded[host]) - {address.ip for address in known}):
                self._add(ip, _Own(host, "", True, None, None))
        for host in sorted(given.keys() - recorded.keys()):
            words = f"{host}, whose log the store does not hold"
            for own in given[host].addresses:
                self._add(own.ip, _Own(host, words, False, own.since, own.until))

    def is_recorded(self, ip: str, seen_on: str, moment: int) -> bool:
        """Whether an address was a recorded host's at a moment of the log of the host `seen_on`."""
        return any(one.is_recorded for one in self._of(ip, self._ms(seen_on, moment)))

    def words(self, ip: str, seen_on: str, moment: int) -> str | None:
        """Whose address one was at a moment of the log of the host `seen_on`; None if nothing is known of it."""
        now = [one.words for one in self._of(ip, self._ms(seen_on, moment)) if one.words]
        if now:
            return " or ".join(dict.fromkeys(now))
        others = dict.fromkeys(one.host for one in self._owners.get(ip, ()) if one.is_ranged)
        return f"unknown at this time, at other times {' or '.join(others)}" if others else None

    def has(self, host: str, ip: str, ms: int | None) -> bool:
        """Whether a recorded host had an address at a time (ms since the epoch); at some time, if that is None."""
        return any(one.host == host and one.is_recorded for one in self._of(ip, ms))

    def _add(self, ip: str, own: _Own) -> None:
        self._owners.setdefault(ip, []).append(own)

    def _ms(self, host: str, moment: int) -> int:
        return ms_of(moment) + self._clocks.get(host, 0)

    def _of(self, ip: str, ms: int | None) -> Iterator[_Own]:
        """The owners at a time: those of whom a user said so, else all that may be."""
        known = [one for one in self._owners.get(ip, ()) if one.covers(ms)]
        ranged = [one for one in known if one.is_ranged]
        yield from ranged if ranged and ms is not None else known


NO_OWNERS = AddressOwners({})


def _recorded(host: str, address: FoundAddress) -> _Own:
    is_certain = address.confidence > CERTAIN
    words = host if is_certain else f"perhaps {host}, confidence {address.confidence:g}"
    return _Own(host, words, is_certain, address.since, address.until)


def address_owners(
    store: Store, summaries: Iterable[HostSummary] | None = None, found: Mapping[str, FoundHost] | None = None
) -> AddressOwners:
    """The owners of addresses in a store. `summaries` and `found` are what it holds, if they were read. Raises StoreError."""
    documents = store.documents()
    recorded = {summary.host: summary.addresses for summary in (store.hosts() if summaries is None else summaries)}
    return AddressOwners(recorded, found_hosts(documents) if found is None else found, given_hosts(documents))
