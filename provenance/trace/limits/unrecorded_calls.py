"""Calls of which a host's log holds no record at all: its audit rules may leave them out, so a trace says what that hides.

Signs that such calls happened make a blind interval while the log is read (`ingest.rules.unrecorded_calls`). A short log, or one
with few signs, proves nothing: this names what was never recorded, in how many events, and leaves the doubt to the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from provenance.ingest.facts import Blind, FlowKind
from provenance.ingest.rules.unrecorded_calls import LACKING, NEVER
from provenance.ingest.state.unrecorded_calls import ARRIVALS, CALLS, CONNECTS, OPENINGS, PROGRAMS
from provenance.store.interface import HostSummary
from provenance.text.counts import counted
from provenance.trace.result import Slice

_SHOWN_BY: Mapping[FlowKind, str] = MappingProxyType(
    {
        FlowKind.ACCEPTED: ARRIVALS,
        FlowKind.CONNECTED: CONNECTS,
        FlowKind.EXECUTED: PROGRAMS,
        FlowKind.LOADED: PROGRAMS,
        FlowKind.READ: OPENINGS,
        FlowKind.WROTE: OPENINGS,
    }
)
"""Flows that show a kind all the same: the last events of a log are counted when it goes on, and logins can show arrivals."""


def never_recorded(summary: HostSummary) -> tuple[str, ...]:
    """The kinds of calls of which the log of a host holds no record."""
    return tuple(kind for kind in CALLS if summary.tallies.get(NEVER + kind, 0) > 0)


def own_counters(tallies: Mapping[str, int]) -> dict[str, int]:
    """The counters of a host without those of kinds that were never recorded."""
    return {name: count for name, count in tallies.items() if not name.startswith(NEVER)}


def lacking(slice_: Slice, known: Iterable[Blind], summaries: Iterable[HostSummary]) -> Iterator[Blind]:
    """A blind interval for each kind that was never recorded on a host of the slice. Kinds whose lack signs have shown are in
    `known`, the blind intervals of all hosts."""
    hosts = {node.host for node in slice_.nodes.values()}
    shown = {(slice_.nodes[edge.target].host, _SHOWN_BY.get(edge.kind)) for edge in slice_.edges}
    proved = {(blind.host, blind.why) for blind in known}
    for summary in summaries:
        if summary.host not in hosts:
            continue
        for kind in never_recorded(summary):
            if (summary.host, LACKING[kind]) not in proved and (summary.host, kind) not in shown:
                yield Blind(summary.host, summary.first, summary.last, _why(kind, summary.tallies.get("events", 0)))


def _why(kind: str, events: int) -> str:
    what, _, hidden = LACKING[kind].partition(":")
    among = counted(events, "event")
    return f"{what.partition(' although ')[0]} in {among}, the audit rules may leave it out:{hidden}"
