"""Commands and their options as this program declares them to Click, and the options that several commands share
(docs/interface.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
from click.shell_completion import CompletionItem

from provenance.cli.overview import HELP_OPTIONS, WIDTH
from provenance.cli.times import parse_zone, read_time
from provenance.errors import UsageError
from provenance.text.times import Zone
from provenance.trace.slice.budget import MOST_STEPS

STORE_VARIABLE = "PROVENANCE_STORE"
DEFAULT_STORE = "./provenance.db"
_LARGEST = 0x7FFF_FFFF
"""The largest number of an option, which is also the largest `pid_t`."""
_SHOWN = 40
_LONGEST_NAME = 255
_DIGITS = re.compile(r"[0-9]{1,100}")

Options = SimpleNamespace
"""The values of a command's options and arguments, by their names."""


class Parsed(click.ParamType[Any]):
    """A value that `parse` reads from text. `complete` is what a shell may complete it with: `file` or `dir`."""

    def __init__(self, name: str, parse: Callable[[str], Any], complete: str | None = None) -> None:
        self.name = name
        self._parse = parse
        self._complete = complete

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value of a text; a default that is no text stays as it is."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """An item that makes the shell complete file names, where they fit."""
        return [] if self._complete is None else [CompletionItem(incomplete, type=self._complete)]


FILE = Parsed("file", Path, "file")
FOLDER = Parsed("folder", Path, "dir")
STORE = Parsed("store", str, "file")
"""A store's path or URI, as text."""
PATH = Parsed("path", str, "file")
"""A path as text, because it may also be `-` or a glob pattern."""


class Option(click.Option):
    """An option that stands under `heading` in the help."""

    def __init__(self, *names: str, heading: str = "Options", **settings: Any) -> None:
        super().__init__(names, **settings)
        self.heading = heading


class Argument(click.Argument):
    """A word without an option before it."""

    def __init__(self, name: str, metavar: str, help: str, **settings: Any) -> None:
        super().__init__([name], metavar=metavar, help=help, **settings)


SETTINGS = {"help_option_names": [*HELP_OPTIONS], "max_content_width": WIDTH}
"""Settings of every command and group."""


class _OwnHelp(click.Command):
    """A command whose `--help` is explained in the style of its other options."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option `--help`."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "show this help and exit"
        return option


def _write_examples(formatter: click.HelpFormatter, examples: Iterable[str]) -> None:
    """Writes examples, each on a line of its own so that it can be copied."""
    with formatter.section("Examples"):
        for example in examples:
            formatter.write(f"  {example}\n")


class Command(_OwnHelp):
    """A command: `run` takes its options and returns the exit code. `examples` end its help."""

    def __init__(
        self,
        name: str,
        run: Callable[[Options], int],
        help: str,
        parameters: Iterable[click.Parameter],
        examples: Sequence[str],
    ) -> None:
        super().__init__(
            name,
            callback=lambda **values: run(Options(**values)),
            help=help,
            params=list(parameters),
            context_settings=SETTINGS,
            add_help_option=True,
        )
        self.examples = tuple(examples)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options under their headings."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = None if isinstance(parameter, click.Argument) else parameter.get_help_record(ctx)
            if record is not None:
                sections.setdefault(getattr(parameter, "heading", "Options"), []).append(record)
        for heading, records in sections.items():
            with formatter.section(heading):
                formatter.write_dl(records, col_max=28)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the examples."""
        _write_examples(formatter, self.examples)


class Group(_OwnHelp, click.Group):
    """A command that is a group of actions, such as `token create`."""

    def __init__(self, name: str, help: str, commands: Sequence[Command]) -> None:
        self.examples = tuple(command.examples[0] for command in commands)
        super().__init__(
            name,
            help=help,
            commands=commands,
            context_settings=SETTINGS,
            no_args_is_help=False,
            subcommand_metavar="ACTION [OPTIONS]...",
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the actions, in the order in which they were declared."""
        return list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes one example of each action, and where the options of an action are explained."""
        _write_examples(formatter, self.examples)
        formatter.write(f"\n`{ctx.command_path} ACTION --help` explains the options of an action.\n")


def store_options() -> list[click.Parameter]:
    """`--store` and `--credentials`."""
    return [
        Option(
            "--store",
            type=STORE,
            metavar="STORE",
            envvar=STORE_VARIABLE,
            default=DEFAULT_STORE,
            help="store to use: the path of an SQLite file, or the URI of a Neo4j server; default: the environment variable "
            f"{STORE_VARIABLE}, else {DEFAULT_STORE}",
        ),
        credentials_option(),
    ]


def credentials_option() -> click.Parameter:
    """`--credentials`: names a file, because every user of a machine can read another process's command line."""
    return Option(
        "--credentials",
        type=FILE,
        metavar="FILE",
        help="file with the Neo4j user on the first line and the password on the second; default: the environment "
        "variables PROVENANCE_NEO4J_USER and PROVENANCE_NEO4J_PASSWORD",
    )


def format_option(formats: Sequence[str] = ("text", "json")) -> click.Parameter:
    """`--format`."""
    return Option("--format", type=click.Choice(formats), default="text", help="output format; default: text")


def timezone_option(
    what: str = "printed times (formats other than text print UTC) and of TIME options that name none",
) -> click.Parameter:
    """`--timezone`."""
    return Option(
        "--timezone",
        type=Parsed("timezone", parse_zone),
        default=Zone(),
        metavar="NAME",
        help=f"time zone of {what}, for example Europe/Zurich, or `local` for that of this machine; default: UTC",
    )


def wide_option() -> click.Parameter:
    """`--wide`."""
    return Option("--wide", is_flag=True, help="do not wrap the lines of text output")


def output_options(formats: Sequence[str] = ("text", "json")) -> list[click.Parameter]:
    """`--format`, `--timezone` and `--wide`."""
    return [format_option(formats), timezone_option(), wide_option()]


def steps_option() -> click.Parameter:
    """`--steps`."""
    return Option(
        "--steps",
        type=Parsed("steps", _steps),
        metavar="N|all",
        default=str(MOST_STEPS),
        help="largest number of steps of the attack chain; `all` shows every step, and the programs that each login session"
        f" started. Text output shows the steps that fit on one screen, except with `all`. Default: {MOST_STEPS}",
    )


def _steps(text: str) -> int | None:
    """A largest number of steps; None for all."""
    return None if text == "all" else positive(text)


def positive(text: str) -> int:
    """A whole number from 1 to `_LARGEST`, written in ASCII digits only: `int` would accept `7_184`, spaces and other digits."""
    number = int(text) if _DIGITS.fullmatch(text) else 0
    if number < 1:
        raise UsageError(f"invalid number '{text}': expected a whole number above zero")
    if number > _LARGEST:
        raise UsageError(f"invalid number '{text[:_SHOWN]}': the largest is {_LARGEST}")
    return number


def host_name(text: str) -> str:
    """The name of a host, for lines that name none and for hosts that no log names."""
    if not text.strip() or len(text) > _LONGEST_NAME or not text.isprintable():
        raise UsageError(f"invalid host name '{text[:_SHOWN]}': expected 1 to {_LONGEST_NAME} printable characters")
    return text


def some_text(text: str) -> str:
    """A text that is not empty: that of a variable which is not set would select nothing, or everything."""
    if not text:
        raise UsageError("it is empty")
    return text


COUNT = Parsed("number", positive)
HOST = Parsed("host", host_name)
TIME = Parsed("time", read_time)
