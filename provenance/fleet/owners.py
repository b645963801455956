"""Owners of addresses, from direct evidence: given by the user, bound by a socket, or seen by Zeek."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from provenance.fleet.ends import LOOPBACK, Ends, Group, address
from provenance.fleet.leases import Leases
from provenance.fleet.zeek import ZeekConn


class Owners:
    """The hosts that own each address. An address without an owner may belong to any host."""

    def __init__(self) -> None:
        self.hosts: dict[str, set[str]] = {}
        self.addresses: dict[str, set[str]] = {}
        self.given: set[str] = set()
        """Hosts whose addresses the caller gave: no other address may be guessed for them."""

    def add(self, host: str, ip: str) -> None:
        self.hosts.setdefault(ip, set()).add(host)
        self.addresses.setdefault(host, set()).add(ip)

    def of(self, host: str) -> list[str]:
        """The addresses of a host."""
        return sorted(self.addresses.get(host, ()))

    def only_owner(self, ip: str) -> str | None:
        """The only owner of an address; None when there is none, or several."""
        hosts = self.hosts.get(ip, ())
        return next(iter(hosts)) if len(hosts) == 1 else None

    def is_owner(self, ip: str, host: str) -> bool:
        """Whether a host is one of the owners of an address."""
        return host in self.hosts.get(ip, ())

    def may_be_guessed(self, ip: str, host: str) -> bool:
        """Whether an address may be assigned to a host on little evidence."""
        return self.is_owner(ip, host) or host not in self.given

    def may_join(self, out: Group, into: Group) -> bool:
        """Whether the addresses allow that the two groups are the two sides of the same connections."""
        if out.ip == LOOPBACK or into.ip == LOOPBACK:
            return out.ip == into.ip and out.host == into.host
        if (out.host == into.host) != (out.ip == into.ip):
            return False
        servers, clients = self.hosts.get(out.ip), self.hosts.get(into.ip)
        return (servers is None or into.host in servers) and (clients is None or out.host in clients)


def owners(
    ends: Ends, given: Mapping[str, Sequence[str]], certain: Mapping[tuple[str, int], list[ZeekConn]], leases: Leases
) -> Owners:
    """The owners of addresses. An address that several hosts bind (a bridge's, for example) has no owner unless it is given."""
    known = Owners()
    for host in sorted(given):
        for text in given[host]:
            ip = address(text)
            if ip is not None and ip != LOOPBACK and ip not in leases:
                known.add(host, ip)
                known.given.add(host)
    for host, name in leases.owned():
        known.add(host, name)
        known.given.add(host)
    claimed = Owners()
    for host, addresses in ends.bound.items():
        for ip in addresses:
            claimed.add(host, ip)
    for group in ends.into:
        for ip in _on_the_wire(group, certain):
            claimed.add(group.host, ip)
    for ip in sorted(claimed.hosts):
        owner = claimed.only_owner(ip)
        if owner is not None and ip not in known.hosts and ip not in leases:
            known.add(owner, ip)
    return known


def _on_the_wire(group: Group, certain: Mapping[tuple[str, int], list[ZeekConn]]) -> Iterable[str]:
    if not certain:
        return ()
    found = set()
    for end in group.ends:
        seen = {c.resp_ip for c in certain.get((end.ip, end.port), ()) if group.port in (None, c.resp_port)}
        if len(seen) == 1:
            found |= seen
    return found
