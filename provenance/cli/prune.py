"""`provenance prune`: old history out of a store."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

from provenance.cli.output import remark
from provenance.cli.parser import Commands, add_store, typed
from provenance.cli.selection import entity
from provenance.cli.stores import opened
from provenance.cli.times import parse_time
from provenance.ingest.clock import rfc3339
from provenance.render.as_json import dump
from provenance.retention.prune import Pruned, prune
from provenance.service.alerts import queue
from provenance.service.retention.leftovers import Counts, drop_leftovers, leftovers
from provenance.service.retention.rules import Leaving, Rule, drop, every, leaving
from provenance.store.documents import Documents
from provenance.store.interface import Alert, Store

_WAIT_S = 3600.0


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser("prune", help="drop what is older than a time, but not what an alert needs")
    add_store(parser)
    parser.add_argument(
        "--before",
        type=typed(parse_time),
        required=True,
        metavar="TIME",
        help="what ended before it goes (RFC 3339 or seconds since the epoch)",
    )
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        type=typed(entity),
        metavar="ID",
        help="keep what leads to this entity and what it reached, as with every saved alert; may be given again",
    )
    parser.add_argument(
        "--untouched",
        action="store_true",
        help="of the service's incidents, those that are open but have neither assignee nor note may go like closed ones",
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing, only say what would go")
    parser.add_argument("--no-wait", action="store_true", help="do not wait for an ingest into the same store")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print; default: text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prunes and says what went."""
    pins = [id for _, id in options.keep]
    rule = Rule(options.before, options.untouched)
    with opened(options.store, credentials=options.credentials) as store:
        wait_s = 0.0 if options.no_wait else _WAIT_S
        going = leaving(store.documents(), rule)
        received = list(_received(store, going))
        done = prune(store, options.before, pins, received, going.alerts, options.dry_run, wait_s)
        counts = _service(store.documents(), rule, going, options.dry_run)
    for alert in done.unexplained:
        remark(f"alert {alert} keeps nothing: nothing in the store answers it")
    if options.format == "json":
        dump(_document(done, counts, options), sys.stdout)
    else:
        sys.stdout.write(_told(done, counts, options) + "\n")
    return 0


def _received(store: Store, going: Leaving) -> Iterator[Alert]:
    """The alerts that the service has received and that stay; it saves them in the store when nobody else is writing."""
    for document in every(store.documents(), queue.KIND):
        if document.key not in going.alerts:
            yield queue.alert_of(document)


def _service(documents: Documents, rule: Rule, going: Leaving, dry_run: bool) -> Counts:
    """What goes of what the service keeps. It goes after what it refers to: killed in between, its alerts are still known
    and go the next time."""
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


def _told(done: Pruned, counts: Counts, options: argparse.Namespace) -> str:
    amounts = ", ".join(f"{amount:,} {what}" for what, amount in done.dropped._asdict().items())
    verb = "would be dropped" if options.dry_run else "dropped"
    kept = f"; {done.kept} of alerts and pinned entities kept whole" if done.kept else ""
    service = ", ".join(f"{amount:,} {what.replace('_', ' ')}" for what, amount in counts._asdict().items() if amount)
    of_service = f"; of the service {service}" if service else ""
    return f"{amounts} from before {rfc3339(options.before)} {verb}{kept}{of_service}"
