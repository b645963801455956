"""SELECT: the options that select the entity, flow, event or alert that a command works on
(docs/interface.md#selectors)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from itertools import combinations
from typing import NamedTuple

import click

from provenance.cli.naming import check_id, complete_host, entity_of, from_input, host_of
from provenance.cli.options import Option, Options, Parsed, positive, some_text
from provenance.errors import NothingFound, UsageError
from provenance.store.interface import Direction, Selector, Store
from provenance.store.patterns import compile_pattern, user_number
from provenance.text.escape import cut, visible
from provenance.text.event_key import parse_event
from provenance.text.hashes import read_hash
from provenance.text.times import Zone
from provenance.trace.slice.anchor import MOST_MATCHES, Anchor, Selection, anchors_within

CONDITIONS = ("id", "event", "command", "pid", "file", "hash", "remote", "user", "host", "alert")
"""The options of SELECT."""
_ROOT = "0"
_SHOWN = 100
"""The most columns of a condition in an error."""
_HEADING = "SELECT: give at least one of these options; a match meets all that you give"


def select_options() -> list[click.Parameter]:
    """The options of SELECT."""
    return [
        _option(
            "--id",
            "ID",
            "the entity with this id, as other commands print it; the beginning of an id is enough. Repeat the option for several"
            " ids; `-` reads ids from standard input",
            check_id,
            multiple=True,
        ),
        _option(
            "--alert",
            "ID",
            "the entity or flow that this alert is about; the alert must be in the store (see `provenance alert`)",
        ),
        _option(
            "--event",
            "HOST/SEC.MS:SERIAL",
            "the flows of this audit event: its host, time and serial number",
            parse_event,
        ),
        Option(
            "--host",
            heading=_HEADING,
            type=Parsed("host", some_text),
            metavar="NAME",
            help="entities of this host; the beginning of its name is enough, in upper or lower case",
            shell_complete=complete_host,
        ),
        _option(
            "--command",
            "REGEX",
            "processes whose command line contains a match of this regular expression",
            expression,
        ),
        _option("--pid", "PID", "processes with this process id", positive),
        _option(
            "--file",
            "PATH",
            "files that had this path at any time; the path may be a quoted glob pattern. With --command, --pid, --user or"
            " --id: the flow between the process and the file",
            complete="file",
        ),
        _option(
            "--hash",
            "HASH",
            "files that had this hash at any time: the digits of a SHA-256, or ALGORITHM:HEX",
            read_hash,
        ),
        _option(
            "--remote",
            "IP[:PORT]",
            "network peers with this address, or in a network such as 10.0.0.0/8. With --command, --pid, --user or --id: the"
            " flow between the process and the peer",
            remote,
        ),
        _option("--user", "NAME", "processes and sessions of this user: a name, or the number of a uid, euid or auid"),
    ]


def _option(
    name: str,
    metavar: str,
    help: str,
    parse: Callable[[str], object] = some_text,
    complete: str | None = None,
    multiple: bool = False,
) -> click.Parameter:
    type = Parsed(name[2:], parse, complete)
    return Option(name, heading=_HEADING, type=type, metavar=metavar, help=help, multiple=multiple)


class Remote(NamedTuple):
    """A peer: an address or a network, and a port."""

    ip: str | None
    port: int | None
    network: str | None = None


def expression(text: str) -> str:
    """A regular expression, checked and returned unchanged. Raises UsageError, which says what is wrong and where."""
    compile_pattern(text)
    return text


def remote(text: str) -> Remote:
    """An address or a network, and a port: `198.51.100.45:4444`, `2001:db8::1`, `[2001:db8::1]:443`, `198.51.100.0/24:443`.

    An IPv4-mapped IPv6 address becomes the IPv4 address, as in the graph. Raises UsageError.
    """
    match = re.fullmatch(r"\[([^\]]*)\](?::(\d{1,5}))?|([^:]*):(\d{1,5})|(.*)", text, re.DOTALL | re.ASCII)
    groups = match.groups() if match else ()
    host = next((group for group in groups[::2] if group is not None), "")
    port = next((group for group in groups[1::2] if group is not None), None)
    if port is not None and int(port) > 0xFFFF:
        raise UsageError(f"invalid peer '{text}': the largest port is 65535")
    number = None if port is None else int(port)
    try:
        if "/" in host:
            return Remote(None, number, str(ipaddress.ip_network(host, strict=False)))
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise UsageError(
            f"invalid peer '{text}': expected IP[:PORT] or NETWORK[:PORT], as in 198.51.100.45:4444, [2001:db8::1]:443 or"
            " 198.51.100.0/24"
        ) from error
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return Remote(str(mapped or address), number)


def selections(store: Store, options: Options, at: int | None, span: bool = False) -> list[Selection]:
    """The selections that the options of a command line make, one for each --id; `at` is their time (ms since the epoch). With
    `span`, the caller adds a span of time, and no other condition is needed.

    Raises UsageError for no condition and for conditions that cannot hold together, NothingFound for a name that is not in the
    store."""
    _check_conditions(options, span)
    if options.alert is not None:
        from provenance.investigation.candidates import of_alert  # loads the readers of every product's alerts

        return [of_alert(store, options.alert, at)]
    ip, port, network = options.remote if options.remote is not None else Remote(None, None)
    selector = Selector(
        host=None if options.host is None else host_of(store, options.host),
        command=options.command,
        pid=options.pid,
        file=options.file,
        remote_ip=ip,
        remote_port=port,
        network=network,
        hash=options.hash,
        user=_user(store, options.user),
    )
    if options.event is not None:
        event = options.event._replace(host=host_of(store, options.event.host))
        return [Selection(selector, event=event, at=at)]
    if options.id:
        ids = dict.fromkeys(entity_of(store, text)[1] for text in from_input(options.id))
        if not ids:
            raise NothingFound("standard input holds no id")
        return [Selection(selector, id, at=at) for id in ids]
    return [Selection(selector, at=at)]


def _check_conditions(options: Options, span: bool) -> None:
    """Raises UsageError for no condition (a `span` of time is one), and for conditions of which one excludes another."""
    given = [name for name in CONDITIONS if getattr(options, name, None) not in (None, ())]
    if not given and not span:
        times = [name for name in ("since", "until") if hasattr(options, name)]
        raise UsageError(f"no selection given: use one of {', '.join(f'--{name}' for name in [*CONDITIONS, *times])}")
    for alone in ("alert", "event"):
        others = [name for name in given if name != alone]
        if alone in given and others:
            raise UsageError(f"--{alone} and --{others[0]} cannot be given together: an {alone} alone is a selection")
    for name in ("file", "hash"):
        if "remote" in given and name in given:
            raise UsageError(f"--remote and --{name} cannot hold together: a peer is not a file")


def matches(
    store: Store, chosen: Sequence[Selection], direction: Direction, limit: int = MOST_MATCHES, newest: bool = False
) -> tuple[list[Anchor], bool]:
    """The matches of selections, each once, and whether there are more. Raises NothingFound, which says which conditions
    exclude each other."""
    found: dict[tuple[int, int | None], Anchor] = {}
    more = False
    for one in chosen:
        try:
            anchored, cut = anchors_within(store, one, direction, limit, newest)
            more = more or cut
        except NothingFound as error:
            reason = "" if one.id is not None else why_nothing(store, one.selector)
            hints = f"{_unknown_user(store, one.selector)}{_recorded_time(store, one.selector)}"
            raise NothingFound(f"{error}{reason}{hints}") from error
        if one.id is not None and not anchored:
            raise NothingFound(f"no entity in the store has the id {one.id & (1 << 64) - 1:016x}")
        for anchor in anchored:
            found.setdefault((anchor.node.id, None if anchor.peer is None else anchor.peer.id), anchor)
    return list(found.values()), more


def why_nothing(store: Store, selector: Selector) -> str:
    """`: ` and the condition if there is one, else which of several conditions match nothing by themselves, or which
    two match nothing together."""
    alone = _conditions(selector)
    if len(alone) < 2:
        return f": {', '.join(alone)}" if alone else ""
    without = [name for name, condition in alone.items() if not _any(store, condition)]
    if len(without) == 1:
        return f": {without[0]} matches nothing"
    if without:
        return f": neither {', '.join(without[:-1])} nor {without[-1]} matches anything"
    pairs = [
        f"{first} and {second}"
        for (first, one), (second, other) in combinations(alone.items(), 2)
        if not _any(store, _both(one, other))
    ]
    return f": each matches something, but nothing matches {', nor '.join(pairs)}" if pairs else ""


def _user(store: Store, name: str | None) -> str | None:
    """The user that a name means: uid 0 for `root` where no record has the name."""
    return _ROOT if name == "root" and not _any(store, Selector(user=name)) else name


def _unknown_user(store: Store, selector: Selector) -> str:
    """A hint for the name of a user that no record has."""
    name = selector.user
    if name is None or user_number(name) is not None or _any(store, Selector(user=name)):
        return ""
    return f"; no record names the user {name}: give the uid instead, as many logs have only numbers"


def _recorded_time(store: Store, selector: Selector) -> str:
    """From when to when the store has records, if the selected time span holds none."""
    span = Selector(since=selector.since, until=selector.until)
    hosts = list(store.hosts())
    if span == Selector() or not hosts or _any(store, span):
        return ""
    first, last = min(host.first for host in hosts), max(host.last for host in hosts)
    return f"; the records of the store are from {Zone().stamp(first)} to {Zone().stamp(last)}"


def _conditions(selector: Selector) -> dict[str, Selector]:
    """Each condition alone, by its option. Times belong together, and so do address and port."""
    peer = Selector(remote_ip=selector.remote_ip, remote_port=selector.remote_port, network=selector.network)
    where = selector.remote_ip or selector.network
    return {
        cut(visible(name), _SHOWN): condition
        for name, condition in (
            (f"--host {selector.host}", Selector(host=selector.host)),
            (f"--command {selector.command}", Selector(command=selector.command)),
            (f"--pid {selector.pid}", Selector(pid=selector.pid)),
            (f"--user {selector.user}", Selector(user=selector.user)),
            (f"--file {selector.file}", Selector(file=selector.file)),
            (f"--hash {selector.hash}", Selector(hash=selector.hash)),
            (f"--remote {where}" + ("" if selector.remote_port is None else f":{selector.remote_port}"), peer),
            ("the given time span", Selector(since=selector.since, until=selector.until)),
        )
        if condition != Selector()
    }


def _both(one: Selector, other: Selector) -> Selector:
    return replace(
        one, **{field.name: value for field in fields(other) if (value := getattr(other, field.name)) is not None}
    )


def _any(store: Store, selector: Selector) -> bool:
    return next(iter(store.find(selector, 1)), None) is not None
