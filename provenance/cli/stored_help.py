"""The help of each command as a text in `help/`, which a test compares with what Click prints: `COMMAND --help` and an option
that no command has are answered from it, because loading the command and Click takes longer than the answer.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from provenance.cli.overview import HELP_OPTIONS, LEAST_WIDTH, WIDTH, columns, did_you_mean

FOLDER = f"{os.path.dirname(__file__)}/help"  # noqa: PTH120 pathlib takes longer to load than the help to print
"""The folder with the help of each command at `WIDTH` columns, in `COMMAND.txt` or `COMMAND-ACTION.txt`."""
_INDENT = 2
_MARGIN = 2
"""The columns at the right that Click leaves empty."""
_LEAST_TEXT = 10
_GAP = 2
_LEAST_ARGUMENTS = 20
_ARGUMENTS_INDENT = 11
_ACTIONS = "\nCommands:\n"
"""The heading of a group's actions in its help."""
_UNWRAPPED = "Examples:"


def command_help(words: Sequence[str]) -> str | None:
    """The text of `COMMAND --help` or `COMMAND ACTION --help`, wrapped to the terminal; None for other words."""
    if len(words) not in (2, 3) or words[-1] not in HELP_OPTIONS:
        return None
    text = _stored(words[:-1])
    width = columns()
    return text if text is None or width >= WIDTH else _narrowed(text, max(width - _MARGIN, LEAST_WIDTH))


def unknown_option(words: Sequence[str]) -> str | None:
    """The error for the first option that the command does not have, as Click words it; None when there is none, or when only
    Click can tell."""
    command = words[:2] if _stored(words[:2]) else words[:1]
    text = _stored(command)
    if text is None or _ACTIONS in text or any(word in HELP_OPTIONS for word in words):
        return None
    takes_value = _options(text)
    following = iter(words[len(command) :])
    for word in following:
        name, equals, _ = word.partition("=")
        if not word.startswith("--"):
            if word.startswith("-") and word != "-":
                return None
        elif name not in takes_value:
            hint = f"see `provenance {' '.join(command)} --help`"
            return None if word == "--" else f"no such option '{name}'{did_you_mean(name, takes_value)} ({hint})"
        elif takes_value[name] and not equals:
            next(following, None)
        elif equals and not takes_value[name]:
            return None
    return None


def _stored(words: Sequence[str]) -> str | None:
    """The stored help of a command or action; None where there is none, as when the program runs out of a zip file."""
    name = "-".join(words) + ".txt"
    try:
        if name not in os.listdir(FOLDER):  # noqa: PTH208
            return None
    except NotADirectoryError:
        return None
    with open(f"{FOLDER}/{name}", encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


def _options(text: str) -> dict[str, bool]:
    """The options that a help text explains, in its order, and whether each takes a value."""
    options = {}
    for block in text.split("\n\n"):
        heading, *lines = block.split("\n")
        if heading.startswith(" ") or not heading.endswith(":"):
            continue
        for line in lines:
            term = line[_INDENT:].partition("  ")[0]
            if term.startswith("-"):
                name, _, value = term.rpartition(", ")[2].partition(" ")
                options[name] = bool(value)
    return options


def _narrowed(text: str, width: int) -> str:
    """A help text wrapped to `width` columns, as Click does it: headings and examples stay as they are."""
    blocks = (_narrowed_block(block.split("\n"), width) for block in text.rstrip("\n").split("\n\n"))
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def _narrowed_block(lines: list[str], width: int) -> list[str]:
    heading = lines[0]
    if heading == _UNWRAPPED:
        return lines
    if heading.startswith("Usage:"):
        return _usage(heading, width)
    if heading.endswith(":") and not heading.startswith(" "):
        return [heading, *_definitions(lines[1:], width)]
    indent = " " * (len(heading) - len(heading.lstrip()))
    return _wrapped(_joined(lines), width, indent, indent) if indent else lines


def _usage(line: str, width: int) -> list[str]:
    """The usage line; its arguments stand on a line of their own when the command leaves less than 20 columns for them."""
    command, _, arguments = line.partition(" [")
    command, arguments = f"{command} ", f"[{arguments}"
    if width >= len(command) + _LEAST_ARGUMENTS:
        return _wrapped(arguments, width, command, " " * len(command))
    indent = " " * _ARGUMENTS_INDENT
    return [command, *_wrapped(arguments, width, indent, indent)]


def _definitions(lines: list[str], width: int) -> list[str]:
    """A list of terms and their explanations; all explanations begin in one column."""
    entries: list[tuple[str, list[str]]] = []
    column = 0
    for line in lines:
        if line.startswith(" " * (_INDENT + 1)):
            entries[-1][1].append(line)
            column = len(line) - len(line.lstrip())
        else:
            term, _, explanation = line[_INDENT:].partition("  ")
            entries.append((term, [explanation] if explanation else []))
            if explanation:
                column = len(line) - len(explanation.lstrip())
    narrowed = []
    for term, parts in entries:
        text = _wrapped(_joined(parts), max(width - column, _LEAST_TEXT), "", "")
        beside = _INDENT + len(term) + _GAP <= column
        first = f"{' ' * _INDENT}{term}"
        narrowed += [f"{first:<{column}}{text[0]}"] if beside else [first, " " * column + text[0]]
        narrowed += [" " * column + line for line in text[1:]]
    return narrowed


def _joined(lines: Sequence[str]) -> str:
    """The lines of a paragraph as one. A word that was parted at its hyphen is one word again."""
    text = ""
    for line in lines:
        parted = text.endswith("-") and not text.endswith(" -")
        text += line.strip() if parted or not text else f" {line.strip()}"
    return text


def _wrapped(text: str, width: int, first: str, following: str) -> list[str]:
    import textwrap  # an answer that needs no wrapping is faster without it

    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=following)
