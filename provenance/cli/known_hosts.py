"""What a store knows of its hosts, as `provenance hosts` prints it: the time range of each log, addresses, clocks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from provenance.cli.options import Options
from provenance.ingest.clock import at_ms, rfc3339
from provenance.render.as_json import dump
from provenance.render.lines import HEADING, Line, Span, write_lines
from provenance.store.hosts import (
    CERTAIN,
    FoundAddress,
    FoundClock,
    FoundHost,
    GivenHost,
    Origin,
    found_hosts,
    given_hosts,
)
from provenance.store.interface import HostSummary, Store
from provenance.text.escape import visible
from provenance.text.times import Zone, instant

_ORIGINS = {
    Origin.GIVEN: "given",
    Origin.LOG: "from the log",
    Origin.GUESSED: "guessed",
    Origin.REFERENCE: "reference",
    Origin.NONE: "not compared",
}


class KnownHost(NamedTuple):
    """A host with what is known of it; `summary` is None when the store holds no log of it."""

    name: str
    summary: HostSummary | None
    found: FoundHost


def known_hosts(store: Store) -> list[KnownHost]:
    """All hosts by name: those with a log, and those of which something was given."""
    summaries = {summary.host: summary for summary in store.hosts()}
    found = found_hosts(store.documents())
    given = given_hosts(store.documents())
    hosts: list[KnownHost] = []
    for host in sorted(summaries.keys() | given.keys()):
        summary = summaries.get(host)
        known = found.get(host) or (_from_log(summary) if summary is not None else _from_user(given[host]))
        hosts.append(KnownHost(host, summary, known))
    return hosts


def _from_log(summary: HostSummary) -> FoundHost:
    addresses = (FoundAddress(ip, Origin.LOG, 1.0, "a socket of the host was bound to it") for ip in summary.addresses)
    clock = FoundClock(summary.skew_ms, Origin.NONE, 0.0, "no connection compares it with another host's clock")
    return FoundHost(tuple(addresses), clock)


def _from_user(given: GivenHost) -> FoundHost:
    addresses = (
        FoundAddress(one.ip, Origin.GIVEN, 1.0, "given by a user", one.since, one.until) for one in given.addresses
    )
    none = FoundClock(0, Origin.NONE, 0.0, "the store holds no log of the host")
    clock = none if given.clock_ms is None else FoundClock(given.clock_ms, Origin.GIVEN, 1.0, "given by a user")
    return FoundHost(tuple(addresses), clock)


def print_hosts(hosts: Sequence[KnownHost], options: Options) -> None:
    """Print hosts to standard output, as text or JSON as the options say."""
    if options.format == "json":
        dump({"format": "provenance-hosts/1", "hosts": [_document(host) for host in hosts]}, sys.stdout)
    else:
        write_lines(_lines(hosts, options.timezone), sys.stdout, options.wide)


def _document(host: KnownHost) -> dict[str, object]:
    clock = host.found.clock
    return {
        "host": host.name,
        "first": None if host.summary is None else instant(host.summary.first),
        "last": None if host.summary is None else instant(host.summary.last),
        "addresses": [
            {
                "address": one.ip,
                "origin": one.origin.value,
                "confidence": one.confidence,
                "certain": one.confidence > CERTAIN,
                "reason": one.reason,
                "since": None if one.since is None else rfc3339(one.since),
                "until": None if one.until is None else rfc3339(one.until),
            }
            for one in host.found.addresses
        ],
        "clock": {
            "ms": clock.ms,
            "origin": clock.origin.value,
            "confidence": clock.confidence,
            "reason": clock.reason,
        },
    }


def _lines(hosts: Iterable[KnownHost], zone: Zone) -> Iterator[Line]:
    for host in hosts:
        summary = host.summary
        span = f"{zone.stamp(summary.first)} to {zone.stamp(summary.last)}" if summary is not None else "no log"
        yield (Span(f"{visible(host.name)}  ", HEADING), Span(span, hang=True))
        for one in host.found.addresses:
            name = "address" if one.confidence > CERTAIN else "perhaps"
            yield (Span(f"  {name:<9}"), Span(f"{one.ip}{_range(one, zone)}  {_basis(one)}", hang=True))
        clock = host.found.clock
        yield (Span("  clock    "), Span(f"{clock.ms / 1000:+.3f} s  {_basis(clock)}", hang=True))


def _basis(one: FoundAddress | FoundClock) -> str:
    """The origin of an address or a clock, as text."""
    if one.origin is Origin.GUESSED:
        return f"{_ORIGINS[one.origin]} with confidence {one.confidence:g}: {visible(one.reason)}"
    return _ORIGINS[one.origin]


def _range(one: FoundAddress, zone: Zone) -> str:
    since = "" if one.since is None else f" from {zone.stamp(at_ms(one.since))}"
    until = "" if one.until is None else f" until {zone.stamp(at_ms(one.until))}"
    return since + until
