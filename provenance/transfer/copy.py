"""Copies a whole store into another, in batches that can be applied again. The next copy resumes an interrupted one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from provenance.ingest.facts import Batch, Blind, Connection, Entity, Flow, FlowKind
from provenance.store.documents import Document
from provenance.store.interface import HostSummary, Node, Statistics, Store, Writer
from provenance.store.resuming import Progress
from provenance.store.retention import DROPPED
from provenance.transfer.chunks import Report, ends_of, in_chunks, lines_of, notes_of
from provenance.transfer.documents import copy_documents

T = TypeVar("T")
_CHUNK = 5_000
_FLOWS = 20_000
"""About as many as in a batch of an ingest, so that the target gets no more witness lists than the source has."""


class CopyResult(NamedTuple):
    """The result of a copy: how many entities and flows were copied; `differs`, why the target may differ from the source;
    `before`, how many entities and flows an interrupted copy had written; and how many documents the source has."""

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
) -> CopyResult:
    """Copy nodes, runs, notes, blind intervals, connections, raw lines (with `lines`), the documents of the service (with
    `documents`), counters and checkpoints.

    What the target held before stays, except runs that the source has dropped since an earlier copy: provisional ones, and
    REACHED ones when the target holds no other hosts. A host of which the target holds newer records is not changed.
    Checkpoints are written last, so that an ingest into an incomplete copy starts again. What an interrupted copy of the same
    source has committed is not sent again. The hosts in `without` are not copied; nor are connections between hosts if there
    are such hosts: the caller joins the hosts again. Raises StoreError.
    """
    with target.writer() as writer:
        progress = Progress(source, target)
        copying = _Copying(source, writer, {host.host: host for host in target.hosts()}, report, progress, without)
        if not progress.resumed:
            copying.drop_provisional()
        copying.write_nodes()
        copying.write_flows()
        copying.write_connections()
        shown = copy_documents(source.documents(), target.documents(), report) if documents else 0
        for summary in copying.hosts:
            copying.write_evidence(summary, lines)
        for summary in copying.hosts:
            copying.finish(summary)
        progress.forget()
        return CopyResult(copying.nodes, copying.flows, tuple(copying.reasons(target.blinds())), copying.before, shown)


class _Copying:
    """A running copy. `held` is what the target held of each host before."""

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
        self._newer_in_target = {
            host.host for host in self.hosts if host.host in held and held[host.host].last > host.last
        }
        self._other_hosts = held.keys() - {host.host for host in self.hosts}

    def drop_provisional(self) -> None:
        """Drop the provisional runs that an earlier copy wrote."""
        for host in self.hosts:
            if host.host in self._held and host.host not in self._newer_in_target:
                self._writer.apply(Batch(host.host, begins=True))

    def write_nodes(self) -> None:
        """Copy entities with their names."""
        total = sum(self._statistics.nodes.values())
        for nodes in in_chunks(self._source.all_nodes(), _CHUNK, self._report, "entities", total):
            if not self._send("entities", nodes, _entity_batches):
                self.before += len(nodes)

    def write_flows(self) -> None:
        """Copy runs; REACHED ones last, when the target holds both of their ends."""
        reached = self._statistics.flows.get(FlowKind.REACHED, 0)
        total = sum(self._statistics.flows.values()) - reached
        other_flows = (flow for flow in self._source.all_flows() if flow.kind is not FlowKind.REACHED)
        for flows in in_chunks(other_flows, _FLOWS, self._report, "flows", total):
            if not self._send("flows", flows, self._flow_batches):
                self.before += len(flows)
        if self._without:
            return
        replace = not self._other_hosts and not self._newer_in_target
        reached_flows = self._source.flows(None, None, FlowKind.REACHED)
        for flows in chain(in_chunks(reached_flows, _CHUNK, self._report, "connections between hosts", reached), ([],)):
            if flows or replace:
                self._writer.join(flows, replace=replace)
            replace = False
            self.flows += len(flows)

    def _flow_batches(self, flows: Iterable[Flow]) -> Iterable[Batch]:
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
        for ends in in_chunks(self._source.connections(), _CHUNK, self._report, "ends of connections"):
            self._send("ends", ends, _connection_batches)

    def _send(self, what: str, chunk: Sequence[T], batches: Callable[[Sequence[T]], Iterable[Batch]]) -> bool:
        """Apply a chunk and record in its last transaction that the target holds it; False when the target held it before."""
        name = self._progress.name(what, chunk)
        if self._progress.has(name):
            return False
        skipped = self._newer_in_target | self._without
        sent = [batch for batch in batches(chunk) if batch.host not in skipped]
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
        if host in self._newer_in_target:
            return
        for notes in in_chunks(notes_of(self._source, summary), _CHUNK, self._report, what := f"notes of {host}"):
            self._send(what, notes, lambda notes: [Batch(host, notes=list(notes))])
        if lines:
            for batch in in_chunks(lines_of(self._source, host), 1, self._report, what := f"raw lines of {host}"):
                self._send(what, batch, iter)

    def finish(self, summary: HostSummary) -> None:
        """Copy what belongs to a host as a whole, its checkpoint and counters in one transaction."""
        host = summary.host
        if host in self._newer_in_target:
            return
        last = Batch(host, blinds=list(self._source.blinds(host)))
        last.first, last.last = summary.first, summary.last
        last.checkpoint = self._source.checkpoint(host)
        known = self._held[host].tallies if host in self._held else {}
        differences = {name: summary.tallies.get(name, 0) - known.get(name, 0) for name in {**known, **summary.tallies}}
        last.tallies = {name: amount for name, amount in differences.items() if amount or name not in known}
        self._apply(last)
        self._writer.describe_host(host, summary.addresses, summary.skew_ms)

    def reasons(self, blinds: Iterable[Blind]) -> Iterable[str]:
        """The reasons why the target may differ from the source. `blinds` are the target's blind intervals now."""
        if self._other_hosts:
            yield f"the target also holds other hosts: {', '.join(sorted(self._other_hosts))}"
        if self._newer_in_target:
            yield f"the target holds newer records of {', '.join(sorted(self._newer_in_target))}, which were not changed"
        if pruned := {blind.host for blind in {*blinds}.difference(self._source.blinds()) if blind.why == DROPPED}:
            yield f"the target still reports that old records of {', '.join(sorted(pruned))} were dropped (retention)"
        if self._source.hosts() != self._all or _counts(self._source.statistics()) != _counts(self._statistics):
            yield "the source was written during the copy: copy it again"


def _entity_batches(nodes: Iterable[Node]) -> Iterable[Batch]:
    batches: dict[str, Batch] = {}
    for node in nodes:
        batch = batches.setdefault(node.host, Batch(node.host))
        batch.entities.append(Entity(node.id, node.kind, node.host, node.first, dict(node.attributes)))
        batch.names.extend(node.names)
    return batches.values()


def _connection_batches(ends: Iterable[Connection]) -> Iterable[Batch]:
    batches: dict[str, Batch] = {}
    for end in ends:
        batches.setdefault(end.host, Batch(end.host)).connections.append(end)
    return batches.values()


def _counts(statistics: Statistics) -> tuple[object, ...]:
    return statistics.nodes, statistics.flows
