"""`provenance hosts`: lists hosts with their addresses and clocks, and takes those that a user knows."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from provenance.cli.hosts_file import given_addresses, merged, parse_addresses, parse_clock, parse_hosts
from provenance.cli.input import read_file
from provenance.cli.naming import complete_host, moment_ms, named, newest_ms
from provenance.cli.options import (
    PATH,
    TIME,
    Argument,
    Command,
    Group,
    Option,
    Options,
    Parsed,
    host_name,
    output_options,
    store_options,
)
from provenance.cli.output import print_note
from provenance.cli.overview import did_you_mean
from provenance.cli.stores import opened
from provenance.cli.times import HELP as TIME_HELP
from provenance.errors import InputError, NothingFound, UsageError
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
    give,
    given_hosts,
    take_back,
)
from provenance.store.interface import HostSummary, Store, Writer
from provenance.text.escape import visible
from provenance.text.times import Zone, instant

_WAIT_S = 60.0
_LARGEST_FILE = 64 * 1024 * 1024
_ORIGINS = {
    Origin.GIVEN: "given",
    Origin.LOG: "from the log",
    Origin.GUESSED: "guessed",
    Origin.REFERENCE: "reference",
    Origin.NONE: "not compared",
}


class _Row(NamedTuple):
    """A host with what is known of it; `summary` is None when the store holds no log of it."""

    host: str
    summary: HostSummary | None
    found: FoundHost


def _list(options: Options) -> int:
    with opened(options.store, credentials=options.credentials) as store:
        rows = _rows(store)
    if not rows:
        raise NothingFound("the store holds no log of any host")
    _print(rows, options)
    return 0


def _set(options: Options) -> int:
    if not options.address and options.clock is None:
        raise UsageError("nothing to set: give --address, --clock or both")
    if not options.address and (options.since is not None or options.until is not None):
        raise UsageError("--since and --until limit an address: give --address")
    with opened(options.store, credentials=options.credentials) as store:
        options.since, options.until = (
            moment_ms(store, time, options.timezone) for time in (options.since, options.until)
        )
        given = given_hosts(store.documents())
        name = named(options.name, _recorded(store) | given.keys()) or host_name(options.name)
        _give(store, {name: _changed(given.get(name, GivenHost()), options)})
        rows = [row for row in _rows(store) if row.host == name]
    _print(rows, options)
    return 0


def _changed(before: GivenHost, options: Options) -> GivenHost:
    """The settings of a host after a change. Addresses with a time range are added to the others, those without replace them."""
    clock = before.clock_ms if options.clock is None else options.clock
    if not options.address:
        return GivenHost(before.addresses, clock)
    addresses = given_addresses(chain.from_iterable(options.address), options.since, options.until)
    if options.since is not None or options.until is not None:
        ranged = [one for one in before.addresses if one.since is not None or one.until is not None]
        addresses = tuple(dict.fromkeys((*ranged, *addresses)))
    return GivenHost(addresses, clock)


def _unset(options: Options) -> int:
    with opened(options.store, credentials=options.credentials) as store:
        with store.writer(_WAIT_S) as writer:
            name = named(options.name, given_hosts(store.documents()))
            if name is None or not take_back(store.documents(), name):
                raise NothingFound(f"no settings of host '{visible(options.name)}' are in the store")
            _join(store, writer)
        rows = [row for row in _rows(store) if row.host == name]
    _print(rows, options)
    return 0


def _load(options: Options) -> int:
    source = visible(options.file)
    lines = read_file(options.file, _LARGEST_FILE).decode("utf-8", "surrogateescape").split("\n")
    with opened(options.store, credentials=options.credentials) as store:
        in_file = parse_hosts(lines, source, lambda time: time(options.timezone, lambda: newest_ms(store)))
        if not in_file:
            raise InputError(f"{source}: the file names no host")
        given = _spelled(in_file, _recorded(store))
        _give(store, given)
        rows = [row for row in _rows(store) if row.host in given]
    _print(rows, options)
    return 0


def _spelled(given: Mapping[str, GivenHost], recorded: Collection[str]) -> dict[str, GivenHost]:
    """The settings in a file, by the names of hosts as the logs spell them. Raises UsageError for a name that differs from
    several only in case, and for two clocks of one host."""
    found: dict[str, GivenHost] = {}
    for typed, host in given.items():
        name = named(typed, recorded, beginnings=False) or typed
        found[name] = merged(found.get(name), host)
    return found


def _recorded(store: Store) -> set[str]:
    return {summary.host for summary in store.hosts()}


def _give(store: Store, given: Mapping[str, GivenHost]) -> None:
    """Store what a user gives, and join the hosts again."""
    recorded = _recorded(store)
    for host in given:
        if host not in recorded:
            print_note(f"the store holds no log of host '{visible(host)}'{did_you_mean(host, map(visible, recorded))}")
    with store.writer(_WAIT_S) as writer:
        give(store.documents(), given)
        _join(store, writer)


def _join(store: Store, writer: Writer) -> None:
    from provenance.intake.run import join_hosts  # loads the parser of logs, which a list of hosts does not need

    join_hosts(store, writer)


def _rows(store: Store) -> list[_Row]:
    """All hosts by name: those with a log, and those of which something was given."""
    summaries = {summary.host: summary for summary in store.hosts()}
    found = found_hosts(store.documents())
    given = given_hosts(store.documents())
    rows = []
    for host in sorted(summaries.keys() | given.keys()):
        summary = summaries.get(host)
        known = found.get(host) or (_from_log(summary) if summary is not None else _from_user(given[host]))
        rows.append(_Row(host, summary, known))
    return rows


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


def _print(rows: Sequence[_Row], options: Options) -> None:
    if options.format == "json":
        dump({"format": "provenance-hosts/1", "hosts": [_document(row) for row in rows]}, sys.stdout)
    else:
        write_lines(_lines(rows, options.timezone), sys.stdout, options.wide)


def _document(row: _Row) -> dict[str, object]:
    clock = row.found.clock
    return {
        "host": row.host,
        "first": None if row.summary is None else instant(row.summary.first),
        "last": None if row.summary is None else instant(row.summary.last),
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
            for one in row.found.addresses
        ],
        "clock": {
            "ms": clock.ms,
            "origin": clock.origin.value,
            "confidence": clock.confidence,
            "reason": clock.reason,
        },
    }


def _lines(rows: Iterable[_Row], zone: Zone) -> Iterator[Line]:
    for row in rows:
        summary = row.summary
        span = f"{zone.stamp(summary.first)} to {zone.stamp(summary.last)}" if summary is not None else "no log"
        yield (Span(f"{visible(row.host)}  ", HEADING), Span(span, hang=True))
        for one in row.found.addresses:
            name = "address" if one.confidence > CERTAIN else "perhaps"
            yield (Span(f"  {name:<9}"), Span(f"{one.ip}{_range(one, zone)}  {_basis(one)}", hang=True))
        clock = row.found.clock
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


_NAME = Argument(
    "name",
    "NAME",
    "name of the host, as `provenance hosts list` prints it, or the beginning of it",
    shell_complete=complete_host,
)

command = Group(
    "hosts",
    "List the hosts with their addresses and clock corrections, and set those that you know. Traces that go from one host to"
    " another need both: the program guesses them from the connections in the logs; what you set takes precedence.",
    [
        Command(
            "list",
            _list,
            "List the hosts with their addresses and clock corrections. Each is marked as given by a user, read from the log or"
            " guessed; `perhaps` marks an address that is only a candidate.",
            [*store_options(), *output_options()],
            ("provenance hosts list", "provenance hosts list --format json"),
        ),
        Command(
            "set",
            _set,
            "Set the addresses or the clock correction of a host. The connections between all hosts are then computed anew.",
            [
                _NAME,
                Option(
                    "--address",
                    type=Parsed("addresses", parse_addresses),
                    metavar="ADDRESS[,...]",
                    multiple=True,
                    help="addresses of the host; they replace those that were set before. May be repeated",
                ),
                Option(
                    "--clock",
                    type=Parsed("clock", parse_clock),
                    metavar="SECONDS",
                    help="time to add to the times of the host's log: +93.25s for a clock that is 93.25 s slow. Units: ms,"
                    " s, m, h",
                ),
                Option(
                    "--since",
                    type=TIME,
                    metavar="TIME",
                    help="the host had these addresses only from this time on, as with DHCP; addresses that were set for other"
                    f" time spans stay. TIME is {TIME_HELP}",
                ),
                Option(
                    "--until",
                    type=TIME,
                    metavar="TIME",
                    help="the host had these addresses only up to this time",
                ),
                *store_options(),
                *output_options(),
            ],
            (
                "provenance hosts set web01 --address 10.1.0.2,fd00::2",
                "provenance hosts set db01 --clock +93.25s",
                "provenance hosts set laptop7 --address 10.1.9.40 --since 2026-11-24T08:00:00Z",
            ),
        ),
        Command(
            "load",
            _load,
            "Set the addresses and clock corrections that a file lists. Each line is: NAME ADDRESS[,ADDRESS...] [CLOCK]"
            " [since=TIME] [until=TIME]. They replace what was set for these hosts before.",
            [
                Argument(
                    "file",
                    "FILE",
                    "file with one host on each line, or - for standard input; # begins a comment",
                    type=PATH,
                ),
                *store_options(),
                *output_options(),
            ],
            ("provenance hosts load fleet.txt",),
        ),
        Command(
            "unset",
            _unset,
            "Remove the settings of a host: addresses and clock correction. The connections between all hosts are then"
            " computed anew.",
            [_NAME, *store_options(), *output_options()],
            ("provenance hosts unset web01",),
        ),
    ],
)
