"""The basis of a result: the state of the logs that it was computed from. It is stored with the result, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_ALL = ""
"""The key of the state of all hosts, beside the names of hosts."""


class HostBasis(NamedTuple):
    """The state of a host's logs: the moments of its first and last event, how much was counted of them, and the correction of
    its clock (ms)."""

    first: int
    last: int
    counted: int
    skew_ms: int


class AllHostsBasis(NamedTuple):
    """The state of all hosts: how many there are, and a number that stands for their addresses (None in results of an earlier
    version)."""

    hosts: int
    addresses: int | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """The state of the hosts that a result concerns, by name, and that of all hosts; None for a result without a basis."""

    hosts: Mapping[str, HostBasis] = field(default_factory=dict)
    all: AllHostsBasis | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Sequence[int]]) -> Basis:
        """The basis from the JSON of `to_json`."""
        hosts = {host: HostBasis(*seen) for host, seen in stored.items() if host != _ALL}
        return cls(hosts, AllHostsBasis(*stored[_ALL]) if _ALL in stored else None)

    def to_json(self) -> dict[str, list[int]]:
        """The basis as JSON: a list of numbers for each host, and for all hosts under the empty name."""
        hosts = {host: list(seen) for host, seen in self.hosts.items()}
        return hosts if self.all is None else hosts | {_ALL: [part for part in self.all if part is not None]}
