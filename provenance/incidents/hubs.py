"""Hubs: entities that so much information passes through that a common hub does not show that two alerts are related.

A hub is recognised by its flows in the store, never by its name:

- **A process older than the log** (no record shows its start). Everything that the host has run since may descend from it,
  and nothing shows what started it: a common cause of two of its effects cannot be named.
- **A service**: a process that accepted connections from `PEERS` addresses or more. What two clients make it do is unrelated.
- **A login service or a scheduler**: a process whose children belong to `SESSIONS` sessions or more besides its own.
- **A loop**: a process that started more than `CHILDREN` processes. The shell of a person, or of an attacker, starts tens.
- **A file that many processes read** (more than `READERS`: a library, the loader's cache, a shared configuration) or many
  write (a common log), or a pipe that as many share. Without this rule, a change of such a file would make everything on the
  host one incident.
- **A ledger**: a file that `KEEPERS` processes or more both read and write (the last logins of all accounts, a database).
  Each writes its own part, and reads those of the others with it.
- **An endpoint that more than `SENDERS` processes send to**: a resolver, a database, a local service.

`provenance.incidents.links` says what is followed through a hub nevertheless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import LINEAGE, Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node, Store

CHILDREN = 64
READERS = 16
KEEPERS = 2
SENDERS = 2
PEERS = 2
SESSIONS = 2
_COUNTED = 4 * CHILDREN
"""The most runs that are read of one entity in each direction: enough to recognise a hub."""


_NONE: Mapping[int, Node] = MappingProxyType({})


class Fan(NamedTuple):
    """Counts of the neighbours of one entity: processes that it sends information to, that send it information, and that do
    both; addresses that it accepted connections from; sessions of its children besides its own; and whether a record shows
    its start."""

    feeds: int = 0
    fed_by: int = 0
    both: int = 0
    peers: int = 0
    sessions: int = 0
    begun: bool = True


def is_hub(kind: EntityKind, fan: Fan) -> bool:
    """Whether an entity with this fan is a hub."""
    if kind is EntityKind.PROCESS:
        busy = fan.feeds > CHILDREN or fan.peers >= PEERS or fan.sessions >= SESSIONS
        return busy or not fan.begun
    if kind is EntityKind.ENDPOINT:
        return fan.fed_by > SENDERS
    ledger = kind is EntityKind.FILE and fan.both >= KEEPERS
    return fan.feeds > READERS or fan.fed_by > READERS or ledger


def hubs(nodes: Mapping[int, Node], fans: Mapping[int, Fan]) -> frozenset[int]:
    """The hubs among entities whose fans are known."""
    return frozenset(id for id, fan in fans.items() if id in nodes and is_hub(nodes[id].kind, fan))


def fans(store: Store, nodes: Mapping[int, Node], known: Mapping[int, Node] = _NONE) -> dict[int, Fan]:
    """The fans of entities. Reads at most `_COUNTED` runs of an entity in each direction, and of their other ends those that are
    not among the `known` entities."""
    outward = _by_end(store.expand(Direction.FORWARD, dict.fromkeys(nodes, FIRST), _COUNTED), source=True)
    inward = _by_end(store.expand(Direction.BACKWARD, dict.fromkeys(nodes, LAST), _COUNTED), source=False)
    others = {flow.target for flows in outward.values() for flow in flows}
    others |= {flow.source for flows in inward.values() for flow in flows}
    unknown = others - nodes.keys() - known.keys()
    around = {**known, **nodes, **(store.nodes(unknown) if unknown else {})}
    return {id: _fan(node, outward.get(id, ()), inward.get(id, ()), around) for id, node in nodes.items()}


def _by_end(flows: Iterable[Flow], source: bool) -> Mapping[int, list[Flow]]:
    found: dict[int, list[Flow]] = defaultdict(list)
    for flow in flows:
        found[flow.source if source else flow.target].append(flow)
    return found


def _fan(node: Node, outward: Iterable[Flow], inward: Iterable[Flow], around: Mapping[int, Node]) -> Fan:
    fed = [around[flow.target] for flow in outward if flow.target in around]
    feeding = [around[flow.source] for flow in inward if flow.source in around]
    is_process = node.kind is EntityKind.PROCESS
    children = [around[flow.target] for flow in outward if flow.kind in LINEAGE and flow.target in around]
    accepted = [around[flow.source] for flow in inward if flow.kind is FlowKind.ACCEPTED and flow.source in around]
    feeds = {child.id for child in (children if is_process else _processes(fed))}
    fed_by = {other.id for other in _processes(feeding)}
    return Fan(
        len(feeds),
        len(fed_by),
        len(feeds & fed_by),
        len({other.attributes["ip"] for other in accepted if "ip" in other.attributes}),
        len({child.attributes.get("ses") for child in children} - {node.attributes.get("ses"), None}),
        not is_process or any(flow.kind in LINEAGE for flow in inward) or _has_parent(node, feeding),
    )


def _processes(nodes: Iterable[Node]) -> Iterable[Node]:
    return (node for node in nodes if node.kind is EntityKind.PROCESS)


def _has_parent(node: Node, feeding: Iterable[Node]) -> bool:
    """Whether a login session started a process."""
    return node.kind is EntityKind.PROCESS and any(other.kind is EntityKind.SESSION for other in feeding)
