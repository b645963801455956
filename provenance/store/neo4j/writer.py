"""The one writer of a case: a batch and its checkpoint in one transaction."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from provenance.errors import StoreBusy
from provenance.ingest.clock import rfc3339
from provenance.ingest.facts import Batch, Flow, FlowKind
from provenance.store.documents import Document
from provenance.store.interface import Cut, DropCounts, Lines
from provenance.store.neo4j import entities, flows, provisional, retention, schema
from provenance.store.neo4j.documents import write as write_documents
from provenance.store.neo4j.lock import Lock
from provenance.store.neo4j.prepared_batch import PreparedBatch
from provenance.store.neo4j.server import Run, Server
from provenance.store.neo4j.text import pack_json, pack_text, short, unpack_json


class Neo4jWriter:
    """Implements `provenance.store.interface.Writer`. Holds the case's lock until the context ends.

    A server that lost the transaction with the lock (by a restart or a limit of its own) may have allowed another writer: every
    transaction of this one first checks that its token is still the current one.
    """

    def __init__(self, server: Server, mode: Lines, wait_s: float) -> None:
        self._server, self._mode = server, mode
        schema.migrate(server)
        self._lock = Lock(server, f"case/{server.address.case}")
        self._token = secrets.token_hex(8)
        self._hosts: set[str] = set()
        self._thread = ThreadPoolExecutor(1, "prepares batches")
        self._lock.acquire(wait_s, self._holder())
        with ExitStack() as on_failure:
            on_failure.callback(self._lock.release)
            server.write(lambda run: run("ingest/begin", token=self._token, holder=_holder_text()))
            self._totals = self._read_totals()
            on_failure.pop_all()

    def _holder(self) -> str:
        found = self._server.read("schema/holder")
        return found[0][0] if found and found[0][0] else "another process"

    def _read_totals(self) -> Counter[str]:
        ((held,),) = self._server.read("read/totals")
        return Counter({name: amount for name, amount in held.items() if name.startswith(("nodes_", "runs_"))})

    def __enter__(self) -> Neo4jWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            if exc[0] is None:
                self._server.write(lambda run: run("ingest/end", token=self._token))
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._lock.release()

    def checkpoint(self, host: str) -> bytes | None:
        """The state that the last batch of `host` left, None for a host never seen."""
        found = self._server.read("read/checkpoint", host=short(host))
        return bytes(found[0][0]) if found else None

    def apply(self, batch: Batch, documents: Sequence[Document] = ()) -> None:
        """Store a batch, its checkpoint and new documents, in one transaction."""

        settled = [flow for flow in batch.flows if not flow.open]
        prepared = PreparedBatch(self._thread, batch, settled, self._mode)

        def work(run: Run) -> tuple[Counter[str], set[str]]:
            self._check_ownership(run)
            named = self._name_hosts(run, _hosts(batch))
            ((tallies, newest),) = run("ingest/state", host=short(batch.host))
            added = Counter[str]()
            if batch.begins:
                _add(added, "runs_", provisional.drop(run, short(batch.host)))
            _add(added, "nodes_", entities.write(run, batch.entities))
            for rows in prepared.names.result():
                run("ingest/names", rows=rows)
            _add(added, "runs_", _write_flows(run, batch, prepared, -1 if newest is None else newest))
            for name, given in prepared.records.result():
                run(name, **given)
            _write_host(run, batch, Counter(unpack_json(tallies)), newest)
            self._count(run, added)
            write_documents(run, documents)
            return added, named

        added, named = self._server.write(work)
        self._totals.update(added)
        self._hosts |= named

    def _check_ownership(self, run: Run) -> None:
        for (holder,) in run("ingest/fence", token=self._token):
            raise StoreBusy(
                f"{self._server.address.text} was taken over by {holder or 'another writer'}; this writer stops"
            )

    def _name_hosts(self, run: Run, hosts: Iterable[str]) -> set[str]:
        named = set(hosts) - self._hosts
        if named:
            run("ingest/hosts", rows=[{"host": short(host), "name": pack_text(host)} for host in sorted(named)])
        return named

    def _count(self, run: Run, added: Mapping[str, int]) -> None:
        amounts = {name: self._totals[name] + amount for name, amount in added.items() if amount}
        if amounts:
            run("ingest/totals", amounts=amounts)

    def join(self, flows_: Sequence[Flow], replace: bool = True) -> None:
        """Store REACHED flows; with `replace`, in place of all former ones."""

        def work(run: Run) -> Counter[str]:
            self._check_ownership(run)
            added: Counter[str] = Counter()
            if replace:
                ((removed,),) = run("ingest/drop_reached")
                added[f"runs_{FlowKind.REACHED.name}"] -= removed
            _add(added, "runs_", flows.write_reached(run, flows_))
            self._count(run, added)
            return added

        self._totals.update(self._server.write(work))

    def describe_host(self, host: str, addresses: Sequence[str], skew_ms: int) -> None:
        """Store the addresses of a host and the correction of its clock (ms to add to its times)."""

        def work(run: Run) -> set[str]:
            self._check_ownership(run)
            named = self._name_hosts(run, (host,))
            run("ingest/describe_host", host=short(host), addresses=pack_json(list(addresses)), skew_ms=skew_ms)
            return named

        self._hosts |= self._server.write(work)

    def prune(self, cut: Cut) -> DropCounts:
        """Drop what is older than a cut, in many transactions. If interrupted, call it again."""
        return retention.prune(self._server, self._counted, cut)

    def _counted(self, work: Callable[[Run], Counter[str]]) -> Counter[str]:
        """Do work in a transaction and add the returned amounts to the counters."""

        def counted(run: Run) -> Counter[str]:
            self._check_ownership(run)
            changed = work(run)
            self._count(run, changed)
            return changed

        changed = self._server.write(counted)
        self._totals.update(changed)
        return changed


def _write_flows(run: Run, batch: Batch, prepared: PreparedBatch, newest: int) -> Counter[str]:
    added = flows.write(run, prepared.settled.result(), newest)
    open = [flow for flow in batch.flows if flow.open]
    if open:
        added.update(provisional.write(run, open, short(batch.host)))
    if lists := prepared.witnesses.result():
        run("ingest/witnesses", host=short(batch.host), rows=lists)
    return added


def _write_host(run: Run, batch: Batch, tallies: Counter[str], newest: int | None) -> None:
    host = short(batch.host)
    begins = [flow.first for flow in batch.flows]
    if batch.tallies or batch.last or begins:
        tallies.update(batch.tallies)
        first = (batch.first or batch.last) if batch.last else None
        latest = max([*begins, *([] if newest is None else [newest])], default=None)
        changed = {"tallies": pack_json(tallies), "newest": latest, "first": first, "last": batch.last or None}
        run("ingest/host", host=host, **changed)
    if batch.checkpoint is not None:
        run("ingest/checkpoint", host=host, state=batch.checkpoint)


def _add(totals: Counter[str], prefix: str, amounts: Mapping[str, int]) -> None:
    for name, amount in amounts.items():
        totals[prefix + name] += amount


def _hosts(batch: Batch) -> Iterable[str]:
    """Every host that a batch names."""
    yield batch.host
    for named in (batch.entities, batch.blinds, batch.connections):
        yield from {item.host for item in named}


def _holder_text() -> str:
    return f"process {os.getpid()} on {socket.gethostname()} since {rfc3339(time.time_ns() // 1_000_000)}"
