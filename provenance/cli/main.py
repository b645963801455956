"""Entry point of the command line: takes the words that the user typed, runs one command, returns its exit code
(docs/interface.md#exit-codes)."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from provenance.cli.output import ENCODING_ERRORS, print_error
from provenance.cli.overview import COMMANDS, HELP_OPTIONS, help_text, unknown_command, version_text
from provenance.cli.stored_help import command_help, unknown_option
from provenance.errors import ProvenanceError, UsageError

DONE, WRONG_USE, INTERRUPTED = 0, 2, 130
COMPLETION = "_PROVENANCE_COMPLETE"
"""The environment variable through which a shell requests completions (docs/usage.md#help-and-completion)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (without the program's name) and returns its exit code: 0 done, 1 nothing found,
    2 wrong use or unreadable input, 3 the store cannot be reached, 130 interrupted."""
    _open_output()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ENCODING_ERRORS)
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return DONE
    except ProvenanceError as error:
        print_error(str(error))
        return error.exit_code
    except OSError as error:
        print_error(f"{error.filename or 'output'}: {(error.strerror or str(error)).lower()}")
        _forget_output()
        return WRONG_USE
    except KeyboardInterrupt:
        print_error("interrupted")
        return INTERRUPTED
    return code


def _run(words: list[str]) -> int:
    if COMPLETION in os.environ:
        from provenance.cli.program import complete

        return complete(COMPLETION, os.environ[COMPLETION])
    first = words[0] if words else None
    if first in HELP_OPTIONS:
        sys.stdout.write(help_text())
    elif first == "--version":
        sys.stdout.write(version_text())
    elif first is None:
        raise UsageError("no command given (see `provenance --help`; `provenance demo` shows an example)")
    elif first not in COMMANDS:
        raise UsageError(unknown_command(first))
    elif (text := command_help(words)) is not None:
        sys.stdout.write(text)
    elif (error := unknown_option(words)) is not None:
        raise UsageError(error)
    else:
        from provenance.cli.program import run

        return run(words)
    return DONE


def _open_output() -> None:
    """Opens /dev/null for an output that the caller has closed (`>&-`): Python has no stream there at all."""
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def _forget_output() -> None:
    """Points standard output at /dev/null: its reader is gone, and the interpreter would fail to flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
