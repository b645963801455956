"""The shared part of `backtrack` and `forward`: resolves SELECT, traces, writes the trace to standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from provenance.cli.naming import moment_ms
from provenance.cli.options import (
    COUNT,
    DEFAULT_STORE,
    TIME,
    Command,
    Option,
    Options,
    output_options,
    steps_option,
    store_options,
)
from provenance.cli.output import print_error, print_note
from provenance.cli.selection import matches, select_options, selections
from provenance.cli.stores import opened
from provenance.cli.times import HELP as TIME_HELP
from provenance.errors import UsageError
from provenance.ingest.clock import at_ms, rfc3339
from provenance.ingest.identity import format_id
from provenance.render.as_text import write_text
from provenance.render.formats import FORMATS
from provenance.render.lines import Span, columns_of, write_wrapped
from provenance.render.unwritten import unwritten_text
from provenance.store.interface import Direction, Store
from provenance.store.one_state import from_one_state
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.text.labels import label
from provenance.trace.limits.behind_clock import behind_clocks
from provenance.trace.limits.unwritten import unwritten
from provenance.trace.slice.anchor import Anchor, Selection
from provenance.trace.slice.budget import DEFAULT, Budget
from provenance.trace.trace import trace

_LISTED = 20
"""The most matches that are listed."""


def tracing_command(
    name: str, direction: Direction, help: str, time_option: str, bound: str, examples: Sequence[str]
) -> Command:
    """A tracing command. `bound` says in its help what `time_option` does."""
    time = Option(
        time_option,
        "at",
        type=TIME,
        metavar="TIME",
        help=f"{bound}. If SELECT selects a flow, start from the match nearest to this time. TIME is {TIME_HELP}",
    )
    every = Option(
        "--all",
        is_flag=True,
        help="trace from all matches together; without it, several matches are listed and none is traced",
    )
    parameters = [
        *select_options(),
        time,
        every,
        *_limits(),
        *store_options(),
        *output_options(tuple(FORMATS)),
        steps_option(),
    ]
    return Command(name, lambda options: run(options, direction), help, parameters, examples)


def _limits() -> list[click.Parameter]:
    return [
        Option(
            name,
            heading="Limits of the trace (the output says how many flows they left out)",
            type=COUNT,
            default=limit,
            metavar="N",
            help=f"largest number of {what}; default: {'no limit' if limit is None else f'{limit:,}'}",
        )
        for name, what, limit in (
            ("--max-nodes", "entities", DEFAULT.nodes),
            ("--max-edges", "edges", DEFAULT.edges),
            ("--max-depth", "flows in a row from the start", DEFAULT.depth),
        )
    ]


def run(options: Options, direction: Direction) -> int:
    """Traces from the selected anchors and prints the trace. Several matches without `--all` are listed instead."""
    with opened(options.store, credentials=options.credentials) as store, store.snapshot():
        chosen = selections(store, options, moment_ms(store, options.at, options.timezone))
        for note in _clock_notes(store, chosen[0], options):
            print_note(note)
        found, _ = matches(store, chosen, direction)
        if len(found) > 1 and not options.all:
            _print_matches(found, options)
            return UsageError.exit_code
        budget = Budget(options.max_nodes, options.max_edges, options.max_depth)
        at = None if chosen[0].at is None else at_ms(chosen[0].at)
        query = _query(options, chosen[0])
        result, is_overtaken = from_one_state(
            store, lambda: trace(store, direction, found, at, query, budget, most_steps=options.steps)
        )
        file = unwritten(store, result)
    if options.format == "text":
        store_option = None if options.store == DEFAULT_STORE else options.store
        every = options.steps is None
        write_text(result, sys.stdout, options.timezone, store_option, options.wide, every, file)
    else:
        FORMATS[options.format](result, sys.stdout)
        if file is not None:
            print_note(f"{label(file.node)}: {unwritten_text(file, options.timezone)}")
    if is_overtaken:
        print_note("the store was written during each try of this trace: it may lack a part of the newest data")
    truncated = result.slice.truncated
    if truncated is not None and options.format != "text":
        left_out = counted(truncated.left_out_edges, "flow")
        left_out += " was" if truncated.left_out_edges == 1 else " were"
        print_note(f"the trace is incomplete: {truncated.why}; {left_out} not followed")
    return 0


def _clock_notes(store: Store, selection: Selection, options: Options) -> Iterator[str]:
    """Which time to give instead, if the selected one may be that of a record written while its host's clock was behind."""
    if selection.at is None or selection.event is not None:
        return
    for one in behind_clocks(store.blinds(selection.selector.host), selection.at):
        first, shown = (options.timezone.stamp(at_ms(ms)) for ms in (one.first_ms, one.shown_ms))
        yield (
            f"the clock of {visible(one.host)} was behind after a restart: records of after it that carry times from"
            f" {first} to {shown} are shown at {shown}. For one of them give {rfc3339(one.shown_ms)} as the time, or"
            f" --event {visible(one.host)}/SECONDS.MS:SERIAL with the record's own time"
        )


def _query(options: Options, selection: Selection) -> dict[str, Any]:
    """The conditions of SELECT, as the JSON output repeats them."""
    conditions = {name: getattr(options, name) for name in ("command", "pid", "file", "alert", "user")}
    conditions["host"] = selection.selector.host
    if options.remote is not None:
        ip, port, network = options.remote
        where = ip or network
        conditions["remote"] = where if port is None else f"{where}:{port}"
    return {name: value for name, value in conditions.items() if value is not None}


def _print_matches(found: list[Anchor], options: Options) -> None:
    """Lists the matches on standard error, so that the user can choose one."""
    print_error(f"SELECT has {len(found)} matches: choose one with --id, or trace from all of them with --all")
    for anchor in found[:_LISTED]:
        node = anchor.node
        peer = "" if anchor.peer is None else f" with {label(anchor.peer)}"
        known = f"  {format_id(node.kind, node.id)}  {options.timezone.stamp(anchor.moment)}  "
        match = (Span(known), Span(f"{visible(node.host)}  {label(node)}{peer}", hang=True))
        write_wrapped([match], sys.stderr, None if options.wide else columns_of(sys.stderr))
    if len(found) > _LISTED:
        print_note(f"  and {len(found) - _LISTED} more")
