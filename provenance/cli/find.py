"""`provenance find`: lists the entities that match SELECT, with their times, or counts them by program."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import click

from provenance.cli.grouping import GROUP_FORMAT, SORTS, by_program, group_json, group_lines
from provenance.cli.naming import moment_ms
from provenance.cli.options import COUNT, TIME, Command, Option, Options, output_options, store_options
from provenance.cli.output import print_note
from provenance.cli.selection import matches, select_options, selections
from provenance.cli.stores import opened
from provenance.cli.times import HELP as TIME_HELP
from provenance.errors import NothingFound, UsageError
from provenance.ingest.clock import at_ms, end_of_ms
from provenance.ingest.identity import format_id
from provenance.render.lines import COMMAND, QUIET, Line, Span, write_lines
from provenance.render.lines import TIME as TIMES
from provenance.store.interface import Direction, Store
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.text.labels import label
from provenance.text.times import Zone, instant
from provenance.trace.slice.anchor import MOST_MATCHES, Anchor, Selection

_MOST_GROUPED = 1_000_000
"""The most matches that are grouped and counted."""
FORMAT = "provenance-find/1"
LINE_FORMAT = "provenance-found/1"


def run(options: Options) -> int:
    """Prints the matches, or the groups, and their numbers on standard error."""
    span = options.since is not None or options.until is not None
    with opened(options.store, credentials=options.credentials) as store:
        chosen = _timed(store, selections(store, options, None, span), options)
        most = options.limit if options.group_by is None else _MOST_GROUPED
        anchored, more = matches(store, chosen, Direction.BACKWARD, most, options.sort == "newest")
    found, more = anchored[:most], more or len(anchored) > most
    if options.group_by is None:
        _print_matches(_sorted(found, options.sort or "time"), options)
        cut = f"; there are more: --limit {options.limit} was reached" if more else ""
    else:
        left_out = _print_groups(found, options)
        cut = (
            f"; {counted(left_out, 'more program')} not printed: --limit {options.limit} was reached"
            if left_out
            else ""
        )
        cut += f"; there are more than {most:,} matches, which are not counted" if more else ""
    print_note(_counts(found) + cut)
    return 0


def _timed(store: Store, chosen: Sequence[Selection], options: Options) -> list[Selection]:
    """The selections with the bounds of --since and --until. Raises UsageError for a span that ends before it begins."""
    since, until = (moment_ms(store, time, options.timezone) for time in (options.since, options.until))
    if since is None and until is None:
        return list(chosen)
    if options.alert is not None or options.event is not None:
        raise UsageError(
            "--since and --until cannot be given together with --alert or --event, which have their own time"
        )
    if since is not None and until is not None and until < since:
        raise UsageError("--since and --until cannot hold together: the span ends before it begins")
    first = None if since is None else at_ms(since)
    last = None if until is None else end_of_ms(until)
    return [replace(one, selector=replace(one.selector, since=first, until=last)) for one in chosen]


def _sorted(found: list[Anchor], order: str) -> list[Anchor]:
    keys = {
        "time": lambda anchor: (anchor.moment, anchor.node.id),
        "newest": lambda anchor: (-anchor.moment, anchor.node.id),
        "host": lambda anchor: (anchor.node.host, anchor.moment, anchor.node.id),
        "label": lambda anchor: (label(anchor.node), anchor.moment, anchor.node.id),
    }
    return sorted(found, key=keys[order])


def _print_matches(found: Sequence[Anchor], options: Options) -> None:
    if options.format == "text":
        write_lines(_lines(found, options.timezone), sys.stdout, options.wide)
        return
    documents = _documents(found)
    if options.format == "jsonl":
        _write_json_lines({"format": LINE_FORMAT, **document} for document in documents)
        return
    from provenance.render.as_json import dump  # loads the types of a trace, which text does not need

    dump({"format": FORMAT, "entities": list(documents)}, sys.stdout)


def _documents(found: Sequence[Anchor]) -> Iterator[dict[str, Any]]:
    from provenance.render.as_json import node_json

    for anchor in found:
        document = node_json(anchor.node) | {"first": instant(anchor.node.first)}
        if anchor.peer is not None:
            document |= {"peer": node_json(anchor.peer), "flow": instant(anchor.moment)}
        yield document


def _print_groups(found: Sequence[Anchor], options: Options) -> int:
    """Prints the groups, and returns how many --limit left out."""
    every = by_program([anchor.node for anchor in found], options.sort)
    if not every:
        raise NothingFound("no process is among the matches: only processes have a program to group by")
    groups = every[: options.limit]
    documents = map(group_json, groups)
    if options.format == "text":
        write_lines(group_lines(groups, options.timezone), sys.stdout, options.wide)
    elif options.format == "jsonl":
        _write_json_lines({"format": GROUP_FORMAT, **document} for document in documents)
    else:
        from provenance.render.as_json import dump

        dump({"format": GROUP_FORMAT, "groups": list(documents)}, sys.stdout)
    return len(every) - len(groups)


def _write_json_lines(documents: Iterator[dict[str, Any]]) -> None:
    for document in documents:
        sys.stdout.write(json.dumps(document, ensure_ascii=True) + "\n")


def _lines(found: Sequence[Anchor], zone: Zone) -> Iterator[Line]:
    for anchor in found:
        node = anchor.node
        pid = f"pid {node.attributes['pid']} " if "pid" in node.attributes else ""
        name = label(node)
        peer = "" if anchor.peer is None else f"  with {label(anchor.peer)}"
        yield (
            Span(f"{format_id(node.kind, node.id)}  ", QUIET),
            Span(f"{zone.stamp(anchor.moment)}  ", TIMES),
            Span(f"{visible(node.host)}  {'' if pid.rstrip() == name else pid}", hang=True),
            Span(name, COMMAND),
            Span(peer),
        )


def _counts(found: Sequence[Anchor]) -> str:
    """How many matches there are, by kind, and on how many hosts."""
    kinds = Counter(anchor.node.kind.name.lower() for anchor in found)
    hosts = len({anchor.node.host for anchor in found})
    each = ", ".join(counted(count, name) for name, count in sorted(kinds.items()))
    where = counted(hosts, "host")
    return f"{len(found):,} found ({each}) on {where}"


command = Command(
    "find",
    run,
    "List the processes, files, network peers and sessions that match SELECT, with their ids for the other commands. The time of"
    " a line is when the entity is first recorded or, if SELECT selects a flow, when the flow began. Without SELECT, give --since"
    " or --until. The number of matches goes to standard error.",
    [
        *select_options(),
        Option(
            "--since",
            type=TIME,
            metavar="TIME",
            help=f"only what is first recorded at this time or later. TIME is {TIME_HELP}",
        ),
        Option("--until", type=TIME, metavar="TIME", help="only what is first recorded at this time or earlier"),
        Option(
            "--limit",
            type=COUNT,
            default=MOST_MATCHES,
            metavar="N",
            help=f"print at most N matches: the first ones in order of time or, with --sort newest, the last ones; or, with"
            f" --group-by, at most N programs; default: {MOST_MATCHES:,}",
        ),
        Option(
            "--sort",
            type=click.Choice(SORTS),
            help="order of the lines; default: time or, with --group-by, the number of processes",
        ),
        Option(
            "--group-by",
            type=click.Choice(("program",)),
            help="print one line for each program: the number of its processes, its hosts, its first and its last start",
        ),
        *store_options(),
        *output_options(("text", "json", "jsonl")),
    ],
    (
        "provenance find --command 'wget|curl'",
        "provenance find --file '/tmp/*.sh' --format json",
        "provenance find --remote 198.51.100.0/24 --sort newest --limit 20",
        "provenance find --user www-data --since '2h ago' --group-by program",
    ),
)
