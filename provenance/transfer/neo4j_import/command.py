"""The command that imports the files of an export."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from provenance.transfer.neo4j_import.tables import Table

_MEBIBYTE = 1 << 20
_BUFFER = 4 * _MEBIBYTE
"""The import's default read buffer; every value must fit in it."""
_WIDEST = 4
"""Bytes of a character."""


def words(tables: Iterable[Table], database: str) -> list[str]:
    """The command, word by word, to be run in the folder of the files.

    The database must come before the files, because an option takes any number of files. Neo4j 2026.09 does not find files
    that are named without a folder. Files whose fields have newlines are named, so that the others are read in parallel.
    """
    listed = sorted(tables, key=lambda table: (table.what.startswith("relationships"), table.name))
    command = ["neo4j-admin", "database", "import", "full", database, "--id-type=string", "--array-delimiter=U+001F"]
    need = _WIDEST * max(table.longest for table in listed)
    if need > _BUFFER:
        command.append(f"--read-buffer-size={need // _MEBIBYTE + 1}m")
    multiline = ",".join(f"./{table.name}.csv" for table in listed if table.multiline)
    if multiline:
        command += ["--multiline-fields-format=v2", f"--multiline-fields={multiline}"]
    return [*command, *(f"--{table.what}=./{table.name}-header.csv,./{table.name}.csv" for table in listed)]


def line(command: Iterable[str], folder: str) -> str:
    """The command as a line for a shell."""
    return f"cd {shlex.quote(folder)} && " + shlex.join(command)


def script(command: Iterable[str]) -> str:
    """The command as a script in the folder of the files, which passes its options on."""
    first, *options = list(command)[4:]
    rest = " \\\n    ".join(map(shlex.quote, options))
    return (
        "#!/bin/sh\n"
        "# Imports the files in this folder. Run it on the server, as the server's user, while the server is stopped.\n"
        "# Options are passed on: --overwrite-destination replaces an existing database.\n"
        'cd "$(dirname "$0")" || exit\n'
        f'exec neo4j-admin database import full {shlex.quote(first)} "$@" \\\n    {rest}\n'
    )
