"""From the version of a checkpoint to the current one: the one place that knows them all.

A migration takes the tables of its version as plain dictionaries (`{table: {column: [values]}}`, beside `texts` and what else
`schema.Content` has) and returns those of the next version; it may change what it is given. A version without one cannot be
carried over: what the rules of then and now derive does not fit together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import DecodeError, ValidationError, convert, msgpack

from ..state.unrecorded_calls import ALL_RECORDED
from . import envelope
from .decoding import decode
from .errors import CheckpointError, damaged
from .schema import VERSION, Content

Tables = dict[str, Any]
Migration = Callable[[Tables], Tables]

_PICKLED = 5


def _from_6(tables: Tables) -> Tables:
    """Sessions remember the process that began them, and what runs in another's name."""
    tables["host"] |= {"logins": [0], "elevated": [0]}
    return tables | {"logins": {"ses": [], "image": [], "evidence": []}, "elevated": {"pid": [], "image": []}}


def _from_7(tables: Tables) -> Tables:
    """The last missing serials are remembered."""
    tables["host"] |= {"lowest_serial": [0], "missing": [0]}
    return tables | {"missing": {"first": [], "last": []}}


def _from_8(tables: Tables) -> Tables:
    """Threads have numbers of their own."""
    tables["host"] |= {"threads": [0]}
    return tables | {"threads": {"number": [], "pid": []}}


def _from_9(tables: Tables) -> Tables:
    """Accepted connections know whether a child went on with them."""
    tables["descriptions"]["passed_on"] = [False] * len(tables["descriptions"]["first"])
    return tables


def _from_10(tables: Tables) -> Tables:
    """The first events of boots and the daemon's records are remembered: none of those before."""
    stamps: Tables = {"ms": [], "serial": []}
    tables["host"] |= {"boots": [0], "daemon_records": [0]}
    return tables | {"boots": stamps, "daemon_records": {name: [*values] for name, values in stamps.items()}}


def _from_11(tables: Tables) -> Tables:
    """Whether the kernel writes numbers of threads: not known."""
    tables["host"] |= {"thread_numbers": [0]}
    return tables


def _from_12(tables: Tables) -> Tables:
    """Accepted connections remember the commands that were requested: none of those before."""
    tables["descriptions"]["requests"] = [None] * len(tables["descriptions"]["first"])
    return tables | {"requests": {"command": []}}


def _from_13(tables: Tables) -> Tables:
    """Whether the log ever recorded each kind of calls is remembered: of logs before, it counts as recorded."""
    tables["host"] |= {"recorded_kinds": [ALL_RECORDED]}
    return tables


def _from_14(tables: Tables) -> Tables:
    """Processes remember the accounts they had: only the last one of those before."""
    tables["images"]["accounts"] = [None] * len(tables["images"]["pid"])
    return tables | {"accounts": {"since": [], "uid": [], "euid": [], "auid": [], "user": []}}


def _from_15(tables: Tables) -> Tables:
    """Names of accounts are remembered: none of those before."""
    tables["host"] |= {"account_names": [0]}
    return tables | {"account_names": {"uid": [], "name": []}}


MIGRATIONS: Mapping[int, Migration] = {
    6: _from_6,
    7: _from_7,
    8: _from_8,
    9: _from_9,
    10: _from_10,
    11: _from_11,
    12: _from_12,
    13: _from_13,
    14: _from_14,
    15: _from_15,
}
"""By the version that each leads from, to the one after it. Version 5 was a pickle: `version_5` reads it as the current one."""
_WHAT_MIGRATIONS_RAISE = (LookupError, TypeError, ValueError, AttributeError, OverflowError)
"""Migrations come before the schema's check, so damaged tables reach them."""


def current(saved: bytes) -> tuple[Content, bytes]:
    """The content of a checkpoint of any version that can be carried over, as of this one, and the raw lines that it holds.
    Raises CheckpointError."""
    found = envelope.version_of(saved)
    if found == VERSION:
        return decode(envelope.content_of(saved)), envelope.held_by(saved)
    if found == _PICKLED:
        from . import version_5  # Stores of former releases only: its tables take a while to build.

        return version_5.read(envelope.unpack(envelope.body_of(saved)))
    if found > VERSION:
        raise CheckpointError(
            f"its state was saved by a newer version of this program (checkpoint {found}; this one knows {VERSION})"
        )
    if found not in MIGRATIONS:
        raise CheckpointError(f"its state has checkpoint version {found}, from which version {VERSION} cannot continue")
    return migrate(_tables(envelope.content_of(saved)), found, MIGRATIONS), envelope.held_by(saved)


def held_by(saved: bytes) -> bytes:
    """The raw lines that a checkpoint of any version with the outer form of today holds. Raises CheckpointError."""
    if envelope.version_of(saved) < envelope.FIRST:
        return current(saved)[1]
    return envelope.held_by(saved)


def migrate(tables: Tables, found: int, migrations: Mapping[int, Migration], goal: int = VERSION) -> Content:
    """Carry tables of version `found` over to `goal`, step by step. Raises CheckpointError."""
    try:
        for version in range(found, goal):
            tables = migrations[version](tables)
        return convert(tables, Content)
    except ValidationError as error:
        raise damaged(error) from error
    except _WHAT_MIGRATIONS_RAISE as error:
        raise damaged(error) from error


def _tables(encoded: bytes) -> Tables:
    try:
        return msgpack.decode(encoded, type=dict[str, Any])
    except (DecodeError, RecursionError) as error:
        raise damaged(error) from error
