"""`provenance hosts`: lists hosts with their addresses and clocks, and takes those that a user knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain

from provenance.cli.hosts_file import given_addresses, merged, parse_addresses, parse_clock, parse_hosts
from provenance.cli.input import read_file
from provenance.cli.known_hosts import known_hosts, print_hosts
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
from provenance.store.hosts import (
    GivenHost,
    give,
    given_hosts,
    take_back,
)
from provenance.store.interface import Store, Writer
from provenance.text.escape import visible

_WAIT_S = 60.0
_LARGEST_FILE = 64 * 1024 * 1024


def _list(options: Options) -> int:
    with opened(options.store, credentials=options.credentials) as store:
        rows = known_hosts(store)
    if not rows:
        raise NothingFound("the store holds no log of any host")
    print_hosts(rows, options)
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
        rows = [row for row in known_hosts(store) if row.name == name]
    print_hosts(rows, options)
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
        rows = [row for row in known_hosts(store) if row.name == name]
    print_hosts(rows, options)
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
        rows = [row for row in known_hosts(store) if row.name in given]
    print_hosts(rows, options)
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
