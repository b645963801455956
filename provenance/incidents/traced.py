"""An alert that has been traced, as far as incidents need to know it: what ties it, where it came in, what it did.

It is small however large the slices were, and it can be kept as JSON: `as_body` and `from_body` are inverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from provenance.ingest.clock import ms_of, shift
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind, format_id
from provenance.text.labels import label
from provenance.trace.result import Entry, Slice, Trace

SEVERITIES = ("low", "medium", "high", "critical")
_WAYS = 3
_PEER = 10
_CHANGES = frozenset(
    (
        FlowKind.WROTE,
        FlowKind.RENAMED,
        FlowKind.LINKED,
        FlowKind.DELETED,
        FlowKind.CHANGED_MODE,
        FlowKind.CHANGED_OWNER,
    )
)


class About(NamedTuple):
    """What an alert says of itself. `ms` is its time, or that of the record it was anchored to."""

    id: str
    title: str
    severity: str
    ms: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A way in. `outside`: somebody came in, rather than that the log begins there."""

    ms: int
    host: str
    node: str
    edge: str | None
    score: float
    outside: bool
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Damage:
    """What the forward slice did: programs started, files changed, addresses called."""

    programs: int = 0
    files: int = 0
    peers: int = 0

    @property
    def done(self) -> int:
        """How much that is; an address called weighs as much as ten programs or files."""
        return self.programs + self.files + _PEER * self.peers


@dataclass(frozen=True, slots=True)
class TracedAlert:
    """An alert and what its traces found. `hosts` maps each host that was touched to when (ms)."""

    id: str
    title: str
    severity: str
    ms: int
    links: tuple[str, ...]
    hosts: Mapping[str, int]
    ways: tuple[Way, ...]
    damage: Damage
    source: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A step of an alert's story. `order` is its time on a common clock, `ms` on its host's."""

    order: int
    ms: int
    host: str
    node: str
    edge: str | None
    text: str


def traced_alert(about: About, links: tuple[str, ...], backward: Trace, forward: Trace | None) -> TracedAlert:
    """What incidents need of an alert and its traces; `forward` is from its most probable way in."""
    hosts: dict[str, int] = {}
    for reached in (*backward.hosts, *(forward.hosts if forward is not None else ())):
        hosts[reached.host] = min(hosts.get(reached.host, ms_of(reached.first)), ms_of(reached.first))
    ways = tuple(_way(backward, entry) for entry in backward.entries[:_WAYS])
    damage = Damage() if forward is None else _damage(forward.slice)
    severity = about.severity if about.severity in SEVERITIES else SEVERITIES[0]
    return TracedAlert(about.id, about.title, severity, about.ms, links, hosts, ways, damage, about.source)


def told(backward: Trace, skews: Mapping[str, int]) -> tuple[Told, ...]:
    """The steps of an alert's story. `skews` are the corrections of the hosts' clocks in ms."""
    nodes = {**backward.context, **backward.slice.nodes}
    return tuple(
        Told(
            ms_of(shift(step.moment, skews.get(step.host, 0))),
            ms_of(step.moment),
            step.host,
            format_id(nodes[step.node].kind, step.node),
            step.edge,
            step.text,
        )
        for step in backward.chain
        if step.node in nodes
    )


def as_body(alert: TracedAlert) -> dict[str, Any]:
    """As JSON can hold it."""
    return asdict(alert)


def from_body(body: Mapping[str, Any]) -> TracedAlert:
    """What `as_body` was given."""
    parts = dict(body)
    parts["links"] = tuple(body["links"])
    parts["ways"] = tuple(Way(**way) for way in body["ways"])
    parts["damage"] = Damage(**body["damage"])
    return TracedAlert(**parts)


def _way(trace: Trace, entry: Entry) -> Way:
    node = trace.slice.nodes[entry.node]
    edge = next((edge for edge in trace.slice.edges if edge.id == entry.edge), None)
    into = "" if edge is None else f" enters through {label(trace.slice.nodes[edge.target])}"
    return Way(
        ms_of(entry.moment),
        node.host,
        format_id(node.kind, node.id),
        entry.edge,
        round(entry.score, 6),
        edge is not None,
        label(node) + into,
        entry.reason,
    )


def _damage(slice_: Slice) -> Damage:
    nodes = slice_.nodes
    programs = {id for id, node in nodes.items() if _is_program(node.kind, node.attributes)} - set(slice_.start)
    files = {
        edge.target for edge in slice_.edges if edge.kind in _CHANGES and nodes[edge.target].kind is EntityKind.FILE
    }
    called = {nodes[edge.target].attributes.get("ip") for edge in slice_.edges if edge.kind is FlowKind.CONNECTED}
    return Damage(len(programs), len(files), len(called - {None}))


def _is_program(kind: EntityKind, attributes: Mapping[str, Any]) -> bool:
    return kind is EntityKind.PROCESS and not attributes.get("forked")
