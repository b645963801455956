"""Events that an ingest read but could not store: the report about them, so that none is lost silently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provenance.errors import StoreError
from provenance.ingest.clock import ms_of
from provenance.intake.reading.progress import IngestResult
from provenance.store.interface import EventKey, Store
from provenance.store.retention import DROPPED
from provenance.text.counts import counted
from provenance.text.escape import visible

_NAMED = 5
"""The most hosts that a report names."""
_TOGETHER = (
    "Ingest all logs of the host into a new store, in one call: files that are given together can be in any order"
)

_BOOT = (
    ". They begin with a boot: if the clock was behind then, so that they are later than those in the store, name the files as"
    " a rotation names them, from the oldest to the newest: audit.log.2, audit.log.1, audit.log"
)


_NO_FLOWS = (
    "none is about what a process did, nor a login, so there is nothing to trace. Check that rules are loaded on that host"
    " (`auditctl -l`; `provenance audit-rules` prints some), and that the shipper keeps the records of system calls"
    " (docs/shippers.md)"
)


def no_flows(events: int, hosts: Sequence[str]) -> str:
    """The report about events of hosts that are new in the store, of which none gave a flow."""
    names = ", ".join(visible(host) for host in hosts[:_NAMED])
    more = f" and {counted(len(hosts) - _NAMED, 'more host')}" if len(hosts) > _NAMED else ""
    return f"of {counted(events, 'event')} of {names or 'no host'}{more} {_NO_FLOWS}"


def problems_of(store: Store, done: IngestResult, lines: bool) -> Iterator[str]:
    """What an ingest did not store: events older than the log, and, if it stores raw `lines`, those between the events of the log
    that were not read before."""
    for host, older in sorted(done.older_of.items()):
        yield (
            f"not ingested: {counted(older, 'event')} of {visible(host)} older than those that the store already holds."
            f" {_TOGETHER}{_BOOT if host in done.unproved else ''}"
        )
    for host, stamps in sorted(done.sampled.items()) if lines else ():
        lacking, looked = _lacking(store, host, stamps)
        if lacking:
            yield (
                f"not ingested: events of {visible(host)} from between those that the store already holds, which lacks"
                f" {lacking:,} of {looked:,} that were looked for. {_TOGETHER}. Logs of two machines need a --host NAME each"
            )


def _lacking(store: Store, host: str, stamps: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """How many events of a host the store lacks, of how many whose lines it should hold."""
    dropped = max((ms_of(blind.last) for blind in store.blinds(host) if blind.why == DROPPED), default=-1)
    keys = {EventKey(host, ms, serial) for ms, serial in stamps if ms > dropped}
    try:
        found = {event.key for event in store.raw(keys)}
        begin = min((key.ms for key in keys - found), default=None)
        # Where the store has no line of that time or before, earlier ingests did not store any.
        if begin is None or not any(line.ms <= begin for _, line in store.lines(host)):
            return 0, 0
    except StoreError:  # only references to the lines are stored, and their source is not there any more
        return 0, 0
    lacking = [key for key in keys - found if not any(True for _ in store.flows_at(key))]
    return len(lacking), len(keys)
