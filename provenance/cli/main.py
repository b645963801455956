"""The one way in and out of the command line: what is typed goes in, an exit code (docs/interface.md#exit-codes) comes out."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from provenance.cli.output import complain
from provenance.cli.parser import Parser
from provenance.errors import ProvenanceError
from provenance.ingest.pyauparse.errors import AuditInputError

DONE, NOTHING, WRONG, INTERRUPTED = 0, 1, 2, 130

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
    "serve",
    "token",
    "demo",
)
"""Each is a module beside this one. Only the one that was asked for is loaded: all together take longer than some need."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line (without the program's name) and returns its exit code: 0 done, 1 nothing found, 2 wrong use
    or unreadable input, 3 the store cannot be reached, 130 interrupted."""
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
        complain(str(error))
        return error.exit_code if isinstance(error, ProvenanceError) else WRONG
    except OSError as error:
        complain(f"{error.filename or 'output'}: {(error.strerror or str(error)).lower()}")
        _forget_output()
        return WRONG
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    return code


def _run(argv: Sequence[str] | None) -> int:
    parser = Parser(prog="provenance", description="How did they get in, what did they do, how far did they get.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the program's version and leave")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    for name in _wanted(sys.argv[1:] if argv is None else argv):
        import_module(f"provenance.cli.{name.replace('-', '_')}").add(commands)
    try:
        options = parser.parse_args(argv)
    except SystemExit as end:  # argparse leaves so after --help and --version
        return end.code if isinstance(end.code, int) else DONE
    result: int = options.run(options)
    return result


def _wanted(words: Sequence[str]) -> Sequence[str]:
    """The command that a command line begins with, or all, of which one is to be told."""
    return words[:1] if words and words[0] in _COMMANDS else _COMMANDS


class _Version(argparse.Action):
    """argparse's own wants the text before anybody has asked, and looking it up takes a while."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("provenance-graph")
        except PackageNotFoundError:
            found = "(not installed)"
        sys.stdout.write(f"provenance {found}\n")
        parser.exit()


def _open_output() -> None:
    """Whoever closed an output wants nothing of it (`>&-`): Python then has no stream there at all."""
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def _forget_output() -> None:
    """Nobody reads standard output any more: the interpreter must not try to flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
