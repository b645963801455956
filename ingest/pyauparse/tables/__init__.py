"""Tables of names and numbers, read from data files. `script/make_tables.py` writes both files; `sources()` names the packages
they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pkgutil import get_data
from typing import Any


def _text(name: str) -> str:
    """The content of the data file `name`. pkgutil, because importlib.resources takes ten times as long to import."""
    content = get_data(__name__, name)
    assert content is not None, "only a package without a loader has no data; a missing file is an OSError"
    return content.decode("utf-8")


@cache
def _constants() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_text("constants.json"))
    return content


def sources() -> str:
    """The packages, with versions, that the tables were made from."""
    return str(_constants()["sources"])


@cache
def names(table: str) -> Mapping[int, str]:
    """Number -> name, in the order in which sets of flags are written. KeyError when there is no such table."""
    return {int(number): name for number, name in _constants()[table].items()}


@cache
def architectures() -> Mapping[str, str]:
    """`arch=` as the kernel prints it (AUDIT_ARCH_* of linux/audit.h, hexadecimal) -> name in lower case."""
    return dict(_constants()["arch"])


@cache
def libaudit_calls(architecture: str) -> Mapping[int, str]:
    """Number -> name of the system calls that the audit user space names differently from the kernel's headers."""
    return {int(number): name for number, name in _constants()["libaudit_call"].get(architecture, {}).items()}


@cache
def tty_keys() -> tuple[tuple[bytes, str], ...]:
    """(bytes that a terminal sends, name of the key); the first match wins."""
    return tuple((bytes.fromhex(sequence), name) for sequence, name in _constants()["tty_key"])


@cache
def calls() -> Mapping[str, Mapping[str, int]]:
    """Architecture -> name -> number of every system call."""
    lines = _text("syscalls.tsv").split("\n")
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    head = rows.pop(0)
    return {
        architecture: {row[0]: int(row[column]) for row in rows if row[column]}
        for column, architecture in enumerate(head[1:], start=1)
    }
