#!/usr/bin/env python3
"""Write the manual pages of all commands, from what the commands say of themselves: script/man_pages.py FOLDER

A build of the wheel writes them too, into share/man/man1 (script/build_hook.py). The language is man(7):
https://man7.org/linux/man-pages/man7/man.7.html
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from provenance.cli.options import Command, Group
from provenance.cli.overview import COMMANDS, DESCRIPTION, EXAMPLES, GROUPS, TERMS
from provenance.cli.program import NAME, PROGRAM

_EXIT_CODES = (
    ("0", "done"),
    ("1", "nothing found"),
    ("2", "wrong use, input that cannot be read, several matches, or stores that differ after a copy"),
    ("3", "the store cannot be reached"),
    ("130", "interrupted"),
)
_ENVIRONMENT = (
    ("PROVENANCE_STORE", "The store that commands use without --store."),
    ("PROVENANCE_NEO4J_USER, PROVENANCE_NEO4J_PASSWORD", "The user and password for a store on a Neo4j server."),
)


def pages() -> Iterator[tuple[str, str]]:
    """The file name and text of each page: one of the program, one of each command and action."""
    context = click.Context(PROGRAM, info_name=NAME)
    yield f"{NAME}.1", _program_page()
    for name in PROGRAM.list_commands(context):
        found = PROGRAM.get_command(context, name)
        if isinstance(found, Group):
            yield f"{NAME}-{name}.1", _group_page(name, found)
            for action in found.commands.values():
                assert isinstance(action, Command)
                yield f"{NAME}-{name}-{action.name}.1", _page(f"{name} {action.name}", action)
        else:
            assert isinstance(found, Command)
            yield f"{NAME}-{name}.1", _page(name, found)


def _program_page() -> str:
    lines = [*_head(NAME, "traces attacks through Linux audit logs"), ".SH SYNOPSIS", f".B {NAME}", "COMMAND [OPTIONS]"]
    lines += [".SH DESCRIPTION", _escape(DESCRIPTION), ".PP", _escape(TERMS)]
    for title, entries in GROUPS:
        lines.append(f".SH {title.upper()}")
        for entry in entries:
            lines += [".TP", f".BR {NAME}\\-{_escape(entry.name)} (1)", _escape(entry.summary)]
    lines += [".SH ENVIRONMENT", *_definitions(_ENVIRONMENT), *_examples(EXAMPLES), *_exit_status()]
    return "\n".join(lines) + "\n"


def _group_page(name: str, group: Group) -> str:
    lines = [*_head(f"{NAME}-{name}", COMMANDS[name].summary), ".SH SYNOPSIS", f".B {NAME} {name}", "ACTION [OPTIONS]"]
    lines += [".SH DESCRIPTION", _escape(group.help or ""), ".SH ACTIONS"]
    for action in group.commands.values():
        lines += [".TP", f".BR {NAME}\\-{_escape(name)}\\-{_escape(action.name or '')} (1)", _escape(action.help or "")]
    return "\n".join([*lines, *_examples(group.examples), *_see_also()]) + "\n"


def _page(words: str, command: Command) -> str:
    context = click.Context(command, info_name=f"{NAME} {words}", **command.context_settings)
    summary = COMMANDS[words].summary if words in COMMANDS else f"{(command.help or '').partition('.')[0]}"
    lines = _head(f"{NAME}-{words.replace(' ', '-')}", summary[:1].lower() + summary[1:])
    lines += [".SH SYNOPSIS", f".B {NAME} {_escape(words)}", _escape(" ".join(command.collect_usage_pieces(context)))]
    lines += [".SH DESCRIPTION", _escape(command.help or "")]
    sections: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            heading = "Arguments" if isinstance(parameter, click.Argument) else getattr(parameter, "heading", "Options")
            sections.setdefault(heading, []).append(record)
    for heading, records in sections.items():
        lines += [f".SH {_escape(heading.upper())}", *_definitions(records)]
    return "\n".join([*lines, *_examples(command.examples), *_exit_status(), *_see_also()]) + "\n"


def _head(name: str, summary: str) -> list[str]:
    title = _escape(name)
    return [
        f'.TH {title.upper()} 1 "" {NAME} "{NAME} manual"',
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{title} \\- {_escape(summary)}",
    ]


def _definitions(records: Sequence[tuple[str, str]]) -> Iterator[str]:
    for term, text in records:
        yield from (".TP", f".B {_escape(term)}", _escape(text))


def _examples(examples: Sequence[str]) -> Iterator[str]:
    yield from (".SH EXAMPLES", ".nf")
    yield from map(_escape, examples)
    yield ".fi"


def _exit_status() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    yield from _definitions(_EXIT_CODES)


def _see_also() -> Iterator[str]:
    yield from (".SH SEE ALSO", f".BR {NAME} (1)")


def _escape(text: str) -> str:
    """Text in which nothing is a request or an escape of man(7): a backslash, a dash, a dot or quote at the begin of a line."""
    escaped = " ".join(text.split()) if "\n" in text else text
    escaped = (
        escaped.replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("'", "\\(aq")
        .replace("`", "\\(ga")
        .replace("^", "\\(ha")
    )
    return f"\\&{escaped}" if escaped.startswith(".") else escaped


def write(folder: Path) -> list[Path]:
    """Writes all pages into a folder and returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages():
        path = folder / name
        path.write_text(text, "utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="script/man_pages.py", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder that gets the pages")
    write(parser.parse_args().folder)
