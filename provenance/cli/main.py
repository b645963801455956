"""The one way in and out of the command line: what is typed goes in, an exit code of the contract comes out."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from ingest.pyauparse.errors import AuditInputError
from provenance.cli import (
    alert,
    backtrack,
    bulk_load,
    copy,
    demo,
    evidence,
    find,
    forward,
    ingest,
    prune,
    serve,
    show,
    stats,
    token,
)
from provenance.cli.output import complain
from provenance.cli.parser import Parser
from provenance.errors import ProvenanceError

DONE, NOTHING, WRONG, INTERRUPTED = 0, 1, 2, 130

_COMMANDS = (ingest, alert, backtrack, forward, find, show, evidence, stats, copy, bulk_load, prune, serve, token, demo)


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
    parser.add_argument("--version", action="version", version=f"provenance {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    for command in _COMMANDS:
        command.add(commands)
    try:
        options = parser.parse_args(argv)
    except SystemExit as end:  # argparse leaves so after --help and --version
        return end.code if isinstance(end.code, int) else DONE
    result: int = options.run(options)
    return result


def _version() -> str:
    try:
        return version("provenance-graph")
    except PackageNotFoundError:
        return "(not installed)"


def _open_output() -> None:
    """Whoever closed an output wants nothing of it (`>&-`): Python then has no stream there at all."""
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def _forget_output() -> None:
    """Nobody reads standard output any more: the interpreter must not try to flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
