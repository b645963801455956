"""`provenance alert`: alerts of other products, read, shown as they were understood, and kept."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance.alerts import Reading, Reject, reader
from provenance.alerts.formats import FORMATS
from provenance.cli.output import remark
from provenance.cli.parser import Commands, Parser, add_format, add_store
from provenance.cli.stores import opened, prepared
from provenance.errors import InputError, NothingFound, UsageError
from provenance.investigation.anchoring import anchoring, document
from provenance.investigation.candidates.statement import said
from provenance.render.as_json import dump
from provenance.render.lines import ALERT, HEADING, QUIET, TIME, Line, Piece, write_lines
from provenance.store.interface import Alert, Store
from provenance.text.escape import visible

FORMAT = "provenance-alerts/1"
_REJECTED = 2
_TOLD = 20
_WAIT_S = 60.0
_STDIN = "-"


@dataclass(frozen=True, slots=True)
class _Read:
    """A file and what it held."""

    name: str
    reading: Reading


def add(commands: Commands) -> None:
    """Adds the command."""
    parser: Parser = commands.add_parser(
        "alert", help="read alerts of other products, show how they were understood, and keep them"
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="file with alerts; - for standard input")
    add_store(parser)
    parser.add_argument(
        "--from",
        dest="source_format",
        metavar="FORMAT",
        help=f"read everything as this format instead of recognising it: {', '.join(FORMATS)}",
    )
    parser.add_argument(
        "--mapping", type=Path, metavar="FILE", help="TOML file that says where unknown JSON has its fields"
    )
    parser.add_argument(
        "--aliases", type=Path, metavar="FILE", help="TOML file that says which host an agent or name means"
    )
    parser.add_argument("--dry-run", action="store_true", help="show only; keep nothing")
    parser.add_argument("--anchor", action="store_true", help="show what each alert means in the store, and why")
    add_format(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Reads, keeps and shows. 2 when something was no alert: everything else is kept all the same."""
    found = _read(options)
    alerts = list({alert.id: alert for one in found for alert in one.reading.alerts}.values())
    new: set[str] = set()
    meant: dict[str, dict[str, Any]] = {}
    if alerts and (options.anchor or not options.dry_run):
        opening = opened if options.dry_run else prepared
        with opening(options.store, credentials=options.credentials) as store:
            new = set() if options.dry_run else _kept(store, alerts)
            meant = {alert.id: _anchor(store, alert) for alert in alerts} if options.anchor else {}
    if options.format == "json":
        documents = [_document(alert, new, meant) for alert in alerts]
        dump({"format": FORMAT, "alerts": documents, "rejects": _rejects(found)}, sys.stdout)
    else:
        write_lines(_lines(alerts, meant), sys.stdout)
    _tell(found, alerts, None if options.dry_run else len(new))
    return _REJECTED if any(one.reading.rejects for one in found) else 0


def _read(options: argparse.Namespace) -> list[_Read]:
    with_own = reader(options.mapping, options.aliases)
    return [_Read(name, with_own.read(_bytes(name), options.source_format)) for name in options.files]


def _kept(store: Store, alerts: Sequence[Alert]) -> set[str]:
    """Keeps alerts; the ids of those that were not known. A service on this store takes them up."""
    with store.writer(_WAIT_S) as writer:
        return {alert.id for alert in alerts if writer.save_alert(alert)}


def _anchor(store: Store, alert: Alert) -> dict[str, Any]:
    try:
        return document(anchoring(store, alert))
    except (NothingFound, UsageError) as error:
        return {"candidates": [], "reason": str(error)}


def _document(alert: Alert, new: set[str], meant: Mapping[str, Any]) -> dict[str, Any]:
    anchor = {"anchor": meant[alert.id]} if alert.id in meant else {}
    return {"alert": alert.id, "new": alert.id in new, **alert.body, **anchor}


def _rejects(found: Sequence[_Read]) -> list[dict[str, Any]]:
    return [
        {"file": one.name, "place": reject.place, "format": reject.format, "reason": reject.reason}
        for one in found
        for reject in one.reading.rejects
    ]


def _lines(alerts: Sequence[Alert], meant: Mapping[str, Any]) -> Iterator[Line]:
    for alert in alerts:
        body = alert.body
        yield (
            Piece(f"{alert.id}  ", QUIET, whole=True),
            Piece(f"{body.get('time', 'no time'):<24}  ", TIME),
            Piece(f"{body.get('severity', '-'):<8}  "),
            Piece(visible(alert.title), ALERT),
        )
        host = body.get("host") or next(iter(body.get("hosts", ())), None) or "host not named"
        yield (
            Piece(f"  {body['format']}  ", QUIET),
            Piece(f"{visible(host)}  ", HEADING),
            Piece(visible(said(alert).told())),
        )
        for note in body.get("unread", ()):
            yield (Piece(f"  not used: {visible(note)}", QUIET),)
        if alert.id in meant:
            yield _meaning(meant[alert.id])


def _meaning(anchor: Mapping[str, Any]) -> Line:
    if not anchor["candidates"]:
        return (Piece("  means nothing here: ", QUIET), Piece(visible(anchor["reason"])))
    best = anchor["candidates"][0]
    return (
        Piece("  means ", QUIET),
        Piece(f"{best['node']}", whole=True),
        Piece(f"  {best['score']:.2f}  {visible(best['reason'])}"),
    )


def _tell(found: Sequence[_Read], alerts: Sequence[Alert], new: int | None) -> None:
    rejects = [(one.name, reject) for one in found for reject in one.reading.rejects]
    for name, reject in rejects[:_TOLD]:
        remark(_told(name, reject))
    if len(rejects) > _TOLD:
        remark(f"  and {len(rejects) - _TOLD} more")
    kept = "nothing kept" if new is None else f"{new} new, {len(alerts) - new} known already"
    amount = "1 alert" if len(alerts) == 1 else f"{len(alerts)} alerts"
    remark(f"{amount} ({kept}), {len(rejects)} that are none")


def _told(name: str, reject: Reject) -> str:
    taken = "" if reject.format is None else f" (read as {reject.format})"
    return f"{name}: {reject.place}: {reject.reason}{taken}"


def _bytes(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == _STDIN else Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or str(error)).lower()}") from error
