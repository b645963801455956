"""The program as Click sees it: a group that loads the module of a command when the command is requested.

After "Lazily Loading Subcommands" in Click's documentation (https://click.palletsprojects.com/en/stable/complex/).
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib import import_module

import click
from click.exceptions import Exit, NoSuchCommand, NoSuchOption
from click.shell_completion import shell_complete

from provenance.cli.overview import COMMANDS, HELP_OPTIONS, did_you_mean
from provenance.errors import UsageError

NAME = "provenance"


class Program(click.Group):
    """The group of all commands. A command's module has it as `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, from its module; None when there is none."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        found: click.Command = import_module(entry.module).command
        return found


PROGRAM = Program(NAME, context_settings={"help_option_names": [*HELP_OPTIONS]})


def run(words: Sequence[str]) -> int:
    """Runs the command that the first word names, one of `COMMANDS`, and returns its exit code. Raises UsageError for invalid
    words."""
    _load(words[0])
    try:
        with PROGRAM.make_context(NAME, list(words)) as context:
            code: int = PROGRAM.invoke(context)
            return code
    except Exit as end:  # Click ends this way after --help
        return end.exit_code
    except click.ClickException as error:
        raise UsageError(_message(error, f"{NAME} {words[0]}")) from error


def _load(name: str) -> None:
    """Loads the module of a command without garbage collection: loading makes many objects, all of which stay. They are
    exempt from later collections too."""
    gc.disable()
    try:
        import_module(COMMANDS[name].module)
    finally:
        gc.freeze()
        gc.enable()


def complete(variable: str, instruction: str) -> int:
    """Answers a shell: `instruction` is `bash_source` for the script to load, `bash_complete` for the completions of the
    words in the environment; in the same way for zsh and fish. Returns the exit code."""
    known = [f"{shell}_{step}" for shell in ("bash", "zsh", "fish") for step in ("source", "complete")]
    if instruction not in known:
        raise UsageError(f"invalid {variable}={instruction}: expected {', '.join(known[::2])}")
    code = shell_complete(PROGRAM, {}, NAME, variable, instruction)
    sys.stdout.flush()
    return code


def _message(error: click.ClickException, command: str) -> str:
    """The error of Click's as one line in our form. `command` is what the user called, for errors that do not say it."""
    text = error.format_message()
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, NoSuchOption):
        known = (
            []
            if context is None
            else [name for p in context.command.get_params(context) for name in p.opts if name.startswith("-")]
        )
        text = f"no such option '{error.option_name}'{did_you_mean(error.option_name, known)}"
    elif isinstance(error, NoSuchCommand) and context is not None and isinstance(context.command, click.Group):
        known = context.command.list_commands(context)
        text = f"no such action '{error.command_name}'{did_you_mean(error.command_name, known)}"
    line = " ".join(text.split()).rstrip(".")
    path = command if context is None else context.command_path
    return f"{line[:1].lower()}{line[1:]} (see `{path} --help`)"
