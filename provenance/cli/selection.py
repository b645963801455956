"""SELECT: the options that select the entity, flow, event or alert that a command works on
(docs/interface.md#selectors)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

import click

from provenance.cli.options import Option, Options, Parsed, process_id
from provenance.errors import UsageError
from provenance.ingest.identity import EntityKind, IdentityError, parse_id
from provenance.store.interface import Selector, Store
from provenance.text.event_key import parse_event
from provenance.text.hashes import read_hash
from provenance.trace.anchor import Selection

_HEADING = "SELECT: at least one is required; a match meets all that are given"


def select_options() -> list[click.Parameter]:
    """The options of SELECT."""
    return [
        _option("--id", "ID", "the entity with this id, as other commands print it", entity),
        _option("--alert", "ID", "what the alert with this id is about (see `provenance alert`)"),
        _option("--event", "HOST/SEC.MS:SERIAL", "the audit event of this host, time and serial number", parse_event),
        _option("--host", "NAME", "entities of this host"),
        _option(
            "--command",
            "REGEX",
            "processes whose command line contains a match of this regular expression",
            expression,
        ),
        _option("--pid", "PID", "processes with this process id", process_id),
        _option(
            "--file",
            "PATH",
            "files that had this path at any time; the path may be a quoted glob pattern",
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
            "network peers with this address; with --command, --pid or --id: the flow between the process and the peer",
            remote,
        ),
    ]


def _option(
    name: str, metavar: str, help: str, parse: Callable[[str], object] = str, complete: str | None = None
) -> click.Parameter:
    return Option(name, heading=_HEADING, type=Parsed(name[2:], parse, complete), metavar=metavar, help=help)


def entity(text: str) -> tuple[EntityKind, int]:
    """The kind and number of the entity that a printed id names. Raises UsageError."""
    try:
        return parse_id(text)
    except IdentityError as error:
        raise UsageError(str(error)) from error


def expression(text: str) -> str:
    """A regular expression, checked and returned unchanged. Raises UsageError, which says what is wrong and where."""
    try:
        re.compile(text)
    except re.error as error:
        where = "" if error.pos is None else f" at character {error.pos + 1}"
        raise UsageError(f"invalid regular expression {text!r}: {error.msg}{where}") from error
    except (OverflowError, RecursionError) as error:
        raise UsageError(f"invalid regular expression {text!r}: {error}") from error
    return text


def remote(text: str) -> tuple[str, int | None]:
    """An address and a port: `198.51.100.45`, `198.51.100.45:4444`, `2001:db8::1`, `[2001:db8::1]:443`.

    An IPv4-mapped IPv6 address becomes the IPv4 address, as in the graph. Raises UsageError.
    """
    match = re.fullmatch(r"\[([^\]]*)\](?::(\d{1,5}))?|([^:]*):(\d{1,5})|(.*)", text, re.DOTALL | re.ASCII)
    groups = match.groups() if match else ()
    host = next((group for group in groups[::2] if group is not None), "")
    port = next((group for group in groups[1::2] if group is not None), None)
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise UsageError(
            f"invalid peer {text!r}: expected IP[:PORT], as in 198.51.100.45:4444 or [2001:db8::1]:443"
        ) from error
    if port is not None and int(port) > 0xFFFF:
        raise UsageError(f"invalid peer {text!r}: the largest port is 65535")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address), None if port is None else int(port)


def selection(store: Store, options: Options, at: int | None) -> Selection:
    """The selection that the options of a command line make; `at` is its time (ms since the epoch). Raises UsageError when
    none is given, NothingFound for an alert that is not in the store."""
    if options.alert is not None:
        from provenance.investigation.candidates import of_alert  # loads the readers of every product's alerts

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
            "no selection given: use --id, --event, --command, --pid, --file, --hash, --remote, --host or --alert"
        )
    return Selection(selector, id, options.event, at)
