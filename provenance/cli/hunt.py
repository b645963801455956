"""`provenance hunt`: asks the whole store one of the questions in `cypher/hunt/`."""

from __future__ import annotations

import sys

from click.shell_completion import CompletionItem

from provenance.cli.options import (
    COUNT,
    Argument,
    Command,
    Option,
    Options,
    Parsed,
    output_options,
    positive,
    store_options,
)
from provenance.cli.output import print_note
from provenance.cli.overview import did_you_mean
from provenance.cli.stores import opened
from provenance.errors import NothingFound, UsageError
from provenance.render.as_json import dump
from provenance.render.hunt import LIST_FORMAT, found_json, found_lines, hunt_json, hunt_lines, write_csv
from provenance.render.lines import write_lines
from provenance.store.hunts import Hunt, HuntResult, hunt, hunts
from provenance.text.escape import cut

LIST = "list"
_LIMIT = 1_000
_LONGEST_S = 3_600
_SECONDS = 60


def run(options: Options) -> int:
    """Prints the rows of a hunt, or the hunts. Raises UsageError, OutOfTime; NothingFound when no row matches."""
    if options.name == LIST:
        if options.set:
            raise UsageError("--set needs the name of a hunt: `provenance hunt NAME --set ...`")
        return _list(options)
    chosen = _chosen(options.name)
    parameters = dict(options.set)
    if options.time_limit > _LONGEST_S:
        raise UsageError(f"invalid time limit {options.time_limit}: the longest is {_LONGEST_S} seconds")
    chosen.values(parameters)
    with opened(options.store, credentials=options.credentials) as store:
        found = store.hunt(chosen, parameters, options.limit, options.time_limit)
    _print(found, options)
    if not found.rows:
        raise NothingFound(f"the hunt {chosen.name} finds nothing")
    if found.more:
        print_note(f"there are more rows than the {len(found.rows):,} printed: raise --limit to see them")
    return 0


def _print(found: HuntResult, options: Options) -> None:
    if options.format == "json":
        dump(found_json(found), sys.stdout)
    elif options.format == "csv":
        write_csv(found, sys.stdout)
    else:
        write_lines(found_lines(found, options.timezone), sys.stdout, options.wide)


def _list(options: Options) -> int:
    if options.format == "csv":
        raise UsageError("the list of hunts has the formats text and json")
    if options.format == "json":
        dump({"format": LIST_FORMAT, "hunts": [hunt_json(one) for one in hunts().values()]}, sys.stdout)
    else:
        write_lines(hunt_lines(hunts().values()), sys.stdout, options.wide)
    return 0


def _chosen(name: str) -> Hunt:
    if name not in hunts():
        close = did_you_mean(name, [LIST, *hunts()])
        raise UsageError(f"no such hunt '{cut(name, 100)}'{close} (see `provenance hunt list`)")
    return hunt(name)


def _setting(text: str) -> tuple[str, int]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"invalid setting '{text}': expected NAME=NUMBER")
    return name, positive(value)


class _Name(Parsed):
    """The name of a hunt, which a shell completes."""

    def shell_complete(self, ctx: object, param: object, incomplete: str) -> list[CompletionItem]:
        """The names that begin with what was typed."""
        return [CompletionItem(name) for name in (LIST, *hunts()) if name.startswith(incomplete)]


command = Command(
    "hunt",
    run,
    "Search the whole store for one kind of suspicious behaviour, such as shells whose input or output is a network connection."
    " No alert is needed. Each such search is a hunt; `provenance hunt list` prints all hunts with their parameters.",
    [
        Argument(
            "name",
            "[NAME]",
            "name of the hunt; `list`, the default, prints all hunts",
            type=_Name("name", str),
            default=LIST,
            required=False,
        ),
        Option(
            "--set",
            multiple=True,
            type=Parsed("setting", _setting),
            metavar="NAME=NUMBER",
            help="value of a parameter of the hunt, in place of its default; repeat the option for several parameters",
        ),
        Option("--limit", type=COUNT, default=_LIMIT, metavar="N", help=f"print at most N rows; default: {_LIMIT:,}"),
        Option(
            "--time-limit",
            type=COUNT,
            default=_SECONDS,
            metavar="SECONDS",
            help=f"fail if the hunt takes longer than this, at most {_LONGEST_S:,} seconds; default: {_SECONDS}",
        ),
        *store_options(),
        *output_options(("text", "json", "csv")),
    ],
    (
        "provenance hunt list",
        "provenance hunt shells_on_sockets",
        "provenance hunt rare_parents --set times=1 --format csv",
    ),
)
