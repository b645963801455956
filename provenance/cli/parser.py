"""What every command's parser shares: the options that all have (docs/interface.md), and one line for what is wrong."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from provenance.cli.times import parse_zone
from provenance.errors import UsageError
from provenance.text.times import Zone

STORE_VARIABLE = "PROVENANCE_STORE"
DEFAULT_STORE = "./provenance.db"
_LARGEST_PID = 0x7FFF_FFFF
_DIGITS = re.compile(r"[0-9]{1,100}")

T = TypeVar("T")
Commands = Any
"""What `add_subparsers` returns; argparse does not name its type."""


class Parser(argparse.ArgumentParser):
    """An argument parser that takes no shortened options and raises UsageError instead of ending the process."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False} | options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (`{self.prog} --help` tells more)")


def typed(parse: Callable[[str], T]) -> Callable[[str], T]:
    """A parser of ours as argparse wants it, which takes the name of the option for its message only from its own
    error type."""

    def take(text: str) -> T:
        try:
            return parse(text)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return take


def add_store(parser: Parser) -> None:
    """`--store` and `--credentials`."""
    parser.add_argument(
        "--store",
        metavar="STORE",
        default=os.environ.get(STORE_VARIABLE) or DEFAULT_STORE,
        help="path of an embedded store, or URI of a Neo4j server; default: the environment variable "
        f"{STORE_VARIABLE}, else {DEFAULT_STORE}",
    )
    add_credentials(parser)


def add_credentials(parser: Parser) -> None:
    """`--credentials`: never the password itself, which every user of a machine could read off the command line."""
    parser.add_argument(
        "--credentials",
        type=Path,
        metavar="FILE",
        help="file with user and password for a server, a line each; default: PROVENANCE_NEO4J_USER and "
        "PROVENANCE_NEO4J_PASSWORD",
    )


def add_format(parser: Parser, formats: tuple[str, ...] = ("text", "json")) -> None:
    """`--format` and `--timezone`."""
    parser.add_argument("--format", choices=formats, default="text", help="what to print; default: text")
    parser.add_argument(
        "--timezone",
        type=typed(parse_zone),
        default=Zone(),
        metavar="NAME",
        help="time zone of printed times, as Europe/Zurich; default: UTC. JSON and CSV keep UTC",
    )


def positive(text: str) -> int:
    """A whole number above zero, in digits alone: `int` would take `7_184`, spaces and the digits of other scripts."""
    number = int(text) if _DIGITS.fullmatch(text) else 0
    if number < 1:
        raise UsageError(f"{text!r} is no whole number above zero")
    return number


def process_id(text: str) -> int:
    """A process id: a positive `pid_t`."""
    number = positive(text)
    if number > _LARGEST_PID:
        raise UsageError(f"{text!r} is no process id: the largest is {_LARGEST_PID}")
    return number
