"""Logins: whom the servers of a story, such as sshd, logged in from where. An arrival at such a server alone does not show that:
a client whose password is wrong arrives too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.render.steps import beginning
from provenance.store.interface import Node
from provenance.text.escape import visible
from provenance.trace.result import Effect, Step, Trace

_VERB = "logs in"
_MOST = 3
"""The most accounts that one step names."""


def with_logins(steps: Sequence[Step], traces: Sequence[Trace]) -> Iterator[Step]:
    """The steps, in their order: the arrival at a process that served no other client says whom that process logged in, and so
    does the step of a process whose client's arrival is not among the steps, with the address if that is no recorded host's."""
    sessions, clients = _sessions(traces), _Clients(traces)
    arrived = {clients.server_of(step) for step in steps if step.is_arrival}
    for step in steps:
        server = clients.server_of(step) if step.is_arrival else step.node
        found = sessions.get(server, [])
        if step.is_arrival and step.times == 1 and found and clients.is_alone(server):
            yield replace(step, text=f"{step.text} and logs in as {_listed([_user(one) for one in found])}")
        elif not step.is_arrival and found and server not in arrived:
            names = tuple(dict.fromkeys(_user(one) + clients.origin(server, one) for one in found))
            joint = "; " if " → " in step.text else " → "
            text = f"{step.text}{joint}{_VERB} {_listed(names)}"
            yield replace(step, text=text, effects=(*step.effects, Effect(_VERB, names)))
        else:
            yield step


class _Clients:
    """The clients that each process of some traces accepted."""

    def __init__(self, traces: Sequence[Trace]) -> None:
        self._of: dict[int, set[int]] = defaultdict(set)
        self._servers: dict[str, int] = {}
        edges = [edge for trace in traces for edge in trace.slice.edges]
        for edge in edges:
            if edge.kind is FlowKind.ACCEPTED:
                self._of[edge.target].add(edge.source)
                self._servers[edge.id] = edge.target
        self._joined = {edge.target for edge in edges if edge.kind is FlowKind.REACHED}

    def server_of(self, arrival: Step) -> int:
        """The process that accepted an arrival; the arrival's own node if none did."""
        return self._servers.get(arrival.edge or "", arrival.node)

    def is_alone(self, server: int) -> bool:
        """Whether a process accepted one client only."""
        return len(self._of[server]) == 1

    def origin(self, server: int, session: Node) -> str:
        """Where a session comes from; empty for a recorded host, whose own steps say so."""
        if not self._of[server].isdisjoint(self._joined):
            return ""
        return f" from {beginning(visible(str(session.attributes['address'])))}"


def _sessions(traces: Sequence[Trace]) -> Mapping[int, list[Node]]:
    """By process, the sessions in which it logged clients of other hosts in."""
    found: dict[int, list[Node]] = defaultdict(list)
    for trace in traces:
        nodes = trace.slice.nodes
        for edge in sorted(trace.slice.edges, key=lambda edge: (edge.first, edge.id)):
            session, server = nodes[edge.source], nodes[edge.target]
            is_login = edge.kind is FlowKind.LOGGED_IN and server.kind is EntityKind.PROCESS
            if is_login and session.kind is EntityKind.SESSION and session.attributes.get("address"):
                found[edge.target].append(session)
    return found


def _user(session: Node) -> str:
    return beginning(visible(str(session.attributes.get("user") or f"uid {session.attributes.get('auid', '?')}")))


def _listed(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = f" and {len(distinct) - _MOST} more" if len(distinct) > _MOST else ""
    return ", ".join(distinct[:_MOST]) + more
