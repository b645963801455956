"""The ingest of log files into a store. Each chain of files is read and derived by one process; one process writes."""

from __future__ import annotations

from collections.abc import Sequence

from provenance.errors import InputError
from provenance.fleet import join
from provenance.ingest.pyauparse.errors import AuditInputError
from provenance.ingest.pyauparse.sources import expand
from provenance.intake.joining import with_evidence, write_joined
from provenance.intake.kernels import explain_missing
from provenance.intake.reading.chain import size_of
from provenance.intake.reading.garbage import rare_garbage_collection
from provenance.intake.reading.overlapping import chain_of
from provenance.intake.reading.plan import PlannedChain, chains
from provenance.intake.reading.progress import IngestResult, Report, Workload
from provenance.intake.signs import signs_of
from provenance.intake.unstored_events import no_flows, problems_of
from provenance.intake.workers import derive_in_workers
from provenance.store.hosts import given_hosts, write_found
from provenance.store.interface import Store, Writer
from provenance.text.counts import counted

_NAMED = 5
"""The most unreadable files that an error names."""


def ingest(
    store: Store,
    paths: Sequence[str],
    host: str | None = None,
    jobs: int = 1,
    report: Report = lambda _: None,
    lines: bool = True,
    wait_s: float = 0.0,
    day_first: bool | None = None,
) -> IngestResult:
    """Ingest files, globs and folders of rotated logs into a store; `-` is standard input.

    `host` names lines that name no host themselves. With `jobs` above 1 that many other processes read and derive while this
    one writes; each host is read by one of them. `report` is called with the progress. Reading the same or
    overlapping files again changes nothing. `day_first` is the order of the dates that `ausearch -i` has written; by default
    each file shows its own. If some of several files cannot be read, the others are read, and the result
    names them. Raises InputError, also when none can be read, and StoreError; what was committed before stays, and the same
    call again goes on from there.
    """
    try:
        files = expand(paths)
        planned = chains(files, host)
        with store.writer(wait_s) as writer, rare_garbage_collection():
            if jobs > 1:
                done = derive_in_workers(writer, planned, host, jobs, report, lines, day_first)
            else:
                done = IngestResult()
                work = Workload(size_of(path) for path in files)
                for number, chain in enumerate(planned):
                    done.add(_inline(writer, chain, host, work.part(number, report), lines, day_first))
            if done.unreadable and len(done.unreadable) == len(files):
                raise InputError(_none_readable(done.unreadable))
            join_hosts(store, writer)
            done.problems += problems_of(store, done, lines)
            if done.events and not done.problems and done.without_flows.keys() == done.hosts:
                done.problems.append(no_flows(done.events, sorted(done.hosts)))
    except AuditInputError as error:
        raise InputError(str(error)) from error
    done.problems += done.unreadable
    done.doubtful += [pair for chain in planned for pair in chain.doubtful]
    return done


def _none_readable(reasons: Sequence[str]) -> str:
    """The error for logs of which none could be read."""
    more = f"; and {counted(len(reasons) - _NAMED, 'more file')}" if len(reasons) > _NAMED else ""
    return "; ".join(reasons[:_NAMED]) + more


def _inline(
    writer: Writer, planned: PlannedChain, host: str | None, report: Report, lines: bool, day_first: bool | None
) -> IngestResult:
    chain = chain_of(planned, host, writer.checkpoint, lines, report, day_first)
    for batch in chain.batches(planned.files):
        writer.apply(batch)
        del batch  # else it stays in memory until the next one is complete
    return chain.done


def join_hosts(store: Store, writer: Writer) -> None:
    """Join the connections of different hosts, from everything that the store holds now and what users gave of hosts, and
    write what has changed. Raises StoreError."""
    known = store.hosts()
    given: dict[str, Sequence[str]] = {summary.host: () for summary in known}
    documents = store.documents()
    connections = list(store.connections())
    signs = signs_of(store, connections)
    joined = join(connections, given, stated=given_hosts(documents), signs=signs)
    write_joined(store, writer, list(with_evidence(store, joined.flows)))
    for summary in known:
        found = joined.addresses.get(summary.host, ()), joined.skew_ms.get(summary.host, 0)
        if found != (summary.addresses, summary.skew_ms):
            writer.describe_host(summary.host, *found)
    explain_missing(store, writer)
    recorded = {summary.host for summary in known}
    write_found(documents, {host: found for host, found in joined.found.items() if host in recorded})
