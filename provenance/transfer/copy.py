"""A whole store into another, in batches that can be applied again: a copy that was broken off is gone on with by the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from provenance.ingest.facts import Batch, Blind, Connection, Entity, Flow, FlowKind
from provenance.store.documents import Document
from provenance.store.interface import HostSummary, Node, Statistics, Store, Writer
from provenance.store.resuming import Progress
from provenance.store.retention import DROPPED
from provenance.transfer.documents import copy_documents
from provenance.transfer.pieces import Report, ends_of, lines_of, notes_of, pieces

T = TypeVar("T")
_CHUNK = 5_000
_FLOWS = 20_000
"""As many as a batch of an ingest brings: the lists that lead from events to runs are then as few as there."""


class Copied(NamedTuple):
    """How much was copied, why the target may hold something else than the source, if it may, how many entities and flows
    were there already, from a copy of the same that was broken off, and how many documents of a service the source
    showed to its user."""

    nodes: int
    flows: int
    differs: tuple[str, ...] = ()
    before: int = 0
    documents: int = 0


def copy(
    source: Store,
    target: Store,
    report: Report = lambda _: None,
    lines: bool = True,
    without: Collection[str] = (),
    documents: bool = True,
) -> Copied:
    """Copy nodes, runs, notes, blind intervals, connections, raw lines (unless told not to), alerts, what the service
    keeps, counters and checkpoints.

    What the target held before stays, but for what the source has taken back since a former copy: provisional runs, and
    REACHED ones when the target holds no other hosts. A host of which the target knows more is left as it is there.
    Checkpoints go last, so that an ingest into a half-made copy begins anew. What a copy of the same that was broken off
    had committed is not sent again. Of the hosts in `without` nothing is copied, nor connections between hosts, which the
    caller finds anew then; without `documents` nothing that the service keeps. Raises StoreError.
    """
    with target.writer() as writer:
        progress = Progress(source, target)
        copying = _Copying(source, writer, {host.host: host for host in target.hosts()}, report, progress, without)
        if not progress.resumed:
            copying.begin()
        copying.write_nodes()
        copying.write_flows()
        copying.write_connections()
        shown = copy_documents(source.documents(), target.documents(), report) if documents else 0
        for summary in copying.hosts:
            copying.write_evidence(summary, lines)
        for summary in copying.hosts:
            copying.finish(summary)
        progress.forget()
        return Copied(copying.nodes, copying.flows, tuple(copying.reasons(target.blinds())), copying.before, shown)


class _Copying:
    """One copy while it is made. `held` is what the target knew of each host before."""

    def __init__(
        self,
        source: Store,
        writer: Writer,
        held: Mapping[str, HostSummary],
        report: Report,
        progress: Progress,
        without: Collection[str],
    ) -> None:
        self._source, self._writer, self._held, self._report = source, writer, held, report
        self._progress = progress
        self._all = source.hosts()
        self.hosts = [host for host in self._all if host.host not in without]
        self._without = frozenset(without)
        self.nodes = self.flows = self.before = 0
        self._statistics = source.statistics()
        self._ahead = {host.host for host in self.hosts if host.host in held and held[host.host].last > host.last}
        self._others = held.keys() - {host.host for host in self.hosts}

    def begin(self) -> None:
        """Take back what a former copy wrote of channels that were open then."""
        for host in self.hosts:
            if host.host in self._held and host.host not in self._ahead:
                self._writer.apply(Batch(host.host, begins=True))

    def write_nodes(self) -> None:
        """Copy entities with their names."""
        total = sum(self._statistics.nodes.values())
        for nodes in pieces(self._source.all_nodes(), _CHUNK, self._report, "entities", total):
            if not self._send("entities", nodes, _described):
                self.before += len(nodes)

    def write_flows(self) -> None:
        """Copy runs; REACHED ones last, when both of their ends are there."""
        reached = self._statistics.flows.get(FlowKind.REACHED, 0)
        total = sum(self._statistics.flows.values()) - reached
        within = (flow for flow in self._source.all_flows() if flow.kind is not FlowKind.REACHED)
        for flows in pieces(within, _FLOWS, self._report, "flows", total):
            if not self._send("flows", flows, self._of_hosts):
                self.before += len(flows)
        if self._without:
            return
        replace = not self._others and not self._ahead
        crossing = self._source.flows(None, None, FlowKind.REACHED)
        for flows in chain(pieces(crossing, _CHUNK, self._report, "connections between hosts", reached), ([],)):
            if flows or replace:
                self._writer.join(flows, replace=replace)
            replace = False
            self.flows += len(flows)

    def _of_hosts(self, flows: Iterable[Flow]) -> Iterable[Batch]:
        """Flows by the host of their source, or of their target when the source was never described."""
        flows = list(flows)
        nodes = self._source.nodes(ends_of(flows))
        batches: dict[str, Batch] = {}
        for flow in flows:
            node = nodes.get(flow.source) or nodes.get(flow.target)
            host = self._all[0].host if node is None else node.host
            batches.setdefault(host, Batch(host)).flows.append(flow)
        return batches.values()

    def write_connections(self) -> None:
        """Copy the ends of connections."""
        for ends in pieces(self._source.connections(), _CHUNK, self._report, "ends of connections"):
            self._send("ends", ends, _ends_by_host)

    def _send(self, what: str, piece: Sequence[T], batches: Callable[[Sequence[T]], Iterable[Batch]]) -> bool:
        """Apply a piece and write down that it is there, in the transaction of the last of it; False when it was."""
        name = self._progress.name(what, piece)
        if self._progress.has(name):
            return False
        sent = [batch for batch in batches(piece) if batch.host not in self._ahead and batch.host not in self._without]
        for batch in sent:
            self._apply(batch, self._progress.marks(name) if batch is sent[-1] else ())
        return True

    def _apply(self, batch: Batch, marks: Sequence[Document] = ()) -> None:
        self._writer.apply(batch, marks)
        self.nodes += len(batch.entities)
        self.flows += len(batch.flows)

    def write_evidence(self, summary: HostSummary, lines: bool) -> None:
        """Copy the notes and raw lines of a host."""
        host = summary.host
        if host in self._ahead:
            return
        for notes in pieces(notes_of(self._source, summary), _CHUNK, self._report, what := f"notes of {host}"):
            self._send(what, notes, lambda notes: [Batch(host, notes=list(notes))])
        if lines:
            for batch in pieces(lines_of(self._source, host), 1, self._report, what := f"raw lines of {host}"):
                self._send(what, batch, iter)

    def finish(self, summary: HostSummary) -> None:
        """Copy what belongs to a host as a whole, its checkpoint and counters in one transaction."""
        host = summary.host
        if host in self._ahead:
            return
        last = Batch(host, blinds=list(self._source.blinds(host)))
        last.first, last.last = summary.first, summary.last
        last.checkpoint = self._source.checkpoint(host)
        known = self._held[host].tallies if host in self._held else {}
        more = {name: summary.tallies.get(name, 0) - known.get(name, 0) for name in {**known, **summary.tallies}}
        last.tallies = {name: amount for name, amount in more.items() if amount}
        self._apply(last)
        self._writer.describe_host(host, summary.addresses, summary.skew_ms)

    def reasons(self, blinds: Iterable[Blind]) -> Iterable[str]:
        """Why the target, of which these are the blind intervals now, may hold something else than the source."""
        if self._others:
            yield f"the target also holds other hosts: {', '.join(sorted(self._others))}"
        if self._ahead:
            yield f"the target holds newer records of {', '.join(sorted(self._ahead))}, which were not changed"
        if pruned := {blind.host for blind in {*blinds}.difference(self._source.blinds()) if blind.why == DROPPED}:
            yield f"the target still reports that old records of {', '.join(sorted(pruned))} were dropped (retention)"
        if self._source.hosts() != self._all or _counts(self._source.statistics()) != _counts(self._statistics):
            yield "the source was written during the copy: copy it again"


def _described(nodes: Iterable[Node]) -> Iterable[Batch]:
    batches: dict[str, Batch] = {}
    for node in nodes:
        batch = batches.setdefault(node.host, Batch(node.host))
        batch.entities.append(Entity(node.id, node.kind, node.host, node.first, dict(node.attributes)))
        batch.names.extend(node.names)
    return batches.values()


def _ends_by_host(ends: Iterable[Connection]) -> Iterable[Batch]:
    batches: dict[str, Batch] = {}
    for end in ends:
        batches.setdefault(end.host, Batch(end.host)).connections.append(end)
    return batches.values()


def _counts(statistics: Statistics) -> tuple[object, ...]:
    return statistics.nodes, statistics.flows
