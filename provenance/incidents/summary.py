"""What several alerts say together, so small that it can be kept and joined: one more alert never needs all the others.

`joined` is associative and does not mind the order: any way of adding up the same alerts gives the same summary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import reduce
from typing import Any

from provenance.incidents.traced import SEVERITIES, Damage, TracedAlert, Way

_WAYS = 5


@dataclass(frozen=True, slots=True)
class Summary:
    """`begun` is the first alert (its time and id), `gravest` the first of the gravest (its severity's place counted down,
    its time, id and title); `entry` the score of the best way in that somebody came in by."""

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
        """The title of the gravest alert."""
        return self.gravest[3]

    @property
    def severity(self) -> str:
        """The gravest alert's severity."""
        return SEVERITIES[-self.gravest[0]]

    @property
    def first(self) -> int:
        """When it began (ms): the first way in that somebody came in by, or the first alert."""
        return min((self.begun[0], *(way.ms for way in self.ways if way.outside)))


def of(alert: TracedAlert) -> Summary:
    """What one alert says."""
    return Summary(
        1,
        (alert.ms, alert.id),
        alert.ms,
        (-SEVERITIES.index(alert.severity), alert.ms, alert.id, alert.title),
        dict(sorted(alert.hosts.items(), key=_when)),
        _best(alert.ways),
        max((way.score for way in alert.ways[:1] if way.outside), default=0.0),
        alert.damage,
        tuple(sorted(set(alert.links))),
    )


def joined(one: Summary, other: Summary) -> Summary:
    """What both say together."""
    hosts = dict(one.hosts)
    for host, ms in other.hosts.items():
        hosts[host] = min(hosts.get(host, ms), ms)
    return Summary(
        one.count + other.count,
        min(one.begun, other.begun),
        max(one.last, other.last),
        min(one.gravest, other.gravest),
        dict(sorted(hosts.items(), key=_when)),
        _best((*one.ways, *other.ways)),
        max(one.entry, other.entry),
        max(one.damage, other.damage, key=_rank),
        tuple(sorted({*one.ties, *other.ties})),
    )


def summary(alerts: Iterable[TracedAlert]) -> Summary:
    """What alerts, at least one, say together."""
    return reduce(joined, map(of, alerts))


def as_body(made: Summary) -> dict[str, Any]:
    """As JSON can hold it; `from_body` is its inverse."""
    return asdict(made)


def from_body(body: Mapping[str, Any]) -> Summary:
    """What `as_body` was given."""
    parts = dict(body)
    for name in ("begun", "gravest", "ties"):
        parts[name] = tuple(body[name])
    parts["ways"] = tuple(Way(**way) for way in body["ways"])
    parts["damage"] = Damage(**body["damage"])
    return Summary(**parts)


def _when(item: tuple[str, int]) -> tuple[int, str]:
    return item[1], item[0]


def _best(ways: Iterable[Way]) -> tuple[Way, ...]:
    """The likeliest ways in, each once."""
    best: dict[tuple[str, str | None], Way] = {}
    for way in ways:
        place = (way.node, way.edge)
        if place not in best or _likelier(way) < _likelier(best[place]):
            best[place] = way
    return tuple(sorted(best.values(), key=_likelier)[:_WAYS])


def _likelier(way: Way) -> tuple[Any, ...]:
    return -way.score, way.ms, way.node, way.edge or "", way.host, way.outside, way.text, way.reason


def _rank(damage: Damage) -> tuple[int, int, int, int]:
    return damage.done, damage.programs, damage.files, damage.peers
