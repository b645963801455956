"""Runs as rows, with the records of provisional runs and the lists that lead from an event to its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from provenance.ingest.facts import Flow, FlowKind
from provenance.store.neo4j import witness
from provenance.store.neo4j.flows import run_row
from provenance.store.neo4j.provisional import provisional_row
from provenance.store.neo4j.text import short
from provenance.transfer.chunks import ends_of
from provenance.transfer.neo4j_import.nodes import Nodes
from provenance.transfer.neo4j_import.scratch import NO_HOST, Scratch
from provenance.transfer.neo4j_import.tables import Column, Tables

_START, _END = ":START_ID(entity)", ":END_ID(entity)"
_RUN = (
    *(Column(_START), Column(_END), Column("first", "long"), Column("last", "long"), Column("times", "long")),
    *(Column("evidence", "byte[]"), Column("open", "boolean"), Column("detail")),
)
_PROVISIONAL = (
    *(Column("key"), Column("host"), Column("source", "long"), Column("target", "long"), Column("kind")),
    Column("first", "long"),
)
_WITNESS = (
    *(Column("host"), Column("minute", "long"), Column("low", "long"), Column("high", "long")),
    Column("block", "byte[]"),
)


class Runs:
    """Writes runs. `newest` is the greatest moment at which a settled or provisional run of each host begins, which the online
    writer needs later; `counted` counts runs by kind."""

    def __init__(self, tables: Tables, scratch: Scratch, hosts: Sequence[str], nodes: Nodes) -> None:
        self._tables, self._scratch, self._hosts, self._nodes = tables, scratch, hosts, nodes
        self.newest: dict[str, int] = {}
        self.counted: Counter[str] = Counter()

    def write(self, flows: Sequence[Flow]) -> None:
        """Write runs, and the ends that are not described."""
        known = self._scratch.hosts_of(ends_of(flows))
        self._nodes.name(ends_of(flows) - known.keys())
        settled: dict[str, list[Flow]] = {}
        for flow in flows:
            self._write(flow)
            if flow.kind is FlowKind.REACHED:
                continue
            host = self._host(known.get(flow.source, NO_HOST), known.get(flow.target, NO_HOST))
            self.newest[host] = max(flow.first, self.newest.get(host, flow.first))
            if flow.open:
                self._write_provisional(flow, host)
            else:
                settled.setdefault(host, []).append(flow)
        for host, some in settled.items():
            for row in witness.pack(some):
                self._tables.nodes("Witness", _WITNESS).write({**row, "host": short(host)})

    def _host(self, source: int, target: int) -> str:
        """The host of a run: its source's, else its target's, else the first host."""
        return self._hosts[source if source != NO_HOST else max(target, 0)]

    def _write(self, flow: Flow) -> None:
        row = run_row(flow)
        table = self._tables.runs(flow.kind.name, _RUN, cased=flow.kind is FlowKind.REACHED)
        table.write({_START: flow.source, _END: flow.target, **row["run"]})
        self.counted[flow.kind.name] += 1

    def _write_provisional(self, flow: Flow, host: str) -> None:
        row = provisional_row(flow.kind, flow[1:4], None)
        self._tables.nodes("Provisional", _PROVISIONAL).write({**row, "host": short(host), "kind": flow.kind.name})
