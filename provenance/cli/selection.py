"""SELECT (docs/interface.md#selectors): which entity, flow, event or alert a command is about."""

from __future__ import annotations

import argparse
import ipaddress
import re

from provenance.cli.parser import Parser, process_id, typed
from provenance.errors import UsageError
from provenance.ingest.identity import EntityKind, IdentityError, parse_id
from provenance.investigation.candidates import of_alert
from provenance.store.interface import Selector, Store
from provenance.text.event_key import parse_event
from provenance.text.hashes import read_hash
from provenance.trace.anchor import Selection


def add_select(parser: Parser) -> None:
    """The options of SELECT, all given conditions together."""
    group = parser.add_argument_group("SELECT, all given conditions together")
    group.add_argument("--id", type=typed(entity), metavar="ID", help="an entity, by the id that other commands print")
    group.add_argument("--alert", metavar="ID", help="what a received alert is about")
    group.add_argument("--event", type=typed(parse_event), metavar="HOST/SEC.MS:SERIAL", help="an audit event")
    group.add_argument("--host", metavar="NAME", help="on this host")
    group.add_argument(
        "--command", type=typed(expression), metavar="REGEX", help="searched in the full command line of a process"
    )
    group.add_argument("--pid", type=typed(process_id), metavar="PID", help="process id")
    group.add_argument("--file", metavar="PATH", help="any path a file ever had; may be a glob, quoted")
    group.add_argument(
        "--hash",
        type=typed(read_hash),
        metavar="HASH",
        help="a hash a file ever had: SHA-256, or another as ALGORITHM:HEX",
    )
    group.add_argument(
        "--remote",
        type=typed(remote),
        metavar="IP[:PORT]",
        help="a peer; with --command, --pid or --id the flow between the process and it",
    )


def entity(text: str) -> tuple[EntityKind, int]:
    """The kind and id behind a printed id. Raises UsageError."""
    try:
        return parse_id(text)
    except IdentityError as error:
        raise UsageError(str(error)) from error


def expression(text: str) -> str:
    """A regular expression, as it is. Raises UsageError that says what is wrong and where."""
    try:
        re.compile(text)
    except re.error as error:
        where = "" if error.pos is None else f" at character {error.pos + 1}"
        raise UsageError(f"{text!r} is no regular expression: {error.msg}{where}") from error
    except (OverflowError, RecursionError) as error:
        raise UsageError(f"{text!r} is no usable regular expression: {error}") from error
    return text


def remote(text: str) -> tuple[str, int | None]:
    """An address and a port: `198.51.100.45`, `198.51.100.45:4444`, `2001:db8::1`, `[2001:db8::1]:443`.

    An IPv4-mapped IPv6 address is the IPv4 one, as in the graph. Raises UsageError.
    """
    match = re.fullmatch(r"\[([^\]]*)\](?::(\d{1,5}))?|([^:]*):(\d{1,5})|(.*)", text, re.DOTALL | re.ASCII)
    groups = match.groups() if match else ()
    host = next((group for group in groups[::2] if group is not None), "")
    port = next((group for group in groups[1::2] if group is not None), None)
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise UsageError(f"{text!r} is no IP[:PORT], as in 198.51.100.45:4444 or [2001:db8::1]:443") from error
    if port is not None and int(port) > 0xFFFF:
        raise UsageError(f"{text!r}: there is no port {port}")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address), None if port is None else int(port)


def selection(store: Store, options: argparse.Namespace) -> Selection:
    """What the options select. Raises UsageError when they select nothing, NothingFound for an alert that is not here."""
    at: int | None = options.at
    if options.alert is not None:
        return of_alert(store, options.alert, at)
    ip, port = options.remote if options.remote is not None else (None, None)
    selector = Selector(
        host=options.host,
        command=options.command,
        pid=options.pid,
        file=options.file,
        remote_ip=ip,
        remote_port=port,
        hash=options.hash,
    )
    id = None if options.id is None else options.id[1]
    if id is None and options.event is None and selector == Selector():
        raise UsageError(
            "nothing is selected: give --id, --event, --command, --pid, --file, --hash, --remote, --host or --alert"
        )
    return Selection(selector, id, options.event, at)
