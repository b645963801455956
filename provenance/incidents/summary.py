"""The summary of the alerts of an incident. It is small and can be extended: adding an alert needs none of the others.

`joined` is associative and commutative: adding up the same alerts in any order gives the same summary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import reduce
from typing import Any

from provenance.incidents.traced_alert import SEVERITIES, Damage, TracedAlert, Way

_WAYS = 5


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of some alerts. `begun` is the first alert: its time (ms) and id. `gravest` is the first of the most severe
    alerts: its severity as a negative index into SEVERITIES, its time (ms), id and title. `entry` is the score of the most
    probable way in that is a peer or a login, else 0."""

    count: int
    begun: tuple[int, str]
    last: int
    gravest: tuple[int, int, str, str]
    hosts: Mapping[str, int]
    ways: tuple[Way, ...]
    entry: float
    damage: Damage
    ties: tuple[str, ...]

    @property
    def title(self) -> str:
        """The title of the most severe alert."""
        return self.gravest[3]

    @property
    def severity(self) -> str:
        """The severity of the most severe alert."""
        return SEVERITIES[-self.gravest[0]]

    @property
    def first(self) -> int:
        """The beginning of the incident (ms): the earliest way in that is a peer or a login, or the first alert."""
        return min((self.begun[0], *(way.ms for way in self.ways if way.outside)))

    def hosts_by_time(self) -> list[tuple[str, int]]:
        """The hosts, each with the time (ms) when a trace first reaches it, in order of this time."""
        return sorted(self.hosts.items(), key=_by_time)


def of(alert: TracedAlert) -> Summary:
    """The summary of one alert."""
    return Summary(
        1,
        (alert.ms, alert.id),
        alert.ms,
        (-SEVERITIES.index(alert.severity), alert.ms, alert.id, alert.title),
        dict(sorted(alert.hosts.items(), key=_by_time)),
        _best(alert.ways),
        max((way.score for way in alert.ways[:1] if way.outside), default=0.0),
        alert.damage,
        tuple(sorted(set(alert.links))),
    )


def joined(one: Summary, other: Summary) -> Summary:
    """The summary of the alerts of two summaries."""
    hosts = dict(one.hosts)
    for host, ms in other.hosts.items():
        hosts[host] = min(hosts.get(host, ms), ms)
    return Summary(
        one.count + other.count,
        min(one.begun, other.begun),
        max(one.last, other.last),
        min(one.gravest, other.gravest),
        dict(sorted(hosts.items(), key=_by_time)),
        _best((*one.ways, *other.ways)),
        max(one.entry, other.entry),
        max(one.damage, other.damage, key=_rank),
        tuple(sorted({*one.ties, *other.ties})),
    )


def summary(alerts: Iterable[TracedAlert]) -> Summary:
    """The summary of alerts, of which there must be at least one."""
    return reduce(joined, map(of, alerts))


def as_body(made: Summary) -> dict[str, Any]:
    """A summary as JSON values; `from_body` is the inverse."""
    return asdict(made)


def from_body(body: Mapping[str, Any]) -> Summary:
    """A summary from the JSON values of `as_body`."""
    parts = dict(body)
    for name in ("begun", "gravest", "ties"):
        parts[name] = tuple(body[name])
    parts["ways"] = tuple(Way(**way) for way in body["ways"])
    parts["damage"] = Damage(**body["damage"])
    return Summary(**parts)


def _by_time(item: tuple[str, int]) -> tuple[int, str]:
    return item[1], item[0]


def _best(ways: Iterable[Way]) -> tuple[Way, ...]:
    """The most probable ways in, without duplicates."""
    best: dict[tuple[str, str | None], Way] = {}
    for way in ways:
        key = (way.node, way.edge)
        if key not in best or _probability(way) < _probability(best[key]):
            best[key] = way
    return tuple(sorted(best.values(), key=_probability)[:_WAYS])


def _probability(way: Way) -> tuple[Any, ...]:
    return -way.score, way.ms, way.node, way.edge or "", way.host, way.outside, way.text, way.reason


def _rank(damage: Damage) -> tuple[int, int, int, int]:
    return damage.done, damage.programs, damage.files, damage.peers
