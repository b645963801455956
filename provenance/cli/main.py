"""Entry point of the command line: takes the words that the user typed, runs one command, returns its exit code
(docs/interface.md#exit-codes)."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from provenance.cli.output import print_error
from provenance.cli.parser import Parser
from provenance.errors import ProvenanceError
from provenance.ingest.pyauparse.errors import AuditInputError

DONE, WRONG_USE, INTERRUPTED = 0, 2, 130

_COMMANDS = (
    "ingest",
    "alert",
    "backtrack",
    "forward",
    "find",
    "show",
    "evidence",
    "stats",
    "copy",
    "bulk-load",
    "prune",
    "rebuild",
    "serve",
    "token",
    "demo",
)
"""The commands, each a module beside this one. Only the requested command is imported: importing all of them takes
longer than some commands run."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (without the program's name) and returns its exit code: 0 done, 1 nothing found,
    2 wrong use or unreadable input, 3 the store cannot be reached, 130 interrupted."""
    _open_output()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return DONE
    except (ProvenanceError, AuditInputError) as error:
        print_error(str(error))
        return error.exit_code if isinstance(error, ProvenanceError) else WRONG_USE
    except OSError as error:
        print_error(f"{error.filename or 'output'}: {(error.strerror or str(error)).lower()}")
        _forget_output()
        return WRONG_USE
    except KeyboardInterrupt:
        print_error("interrupted")
        return INTERRUPTED
    return code


def _run(argv: Sequence[str] | None) -> int:
    parser = Parser(
        prog="provenance",
        description="Trace an attack through Linux audit logs: how the attackers got in, what they did, which hosts they"
        " reached.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the program's version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    for name in _requested(sys.argv[1:] if argv is None else argv):
        import_module(f"provenance.cli.{name.replace('-', '_')}").add(commands)
    try:
        options = parser.parse_args(argv)
    except SystemExit as end:  # argparse exits this way after --help and --version
        return end.code if isinstance(end.code, int) else DONE
    result: int = options.run(options)
    return result


def _requested(words: Sequence[str]) -> Sequence[str]:
    """The command that a command line begins with, or all commands, so that the help and the errors can list them."""
    return words[:1] if words and words[0] in _COMMANDS else _COMMANDS


class _Version(argparse.Action):
    """The `--version` option. argparse's own action needs the version at start-up; this one looks it up when requested."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("provenance-graph")
        except PackageNotFoundError:
            found = "(not installed)"
        sys.stdout.write(f"provenance {found}\n")
        parser.exit()


def _open_output() -> None:
    """Opens /dev/null for an output that the caller has closed (`>&-`): Python has no stream there at all."""
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def _forget_output() -> None:
    """Points standard output at /dev/null: its reader is gone, and the interpreter would fail to flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
