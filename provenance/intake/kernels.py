"""Missing serials that other hosts of the same kernel hold: a counter of each host, from the checkpoints of all."""

from __future__ import annotations

from collections.abc import Iterator

from provenance.errors import StoreError
from provenance.fleet.kernels import Serials, unexplained
from provenance.ingest import checkpoint
from provenance.ingest.clock import shift
from provenance.ingest.facts import Batch
from provenance.ingest.rules.gaps import EXPLAINED, MISSING
from provenance.store.interface import HostSummary, Store, Writer

_HEADER = 512
"""Bytes of a line in which its type stands."""


def explain_missing(store: Store, writer: Writer) -> None:
    """Write the counter of each host whose value has changed. A host whose log has several counts of serials is compared with
    none."""
    summaries = [summary for summary in store.hosts() if summary.tallies.get(MISSING) or summary.tallies.get(EXPLAINED)]
    logs = list(_logs(store, summaries)) if len(summaries) > 1 else []
    absent = unexplained(logs, lambda host: _serials(store, host))
    for summary in summaries:
        missing = summary.tallies.get(MISSING, 0)
        explained = missing - min(missing, absent.get(summary.host, missing))
        change = explained - summary.tallies.get(EXPLAINED, 0)
        if change:
            writer.apply(Batch(summary.host, tallies={EXPLAINED: change}, checkpoint=store.checkpoint(summary.host)))


def _serials(store: Store, host: str) -> Iterator[int]:
    """The serials of a host, without those that the audit daemon counts by itself."""
    try:
        for _, line in store.lines(host):
            if b"type=DAEMON_" not in line.raw[:_HEADER]:
                yield line.serial
    except StoreError:
        return


def _logs(store: Store, summaries: list[HostSummary]) -> Iterator[Serials]:
    for summary in summaries:
        saved = store.checkpoint(summary.host)
        if saved is None:
            continue
        try:
            found = checkpoint.serials_of(saved)
        except checkpoint.CheckpointError:
            continue
        if found.generation == 0:
            missing = summary.tallies.get(MISSING, 0)
            first, last = (shift(moment, summary.skew_ms) for moment in (summary.first, summary.last))
            yield Serials(summary.host, found.first, found.last, missing, first, last, found.missing)
