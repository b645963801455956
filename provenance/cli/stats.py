"""`provenance stats`: prints what a store holds, and where its logs have gaps."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provenance.cli.options import Command, Options, output_options, store_options
from provenance.cli.stores import opened
from provenance.ingest.rules.gaps import EXPLAINED, MISSING
from provenance.render.as_json import blind_json, dump
from provenance.render.lines import HEADING, QUIET, Line, Span, columns_of, write_lines
from provenance.store.interface import HostSummary, Statistics
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.text.times import Zone, instant
from provenance.trace.limits.gaps import unexplained
from provenance.trace.limits.unrecorded_calls import never_recorded, own_counters

_CALLS = {"ends": "exits", "openings": "opened files", "arrivals": "accepts", "programs": "started programs"}
"""The names of the kinds of calls, where the name in JSON output is not plain."""
_UNHANDLED = "unhandled:"
_UNREAD = "unread:"
_BLIND = 20
"""The most blind intervals of a host in text output."""
_INDENT = "  "


def run(options: Options) -> int:
    """Prints the statistics."""
    with opened(options.store, credentials=options.credentials) as store:
        statistics = store.statistics()
    if options.format == "json":
        dump(_document(statistics), sys.stdout)
    else:
        columns = None if options.wide else columns_of(sys.stdout)
        write_lines(_lines(statistics, options.timezone, columns), sys.stdout, options.wide)
    return 0


def _document(statistics: Statistics) -> dict[str, Any]:
    return {
        "format": "provenance-stats/1",
        "nodes": {kind.name.lower(): count for kind, count in sorted(statistics.nodes.items())},
        "flows": {kind.name: count for kind, count in sorted(statistics.flows.items())},
        "bytes": statistics.bytes,
        "hosts": [
            {
                "host": host.host,
                "first": instant(host.first),
                "last": instant(host.last),
                "addresses": list(host.addresses),
                "skew_ms": host.skew_ms,
                "tallies": dict(sorted(own_counters(host.tallies).items())),
                "never_recorded": list(never_recorded(host)),
            }
            for host in statistics.hosts
        ],
        "blind": [blind_json(blind) for blind in statistics.blinds],
    }


def _lines(statistics: Statistics, zone: Zone, columns: int | None) -> Iterator[Line]:
    nodes = [(count, counted(count, kind.name.lower())) for kind, count in sorted(statistics.nodes.items())]
    yield _counts("Entities", nodes)
    yield _counts("Flows", [(count, f"{count:,} {kind.name}") for kind, count in sorted(statistics.flows.items())])
    if statistics.bytes is not None:
        yield (Span("Size      ", HEADING), Span(counted(statistics.bytes, "byte")))
    known = unexplained(statistics.blinds, statistics.hosts)
    for host in statistics.hosts:
        yield ()
        yield from _host(host, zone, columns)
        blinds = [blind for blind in known if blind.host == host.host]
        for blind in blinds[:_BLIND]:
            between = f"blind {zone.stamp(blind.first)} to {zone.stamp(blind.last)}: "
            yield (Span(_INDENT), Span(between, QUIET, hang=True), Span(visible(blind.why)))
        if len(blinds) > _BLIND:
            yield (
                Span(f"  and {counted(len(blinds) - _BLIND, 'more blind interval')}; --format json lists all", QUIET),
            )


def _host(host: HostSummary, zone: Zone, columns: int | None) -> Iterator[Line]:
    yield (Span(visible(host.host), HEADING), Span(f"  {zone.stamp(host.first)} to {zone.stamp(host.last)}"))
    if host.addresses:
        yield (Span("  addresses: "), Span(visible(", ".join(host.addresses)), hang=True))
    if host.skew_ms:
        yield (Span(f"  clock corrected by {host.skew_ms:+} ms"),)
    plain = {
        name: count
        for name, count in sorted(own_counters(host.tallies).items())
        if not name.startswith((_UNHANDLED, _UNREAD))
    }
    explained, missing = plain.pop(EXPLAINED, 0), plain.pop(MISSING, 0)
    yield from _tallies("", plain, columns)
    if missing:
        yield (Span(f"  missing serials {missing:,} ({_share(missing, explained, plain.get('events', 0))})"),)
    yield from _tallies("not handled: ", _most_common(host, _UNHANDLED), columns)
    yield from _tallies("record types not read: ", _most_common(host, _UNREAD), columns)
    if never_recorded(host):
        yield (
            Span("  never recorded: "),
            Span(", ".join(_CALLS.get(kind, kind) for kind in never_recorded(host)), hang=True),
        )


def _share(missing: int, explained: int, events: int) -> str:
    """How many missing serials are unexplained, and which part of the log's serials that is."""
    unexplained = missing - explained
    if not unexplained:
        return "0 unexplained: the logs of other hosts with the same kernel hold them"
    share = min(100 * unexplained / max(missing + events, 1), 99.9)
    part = f"{share:.3g} % of all" if share >= 99 else f"{share:.2g} % of all"
    return f"{unexplained:,} unexplained, {part}" if explained else part


def _most_common(host: HostSummary, prefix: str) -> dict[str, int]:
    """The counts of one kind by name, the largest first."""
    found = {name.removeprefix(prefix): count for name, count in host.tallies.items() if name.startswith(prefix)}
    return dict(Counter(found).most_common())


def _tallies(heading: str, tallies: Mapping[str, int], columns: int | None) -> Iterator[Line]:
    """The counts, several on a line of at most `columns` columns, so that a screen has room for many."""
    line = f"{_INDENT}{heading}"
    for name, count in tallies.items():
        item = f"{visible(name)} {count:,}"
        if columns is not None and len(line) + len(item) > columns:
            yield (Span(line.rstrip()),)
            line = _INDENT * 2
        line += item + "  "
    if line.strip() and tallies:
        yield (Span(line.rstrip()),)


def _counts(heading: str, counts: Sequence[tuple[int, str]]) -> Line:
    total = f"{sum(count for count, _ in counts):,}"
    each = ", ".join(text for count, text in counts if count)
    return Span(f"{heading:<10}", HEADING), Span(total, hang=True), Span(f" ({each})" if each else "", QUIET)


command = Command(
    "stats",
    run,
    "Show what the store holds: counts of entities and flows and, for each host, the time span of its log, its addresses, the"
    " counts of its record types, and its blind intervals: times in which records were lost or auditd recorded too little.",
    [*store_options(), *output_options()],
    ("provenance stats", "provenance stats --store case-17.db --format json"),
)
