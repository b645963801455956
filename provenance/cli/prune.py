"""`provenance prune`: drops old history from a store."""

from __future__ import annotations

import argparse
import sys
import time

from provenance.cli.output import print_note
from provenance.cli.parser import Commands, add_store, argument
from provenance.cli.selection import entity
from provenance.cli.stores import opened
from provenance.cli.times import parse_time
from provenance.ingest.clock import rfc3339
from provenance.render.as_json import dump
from provenance.retention.prune import Pruned, prune
from provenance.service.retention.leftovers import Counts, drop_leftovers, leftovers
from provenance.service.retention.rules import Leaving, Rule, drop, leaving
from provenance.store.documents import Documents

_WAIT_S = 3600.0
"""How long a prune waits for an ingest that writes into the same store."""


def add(commands: Commands) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "prune",
        help="drop history older than a time, except what explains an alert",
        description="Drop entities, flows and raw lines older than a time from the store. The backward and forward traces"
        " of every saved alert, and of every entity given with --keep, stay complete.",
    )
    add_store(parser)
    parser.add_argument(
        "--before",
        type=argument(parse_time),
        required=True,
        metavar="TIME",
        help="drop what ended before this time (RFC 3339 or seconds since the epoch)",
    )
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        type=argument(entity),
        metavar="ID",
        help="also keep the backward and forward trace of this entity; repeat the option for several entities",
    )
    parser.add_argument(
        "--untouched",
        action="store_true",
        help="also drop old incidents of the service that are still open but have neither an assignee nor a note; without"
        " this option, only closed incidents are dropped",
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing; print what would be dropped")
    parser.add_argument("--no-wait", action="store_true", help="fail at once if an ingest is writing into the store")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format; default: text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prunes the store and prints the counts of what was dropped."""
    pins = [id for _, id in options.keep]
    rule = Rule(options.before, options.untouched)
    with opened(options.store, credentials=options.credentials) as store:
        wait_s = 0.0 if options.no_wait else _WAIT_S
        going = leaving(store.documents(), rule)
        done = prune(store, options.before, pins, going.alerts, options.dry_run, wait_s)
        counts = _service(store.documents(), rule, going, options.dry_run)
    for alert in done.unexplained:
        print_note(f"alert {alert} protects nothing from the prune: nothing in the store matches it")
    if options.format == "json":
        dump(_document(done, counts, options), sys.stdout)
    else:
        sys.stdout.write(_summary(done, counts, options) + "\n")
    return 0


def _service(documents: Documents, rule: Rule, going: Leaving, dry_run: bool) -> Counts:
    """Drops old documents of the service, and counts them. They are dropped after the alerts that they refer to: if the
    command is killed in between, the next prune still finds them."""
    gone = going if dry_run else drop(documents, rule, going)
    counts, keys = leftovers(documents, rule, time.time_ns() // 1_000_000, gone)
    if not dry_run:
        drop_leftovers(documents, keys)
    return counts


def _document(done: Pruned, counts: Counts, options: argparse.Namespace) -> dict[str, object]:
    return {
        "format": "provenance-prune/1",
        "before": rfc3339(options.before),
        "dry_run": options.dry_run,
        "dropped": done.dropped._asdict(),
        "dropped_of_service": counts._asdict(),
        "kept_slices": done.kept,
        "unexplained_alerts": list(done.unexplained),
    }


def _summary(done: Pruned, counts: Counts, options: argparse.Namespace) -> str:
    amounts = ", ".join(f"{amount:,} {name}" for name, amount in done.dropped._asdict().items())
    verb = "would be dropped" if options.dry_run else "dropped"
    kept = f"; kept the traces of {done.kept} alerts and pinned entities" if done.kept else ""
    service = ", ".join(f"{amount:,} {name.replace('_', ' ')}" for name, amount in counts._asdict().items() if amount)
    of_service = f"; from the service: {service} {verb}" if service else ""
    return f"{amounts} from before {rfc3339(options.before)} {verb}{kept}{of_service}"
