"""`provenance rebuild`: derives the graph of hosts anew from the raw lines in the store."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from provenance.cli.naming import complete_host, host_of
from provenance.cli.options import STORE, Command, Option, Options, format_option, store_options
from provenance.cli.output import print_note
from provenance.cli.steps import step_bar
from provenance.cli.stores import naming_nearest, opened
from provenance.errors import UsageError
from provenance.render.as_json import dump
from provenance.render.lines import write_texts
from provenance.store.interface import Lines
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.transfer.chunks import Report
from provenance.transfer.in_place import rebuild_in_place
from provenance.transfer.rebuild import Rebuilt, chosen, pruned, rebuild

_WAIT_S = 3600.0
"""How long a rebuild waits for an ingest that writes into the same store."""


def run(options: Options) -> int:
    """Rebuilds and prints what was derived. Raises UsageError for a store on a server without --into, StoreError for one that
    does not hold its raw lines."""
    with step_bar() as report:
        rebuilt = _in_place(options, report) if options.into is None else _into(options, report)
    if options.format == "json":
        hosts = [host._asdict() for host in rebuilt]
        dump({"format": "provenance-rebuild/1", "store": options.into or options.store, "hosts": hosts}, sys.stdout)
    else:
        write_texts(map(_summary, rebuilt), sys.stdout)
        if not rebuilt:
            print_note("nothing to rebuild: the store holds no log of any host")
    return 0


def _in_place(options: Options, report: Report) -> list[Rebuilt]:
    if "://" in options.store:
        raise UsageError(
            f"{options.store}: a graph on a server cannot be replaced in one step; use --into STORE to rebuild it into an empty"
            " store, or into another case on the server"
        )
    path = Path(options.store.removeprefix("sqlite:"))
    wait_s = 0.0 if options.no_wait else _WAIT_S
    with naming_nearest(path):
        return rebuild_in_place(path, _hosts(options), Lines(options.lines), report, wait_s)


def _hosts(options: Options) -> list[str]:
    """The hosts to rebuild, as the store spells them; none for all."""
    if not options.host:
        return []
    with opened(options.store, credentials=options.credentials) as store:
        return [host_of(store, name) for name in options.host]


def _into(options: Options, report: Report) -> list[Rebuilt]:
    with (
        opened(options.store, credentials=options.credentials) as source,
        opened(options.into, create=True, lines=options.lines, credentials=options.credentials) as target,
    ):
        hosts = chosen(source, [host_of(source, name) for name in options.host])
        rebuilt = rebuild(source, target, hosts, report)
        for host in pruned(source, [summary.host for summary in hosts]):
            print_note(
                f"older records of {host} were dropped earlier: {options.into} holds only what the remaining raw lines show"
            )
    return rebuilt


def _summary(host: Rebuilt) -> str:
    unfinished = f", {host.unfinished:,} of them not finished yet" if host.unfinished else ""
    return f"{visible(host.host)}: {counted(host.events + host.unfinished, 'event')} derived anew{unfinished}"


command = Command(
    "rebuild",
    run,
    "Derive the graph anew from the raw log lines in the store: after an update of this program, so that its new rules apply to"
    " the old logs. The new store is written beside the old one and replaces it when it is complete; after an interruption"
    " the old one is unchanged. Alerts, the data of the service and the hosts that are not rebuilt are copied. No other"
    " program may use the store during the rebuild. The disk needs room for the new store and for the uncompressed raw lines.",
    [
        *store_options(),
        Option(
            "--host",
            multiple=True,
            metavar="NAME",
            help="rebuild only this host; repeat the option for several hosts; default: all hosts",
            shell_complete=complete_host,
        ),
        Option(
            "--into",
            type=STORE,
            metavar="STORE",
            help="path or URI of the new store, which then does not replace the old one; required if the old one is on a Neo4j"
            " server",
        ),
        Option(
            "--lines",
            type=click.Choice((Lines.KEEP.value, Lines.REFERENCE.value)),
            default=Lines.KEEP.value,
            help="raw log lines in the new store: `keep` stores them compressed (default; lines of which the old store holds only"
            " the position are read from their log files), `reference` stores only their position in the log files",
        ),
        Option("--no-wait", is_flag=True, help="fail at once if an ingest is writing into the store"),
        format_option(),
    ],
    ("provenance rebuild --into rebuilt.db", "provenance rebuild --host web01"),
)
