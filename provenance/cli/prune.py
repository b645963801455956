"""`provenance prune`: drops old history from a store."""

from __future__ import annotations

import sys
import time

from provenance.cli.naming import check_id, entity_of, from_input, newest_ms
from provenance.cli.options import (
    TIME,
    Command,
    Option,
    Options,
    Parsed,
    format_option,
    store_options,
    timezone_option,
)
from provenance.cli.output import print_note
from provenance.cli.stores import opened
from provenance.cli.times import HELP as TIME_HELP
from provenance.ingest.clock import at_ms, rfc3339
from provenance.render.as_json import dump
from provenance.render.lines import write_texts
from provenance.retention.prune import PruneResult, prune
from provenance.service.retention.leftovers import Counts, leftovers, remove_leftovers
from provenance.service.retention.rules import Removal, Rule, removable, remove
from provenance.store.documents import Documents
from provenance.text.counts import counted, singular

_NOUNS = {"notes": "other record", "blinds": "blind interval"}
"""What is dropped, where the name in JSON output is not plain."""
_WAIT_S = 3600.0
"""How long a prune waits for an ingest that writes into the same store."""


def run(options: Options) -> int:
    """Prunes the store and prints the counts of what was dropped."""
    with opened(options.store, credentials=options.credentials) as store:
        before = options.before(options.timezone, lambda: newest_ms(store))
        pins = [entity_of(store, text)[1] for text in from_input(options.keep)]
        rule = Rule(before, options.untouched)
        wait_s = 0.0 if options.no_wait else _WAIT_S
        planned = removable(store.documents(), rule)
        done = prune(store, before, pins, planned.alerts, options.dry_run, wait_s)
        counts = _service(store.documents(), rule, planned, options.dry_run)
    for alert in done.unexplained:
        print_note(f"the prune keeps no history for alert {alert}: nothing in the store matches it")
    if options.format == "json":
        dump(_document(done, counts, before, options.dry_run), sys.stdout)
    else:
        write_texts([_summary(done, counts, options.timezone.stamp(at_ms(before)), options.dry_run)], sys.stdout)
    return 0


def _service(documents: Documents, rule: Rule, planned: Removal, dry_run: bool) -> Counts:
    """Drops old documents of the service, and counts them. They are dropped after the alerts that they refer to: if the
    command is killed in between, the next prune still finds them."""
    gone = planned if dry_run else remove(documents, rule, planned)
    counts, keys = leftovers(documents, rule, time.time_ns() // 1_000_000, gone)
    if not dry_run:
        remove_leftovers(documents, keys)
    return counts


def _document(done: PruneResult, counts: Counts, before: int, dry_run: bool) -> dict[str, object]:
    return {
        "format": "provenance-prune/1",
        "before": rfc3339(before),
        "dry_run": dry_run,
        "dropped": done.dropped._asdict(),
        "dropped_of_service": counts._asdict(),
        "kept_slices": done.protected_slices,
        "unexplained_alerts": list(done.unexplained),
    }


def _summary(done: PruneResult, counts: Counts, before: str, dry_run: bool) -> str:
    amounts = ", ".join(
        counted(amount, _NOUNS.get(name, singular(name))) for name, amount in done.dropped._asdict().items()
    )
    verb = "would be dropped" if dry_run else "dropped"
    protected = (
        f"; kept the traces of {counted(done.protected_slices, 'alert or pinned entity')}"
        if done.protected_slices
        else ""
    )
    removed = [(amount, singular(name.replace("_", " "))) for name, amount in counts._asdict().items()]
    service = ", ".join(counted(amount, noun) for amount, noun in removed if amount)
    of_service = f"; from the service: {service} {verb}" if service else ""
    return f"{amounts} from before {before} {verb}{protected}{of_service}"


command = Command(
    "prune",
    run,
    "Drop entities, flows and raw log lines that are older than a time. The backward and forward traces of every alert in the"
    " store, and of every entity given with --keep, stay complete. Try it first with --dry-run: there is no way back.",
    [
        *store_options(),
        Option(
            "--before",
            type=TIME,
            required=True,
            metavar="TIME",
            help=f"drop what ended before this time. TIME is {TIME_HELP}",
        ),
        Option(
            "--keep",
            multiple=True,
            type=Parsed("id", check_id),
            metavar="ID",
            help="keep the backward and forward trace of this entity too; repeat the option for several entities",
        ),
        Option(
            "--untouched",
            is_flag=True,
            help="drop, with the old closed incidents of the service, also the old open ones that have neither an assignee nor a"
            " note",
        ),
        Option("--dry-run", is_flag=True, help="change nothing; print the counts of what would be dropped"),
        Option("--no-wait", is_flag=True, help="fail at once if an ingest is writing into the store"),
        format_option(),
        timezone_option(),
    ],
    ("provenance prune --before 2026-11-24T03:28:30Z --dry-run", "provenance prune --before 2026-11-24T03:28:30Z"),
)
