"""Addresses that hosts had for a time only, as with DHCP: an address that a user gave with a time range stands for another
host before and after it.

Groups of connections are compared by address, so such an address gets another name in each interval between its ranges.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from provenance.store.hosts import GivenAddress, GivenHost

_MARK = "#"


class Leases:
    """The names of addresses that were given with a time range. Times are those of the log, corrected by given clocks."""

    def __init__(self, stated: Mapping[str, GivenHost]) -> None:
        everything = [(host, address) for host in sorted(stated) for address in stated[host].addresses]
        ranged = {address.ip for _, address in everything if address.since is not None or address.until is not None}
        self._given: dict[str, list[tuple[str, GivenAddress]]] = {ip: [] for ip in ranged}
        for host, address in everything:
            if address.ip in ranged:
                self._given[address.ip].append((host, address))
        self._borders = {ip: _borders(address for _, address in given) for ip, given in self._given.items()}

    def __contains__(self, ip: str) -> bool:
        return ip in self._given

    def name(self, ip: str, ms: int) -> str:
        """The name of an address at a time (ms since the epoch): the address itself, unless it was given with a range."""
        borders = self._borders.get(ip)
        return ip if borders is None else f"{ip}{_MARK}{bisect_right(borders, ms)}"

    def owned(self) -> Iterator[tuple[str, str]]:
        """Each host with the names of its addresses that were given with a range, or are shared with one that was."""
        for ip, given in self._given.items():
            borders = self._borders[ip]
            for host, address in given:
                first = 0 if address.since is None else bisect_right(borders, address.since)
                last = len(borders) if address.until is None else bisect_right(borders, address.until)
                yield from ((host, f"{ip}{_MARK}{number}") for number in range(first, last + 1))


def plain(name: str) -> str:
    """The address of a name."""
    return name.partition(_MARK)[0]


def _borders(given: Iterator[GivenAddress]) -> list[int]:
    """The times from which on another host may have an address."""
    found: set[int] = set()
    for address in given:
        if address.since is not None:
            found.add(address.since)
        if address.until is not None:
            found.add(address.until + 1)
    return sorted(found)
