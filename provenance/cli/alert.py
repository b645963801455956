"""`provenance alert`: reads alerts of other products, prints their fields and saves them in the store."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provenance.alerts.alert import Alert
from provenance.alerts.formats import FORMATS
from provenance.alerts.intake import submit
from provenance.alerts.reader import reader
from provenance.alerts.reading import UNKNOWN, Reading, Reject
from provenance.alerts.record import COMMAND
from provenance.alerts.results import StoredCandidate, anchor_json
from provenance.cli.input import read_file
from provenance.cli.options import FILE, PATH, Argument, Command, Option, Options, output_options, store_options
from provenance.cli.output import print_note
from provenance.cli.stores import opened, opened_or_created
from provenance.errors import NothingFound, UsageError
from provenance.investigation.anchoring import anchoring, stored_candidates
from provenance.investigation.candidates.statement import statement_of
from provenance.render.as_json import dump
from provenance.render.lines import ALERT, HEADING, QUIET, TIME, Line, Span, write_lines
from provenance.store.interface import Store
from provenance.text.counts import counted
from provenance.text.escape import visible

FORMAT = "provenance-alerts/1"
_REJECTED = 2
_PRINTED = 20
"""The most rejected alerts that are printed."""
_LARGEST_FILE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _File:
    """A file's name, and the alerts and rejected parts read from it."""

    name: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class _Match:
    """The candidates of an alert, the best first, and why there are none."""

    candidates: tuple[StoredCandidate, ...]
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The match as JSON."""
        return anchor_json(self.candidates) | ({} if self.reason is None else {"reason": self.reason})


def run(options: Options) -> int:
    """Reads, saves and prints the alerts. Returns 2 when a part of the input was rejected; the rest is saved anyway."""
    files = _read(options)
    alerts = list({alert.id: alert for file in files for alert in file.reading.alerts}.values())
    new: set[str] = set()
    matched: dict[str, _Match] = {}
    if alerts and (options.anchor or not options.dry_run):
        opening = opened if options.dry_run else opened_or_created
        with opening(options.store, credentials=options.credentials) as store:
            new = set() if options.dry_run else _save(store, alerts)
            matched = {alert.id: _match(store, alert) for alert in alerts} if options.anchor else {}
    if options.format == "json":
        documents = [_document(alert, new, matched) for alert in alerts]
        dump({"format": FORMAT, "alerts": documents, "rejects": _rejects(files)}, sys.stdout)
    else:
        write_lines(_lines(alerts, matched), sys.stdout, options.wide)
    _print_counts(files, alerts, None if options.dry_run else len(new))
    return _REJECTED if any(file.reading.rejects for file in files) else 0


def _read(options: Options) -> list[_File]:
    configured = reader(options.mapping, options.aliases)
    return [
        _File(name, configured.read(read_file(name, _LARGEST_FILE), options.source_format)) for name in options.files
    ]


def _save(store: Store, alerts: Sequence[Alert]) -> set[str]:
    """Saves alerts in the store, where a service finds them. Returns the ids of those that were new."""
    submitted = submit(store.documents(), alerts, time.time_ns() // 1_000_000, COMMAND)
    return {one.id for one in submitted if one.new}


def _match(store: Store, alert: Alert) -> _Match:
    try:
        return _Match(stored_candidates(anchoring(store, alert)))
    except (NothingFound, UsageError) as error:
        return _Match((), str(error))


def _document(alert: Alert, new: set[str], matched: Mapping[str, _Match]) -> dict[str, Any]:
    anchor = {"anchor": matched[alert.id].to_json()} if alert.id in matched else {}
    return {"alert": alert.id, "new": alert.id in new, **alert.body, **anchor}


def _rejects(files: Sequence[_File]) -> list[dict[str, Any]]:
    return [
        {"file": file.name, "place": reject.place, "format": reject.format, "reason": reject.reason}
        for file in files
        for reject in file.reading.rejects
    ]


def _lines(alerts: Sequence[Alert], matched: Mapping[str, _Match]) -> Iterator[Line]:
    for alert in alerts:
        fields = alert.fields
        yield (
            Span(f"{alert.id}  ", QUIET),
            Span(f"{fields.time or 'no time':<24}  ", TIME),
            Span(f"{fields.severity or '-':<8}  "),
            Span(visible(alert.title), ALERT, hang=True),
        )
        host = fields.host or next(iter(fields.hosts), "no host")
        yield (
            Span(f"  {fields.format}  ", QUIET),
            Span(f"{visible(host)}  ", HEADING),
            Span(visible(statement_of(alert).summary()), hang=True),
        )
        for note in fields.unread:
            yield (Span("  ignored: ", QUIET), Span(visible(note), QUIET, hang=True))
        if alert.id in matched:
            yield _match_line(matched[alert.id])


def _match_line(match: _Match) -> Line:
    if not match.candidates:
        return (Span("  no match: ", QUIET), Span(visible(match.reason or ""), hang=True))
    best = match.candidates[0]
    return (
        Span("  matches ", QUIET),
        Span(f"{best.node}", hang=True),
        Span(f"  {best.score:.2f}  {visible(best.reason)}"),
    )


def _print_counts(files: Sequence[_File], alerts: Sequence[Alert], new: int | None) -> None:
    """Prints the rejected parts of the input and the counts. `new` is None when nothing was saved."""
    rejects = [(file.name, reject) for file in files for reject in file.reading.rejects]
    for name, reject in rejects[:_PRINTED]:
        print_note(_rejection(name, reject))
    if len(rejects) > _PRINTED:
        print_note(f"  and {len(rejects) - _PRINTED} more")
    if any(reject.reason == UNKNOWN for _, reject in rejects):
        print_note("--from names the format; for the JSON of another product, --mapping says where its fields are")
    saved = "not saved" if new is None else f"{new} new, {len(alerts) - new} already in the store"
    print_note(f"{counted(len(alerts), 'alert')} ({saved}), {len(rejects)} rejected")


def _rejection(name: str, reject: Reject) -> str:
    format = "" if reject.format is None else f" (read as {reject.format})"
    return f"{name}: {reject.place}: {reject.reason}{format}"


command = Command(
    "alert",
    run,
    "Read alerts of other products (SIEM, EDR, IDS), print the fields that were recognised in each, and save them in the"
    " store. `provenance backtrack --alert ID` then traces one; a service that runs on the store traces all of them.",
    [
        Argument("files", "FILE...", "file with alerts, or - for standard input", type=PATH, nargs=-1, required=True),
        *store_options(),
        Option(
            "--from",
            "source_format",
            metavar="FORMAT",
            help=f"format of the files; default: each alert's format is recognised. Formats: {', '.join(FORMATS)}",
        ),
        Option(
            "--mapping",
            type=FILE,
            metavar="FILE",
            help="TOML file that maps the JSON of another product to the fields of an alert",
        ),
        Option(
            "--aliases",
            type=FILE,
            metavar="FILE",
            help="TOML file that maps agent ids and other names of hosts to host names in the store",
        ),
        Option("--dry-run", is_flag=True, help="print the alerts without saving them"),
        Option(
            "--anchor",
            is_flag=True,
            help="also print the entity in the store that each alert matches best, and why",
        ),
        *output_options(),
    ],
    ("provenance alert alerts.json", "provenance alert --dry-run --anchor alerts.json"),
)
