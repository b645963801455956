"""Overview of the command line: the table of commands and what `--help`, `--version` and a mistyped command print.

It answers them without loading a command or the library that parses options, both of which take longer than the
answer; `stored_help` does the same for `COMMAND --help`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

WIDTH = 80
"""The most columns of a help text."""
HELP_OPTIONS = ("-h", "--help")
LEAST_WIDTH = 50
_INDENT = 15
_RECORD = "provenance_graph-"
_DIGITS = 6
"""The digits of COLUMNS that are read."""
_LONGEST_WORD = 100
"""The most characters of a mistyped word that are compared."""
_SHORTEST_BEGINNING = 2
_PROPOSED = 3
DESCRIPTION = (
    "Trace an attack through Linux audit logs: how the attackers got in, what they did, which hosts they reached."
)


class Entry(NamedTuple):
    """A command: its name, which is also the name of its module beside this one, and what it does."""

    name: str
    summary: str

    @property
    def module(self) -> str:
        """The module that defines the command."""
        return f"provenance.cli.{self.name.replace('-', '_')}"


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Read logs and alerts",
        (
            Entry("audit-rules", "print the audit rules that auditd has to load"),
            Entry("ingest", "read audit logs into a store"),
            Entry("alert", "read alerts of other products and save them in the store"),
        ),
    ),
    (
        "Investigate",
        (
            Entry("backtrack", "trace an alert, a flow or an entity back to where the attackers came in"),
            Entry("forward", "trace an alert, a flow or an entity forward to everything it reached, on all hosts"),
            Entry("find", "list processes, files, network peers and sessions by name, user, address or time"),
            Entry("hunt", "search the whole store for suspicious behaviour, such as shells that use a connection"),
            Entry("show", "show all that the store holds about one entity: names, times, flows, neighbours"),
            Entry("evidence", "print the raw log lines behind an entity, an edge or an event"),
        ),
    ),
    (
        "Look after stores",
        (
            Entry("stats", "show what the store holds of each host: counts, time span, losses, blind intervals"),
            Entry("hosts", "list the hosts with their addresses and clocks; set those that you know"),
            Entry("copy", "copy a store into another one, for example from SQLite to Neo4j"),
            Entry("bulk-load", "write a store, or logs, as files for Neo4j's offline import"),
            Entry("prune", "drop history older than a time, except what explains an alert"),
            Entry(
                "rebuild", "derive the graph of a store anew from its raw log lines, after an update of this program"
            ),
        ),
    ),
    (
        "Run the service",
        (
            Entry("serve", "run the HTTP service: it receives alerts, traces them and answers REST and GraphQL"),
            Entry("token", "create, list and revoke access tokens of the service"),
        ),
    ),
    ("Try it", (Entry("demo", "trace the bundled example incident, from its log to the story of the attack"),)),
)
"""The commands by what they are for, in the order of the help."""
TERMS = (
    "The logs become a graph in a store: an SQLite file or a Neo4j database. An entity of the graph is a process, a file, a"
    " network peer, a pipe or a login session. A flow passes information from one entity to another: a read, a write, the"
    " start of a program."
)
EXAMPLES = ("provenance demo", "provenance ingest /var/log/audit", "provenance backtrack --file /tmp/shell.sh")
COMMANDS = {entry.name: entry for _, entries in GROUPS for entry in entries}


def help_text() -> str:
    """The text of `provenance --help`."""
    import textwrap  # an answer without a help text is faster without it

    width = max(min(columns(), WIDTH), LEAST_WIDTH)
    lines = ["Usage: provenance COMMAND [OPTIONS]", "", *textwrap.wrap(DESCRIPTION, width), ""]
    lines += [*textwrap.wrap(TERMS, width), ""]
    for title, entries in GROUPS:
        lines.append(f"{title}:")
        for name, summary in entries:
            lines += textwrap.wrap(
                summary, width, initial_indent=f"  {name:<{_INDENT - 2}}", subsequent_indent=" " * _INDENT
            )
        lines.append("")
    return "\n".join([*lines, *_CLOSING]) + "\n"


_CLOSING = (
    "Options:",
    "  --version   show the program's version and exit",
    "  -h, --help  show this help and exit",
    "",
    "Examples:",
    *(f"  {example}" for example in EXAMPLES),
    "",
    "`provenance COMMAND --help` explains the options of a command, with examples.",
)


def columns() -> int:
    """The width of the terminal, as `shutil.get_terminal_size` finds it: that module takes longer to load."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given[:_DIGITS]) > 0:
        return int(given[:_DIGITS])
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or WIDTH  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return WIDTH


def version_text() -> str:
    """The text of `provenance --version`."""
    return f"provenance {_installed() or '(not installed)'}\n"


def _installed() -> str | None:
    """The version in the name of the folder in which pip records the installation
    (https://packaging.python.org/en/latest/specifications/recording-installed-packages/). `importlib.metadata` would take
    ten times as long to find it."""
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208
        except OSError:
            continue
        for name in names:
            if name.startswith(_RECORD) and name.endswith(".dist-info"):
                return name.removeprefix(_RECORD).removesuffix(".dist-info")
    return None


def unknown_command(word: str) -> str:
    """The error for a first word that is no command: it names the commands that resemble it."""
    kind = "option" if word.startswith("-") else "command"
    known = ("--help", "--version") if kind == "option" else COMMANDS
    return f"no such {kind} '{word}'{did_you_mean(word, known)} (see `provenance --help`)"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known words that begin with a mistyped one, else for those that resemble it; empty when
    there is none. The dashes of options do not count: all of them have the same."""
    from difflib import get_close_matches

    bare = {name.lstrip("-").casefold(): name for name in known}
    typed = word.lstrip("-").casefold()[:_LONGEST_WORD]
    begin = [name for name in bare if len(typed) >= _SHORTEST_BEGINNING and name.startswith(typed)]
    close = [bare[name] for name in begin[:_PROPOSED] or get_close_matches(typed, bare, _PROPOSED)]
    return f"; did you mean {' or '.join(close)}?" if close else ""
