"""The argument parser of every command, and the options that several commands share (docs/interface.md)."""

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

Value = TypeVar("Value")
Commands = Any
"""What `add_subparsers` returns; argparse does not name its type."""


class Parser(argparse.ArgumentParser):
    """An argument parser that accepts no abbreviated options and raises UsageError instead of ending the process."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False} | options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see `{self.prog} --help`)")


def argument(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """`parse` as a `type=` of argparse: a UsageError becomes an ArgumentTypeError, so that argparse names the option in
    the message."""

    def convert(text: str) -> Value:
        try:
            return parse(text)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


def add_store(parser: Parser) -> None:
    """`--store` and `--credentials`."""
    parser.add_argument(
        "--store",
        metavar="STORE",
        default=os.environ.get(STORE_VARIABLE) or DEFAULT_STORE,
        help="store to use: the path of an SQLite file, or the URI of a Neo4j server; default: the environment variable "
        f"{STORE_VARIABLE}, else {DEFAULT_STORE}",
    )
    add_credentials(parser)


def add_credentials(parser: Parser) -> None:
    """`--credentials`: names a file, because every user of a machine can read another process's command line."""
    parser.add_argument(
        "--credentials",
        type=Path,
        metavar="FILE",
        help="file with the Neo4j user on the first line and the password on the second; default: the environment "
        "variables PROVENANCE_NEO4J_USER and PROVENANCE_NEO4J_PASSWORD",
    )


def add_format(parser: Parser, formats: tuple[str, ...] = ("text", "json")) -> None:
    """`--format` and `--timezone`."""
    parser.add_argument("--format", choices=formats, default="text", help="output format; default: text")
    parser.add_argument(
        "--timezone",
        type=argument(parse_zone),
        default=Zone(),
        metavar="NAME",
        help="time zone of the times in text output, for example Europe/Zurich; default: UTC. Other formats use UTC",
    )


def positive(text: str) -> int:
    """A whole number above zero, written in ASCII digits only: `int` would accept `7_184`, spaces and other digits."""
    number = int(text) if _DIGITS.fullmatch(text) else 0
    if number < 1:
        raise UsageError(f"invalid number {text!r}: expected a whole number above zero")
    return number


def process_id(text: str) -> int:
    """A process id: a positive `pid_t`."""
    number = positive(text)
    if number > _LARGEST_PID:
        raise UsageError(f"invalid process id {text!r}: the largest is {_LARGEST_PID}")
    return number
