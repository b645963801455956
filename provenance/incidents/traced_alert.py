"""A traced alert as incidents need it: its ties, its ways in, the hosts it reached and its damage.

It is small, however large the slices are, and it can be stored as JSON with `as_body` and `from_body`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind, format_id
from provenance.text.labels import label
from provenance.trace.programs.effects import CHANGING
from provenance.trace.result import Entry, Slice, Trace
from provenance.trace.way_in.arrivals import arrival_text, is_contacted

SEVERITIES = ("low", "medium", "high", "critical")
_WAYS = 3
_PEER = 10


class About(NamedTuple):
    """The description of an alert. `ms` is its time, or the time of its anchor if it has none."""

    id: str
    title: str
    severity: str
    ms: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A way in. `outside`: it is a peer or a login, not a process that started before the log."""

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
    """The damage that a forward trace shows: counts of programs started, files changed and addresses contacted."""

    programs: int = 0
    files: int = 0
    peers: int = 0

    @property
    def done(self) -> int:
        """The damage as one number, in which an address counts as much as ten programs or files."""
        return self.programs + self.files + _PEER * self.peers


@dataclass(frozen=True, slots=True)
class TracedAlert:
    """An alert and the results of its traces. `hosts` maps each host that it reached to the first time (ms)."""

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
class StoryStep:
    """A step of an alert's story. `order` is its time on a clock common to all hosts, `ms` its time on its host's clock
    (both in ms since the epoch)."""

    order: int
    ms: int
    host: str
    node: str
    edge: str | None
    text: str
    doubt: str = ""
    """Why it may not belong to the story; empty if nothing speaks for that."""

    confidence: float = 1.0
    """How sure it is that the trace leads to its program and to its host; 1 for steps stored by earlier versions."""

    account: str = ""
    """The accounts of the records of its acts; empty if unknown, and for steps stored by earlier versions."""


def traced_alert(about: About, links: tuple[str, ...], backward: Trace, forward: Trace | None) -> TracedAlert:
    """The traced alert from an alert's description, ties and traces; `forward` starts at its most probable way in."""
    hosts: dict[str, int] = {}
    for reached in (*backward.hosts, *(forward.hosts if forward is not None else ())):
        hosts[reached.host] = min(hosts.get(reached.host, ms_of(reached.first)), ms_of(reached.first))
    ways = tuple(_way(backward, entry) for entry in backward.entries[:_WAYS])
    damage = Damage() if forward is None else _damage(forward.slice)
    severity = about.severity if about.severity in SEVERITIES else SEVERITIES[0]
    return TracedAlert(about.id, about.title, severity, about.ms, links, hosts, ways, damage, about.source)


def story_steps(backward: Trace) -> tuple[StoryStep, ...]:
    """The steps of an alert's story."""
    nodes = {**backward.context, **backward.slice.nodes}
    return tuple(
        StoryStep(
            ms_of(step.moment),
            ms_of(step.host_moment),
            step.host,
            format_id(nodes[step.node].kind, step.node),
            step.edge,
            step.text,
            step.doubt,
            step.confidence,
            step.account,
        )
        for step in backward.chain
        if step.node in nodes
    )


def as_body(alert: TracedAlert) -> dict[str, Any]:
    """A traced alert as JSON values."""
    return asdict(alert)


def from_body(body: Mapping[str, Any]) -> TracedAlert:
    """A traced alert from the JSON values of `as_body`."""
    parts = dict(body)
    parts["links"] = tuple(body["links"])
    parts["ways"] = tuple(Way(**way) for way in body["ways"])
    parts["damage"] = Damage(**body["damage"])
    return TracedAlert(**parts)


def _way(trace: Trace, entry: Entry) -> Way:
    node = {**trace.context, **trace.slice.nodes}[entry.node]
    edge = next((edge for edge in trace.slice.edges if edge.id == entry.edge), None)
    gate = None if edge is None else trace.slice.nodes[edge.target]
    text = (
        label(node)
        if gate is None
        else arrival_text(node, gate, entry.moment, is_contacted(trace.slice, edge), entry.ports)
    )
    return Way(
        ms_of(entry.moment),
        node.host,
        format_id(node.kind, node.id),
        entry.edge,
        round(entry.score, 6),
        edge is not None,
        text,
        entry.reason,
    )


def _damage(slice_: Slice) -> Damage:
    nodes = slice_.nodes
    programs = {id for id, node in nodes.items() if _is_program(node.kind, node.attributes)} - set(slice_.start)
    changed = {edge.target for edge in slice_.edges if edge.kind in CHANGING}
    files = sum(nodes[id].kind is EntityKind.FILE for id in changed)
    peers = {edge.target for edge in slice_.edges if edge.kind is FlowKind.CONNECTED}
    called = {nodes[id].attributes.get("ip") for id in peers} - {None}
    return Damage(len(programs), files, len(called))


def _is_program(kind: EntityKind, attributes: Mapping[str, Any]) -> bool:
    return kind is EntityKind.PROCESS and not attributes.get("forked")
