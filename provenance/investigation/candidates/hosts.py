"""The recorded hosts that an alert may be about, found by name, short name or address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from provenance.errors import NothingFound
from provenance.investigation.candidates.statement import Statement
from provenance.store.interface import HostSummary, Store
from provenance.trace.limits.address_owners import AddressOwners, address_owners

_SAME, _CASE, _SHORT, _ADDRESS = 1.0, 0.98, 0.95, 0.95
_UNNAMED, _UNKNOWN = 0.9, 0.6
_SHOWN, _LONGEST = 5, 80


@dataclass(frozen=True, slots=True)
class Place:
    """A host that an alert may be about (None: any host), a weight from 0 to 1 for how well it matches, and the reason."""

    host: str | None
    weight: float
    reason: str


def places(store: Store, alert: Statement) -> list[Place]:
    """The hosts that an alert may be about, the most likely first. Raises NothingFound when it names a host that is not
    recorded, unless it is about a connection, which its peer identifies as well."""
    summaries = store.hosts()
    owners = address_owners(store)
    found = _named(alert.names, summaries, owners, alert.at) or _named(_ends(alert), summaries, owners, alert.at)
    if found:
        return found
    if not alert.names:
        return [Place(None, _UNNAMED, "the alert names no host")]
    if alert.remote_ip is not None and not alert.names_process:
        return [Place(None, _UNKNOWN, f"{_list(alert.names)} is not a recorded host")]
    known = _list([summary.host for summary in summaries]) or "none"
    raise NothingFound(f"{_list(alert.names)} is not the name or address of a recorded host; recorded hosts: {known}")


def _ends(alert: Statement) -> list[str]:
    """The addresses of the connection that may be the host's own: the local one if the alert names a process, else both,
    because a sensor that sees only packets may not know which end is the host's."""
    ends = [alert.local_ip] if alert.names_process else [alert.local_ip, alert.remote_ip]
    return [end for end in ends if end is not None]


def _named(
    names: Sequence[str], summaries: Sequence[HostSummary], owners: AddressOwners, at: int | None
) -> list[Place]:
    """The hosts that match each name best; `at` is the time of the alert, at which a host had an address."""
    found: dict[str | None, Place] = {}
    for name in names:
        like = [place for summary in summaries if (place := _likeness(name, summary, owners, at)) is not None]
        best = max((place.weight for place in like), default=0.0)
        for place in like:
            if place.weight == best and (place.host not in found or best > found[place.host].weight):
                found[place.host] = place
    return sorted(found.values(), key=lambda place: (-place.weight, place.host or ""))


def _likeness(name: str, summary: HostSummary, owners: AddressOwners, at: int | None) -> Place | None:
    host = summary.host
    given, known = name.casefold().rstrip("."), host.casefold()
    if name == host:
        return Place(host, _SAME, f"host {host}")
    if given == known:
        return Place(host, _CASE, f"host {host}, written {name}")
    if owners.has(host, name, at):
        return Place(host, _ADDRESS, f"host {host} by its address {name}")
    short = "." not in given or "." not in known
    if short and given.partition(".")[0] == known.partition(".")[0] and not _is_address(given):
        return Place(host, _SHORT, f"host {host}, which matches {name} up to the first dot")
    return None


def _is_address(text: str) -> bool:
    return text.replace(".", "").isdecimal()


def _list(names: Iterable[str]) -> str:
    all_names = list(names)
    more = f" and {len(all_names) - _SHOWN} more" if len(all_names) > _SHOWN else ""
    return ", ".join(name[:_LONGEST] for name in all_names[:_SHOWN]) + more
