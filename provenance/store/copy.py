"""A whole store into another, in batches that can be applied again: an interrupted copy is simply run again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

from ingest.clock import FIRST, LAST
from ingest.facts import Batch, Entity, Flow, FlowKind, Line
from provenance.store.interface import Node, Store, Writer

_CHUNK = 5_000
T = TypeVar("T")


class Copied(NamedTuple):
    """How much was copied."""

    nodes: int
    flows: int


def copy(source: Store, target: Store, report: Callable[[Copied], None] = lambda _: None) -> Copied:
    """Copy nodes, runs, notes, blind intervals, connections, raw lines, alerts, counters and checkpoints.

    What the target held before stays. Checkpoints go last, so that an ingest into a half-made copy begins anew. Raises
    StoreError.
    """
    done = Copied(0, 0)
    with target.writer() as writer:
        for nodes in _chunks(source.all_nodes()):
            _write_nodes(writer, nodes)
            done = Copied(done.nodes + len(nodes), done.flows)
            report(done)
        for flows in _chunks(source.all_flows()):
            _write_flows(source, writer, flows)
            done = Copied(done.nodes, done.flows + len(flows))
            report(done)
        _write_rest(source, writer)
    return done


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, _CHUNK)):
        yield chunk


def _write_nodes(writer: Writer, nodes: Iterable[Node]) -> None:
    batches: dict[str, Batch] = {}
    for node in nodes:
        batch = batches.setdefault(node.host, Batch(node.host))
        batch.entities.append(Entity(node.id, node.kind, node.host, node.first, dict(node.attributes)))
        batch.names.extend(node.names)
    for batch in batches.values():
        writer.apply(batch)


def _write_flows(source: Store, writer: Writer, flows: list[Flow]) -> None:
    nodes = source.nodes({end for flow in flows for end in (flow.source, flow.target)})
    batches: dict[str, Batch] = {}
    reached = []
    for flow in flows:
        if flow.kind is FlowKind.REACHED:
            reached.append(flow)
        else:
            host = (nodes.get(flow.source) or nodes[flow.target]).host
            batches.setdefault(host, Batch(host)).flows.append(flow)
    for batch in batches.values():
        writer.apply(batch)
    if reached:
        writer.join(reached, replace=False)


def _write_rest(source: Store, writer: Writer) -> None:
    for ends in _chunks(source.connections()):
        by_host: dict[str, Batch] = {}
        for end in ends:
            by_host.setdefault(end.host, Batch(end.host)).connections.append(end)
        for batch in by_host.values():
            writer.apply(batch)
    for alert in source.alerts():
        writer.save_alert(alert)
    blinds = source.blinds()
    for summary in source.hosts():
        host = summary.host
        for notes in _chunks(source.notes(host, FIRST, LAST)):
            writer.apply(Batch(host, notes=notes))
        _write_lines(source, writer, host)
        last = Batch(host, blinds=[blind for blind in blinds if blind.host == host])
        last.first, last.last, last.checkpoint = summary.first, summary.last, source.checkpoint(host)
        if last.checkpoint is None or writer.checkpoint(host) != last.checkpoint:
            last.tallies = dict(summary.tallies)  # they are added to the target's: a copy run again has added them
        writer.apply(last)
        writer.describe_host(host, summary.addresses, summary.skew_ms)


def _write_lines(source: Store, writer: Writer, host: str) -> None:
    for lines in _chunks(source.lines(host)):
        by_source: dict[str, list[Line]] = {}
        for path, line in lines:
            by_source.setdefault(path, []).append(line)
        for path, kept in by_source.items():
            writer.apply(Batch(host, lines=kept, source=path))
