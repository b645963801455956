"""The command that imports the files of an export."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from provenance.transfer.neo4j_import.tables import Table

_MEBIBYTE = 1 << 20
_BUFFER = 4 * _MEBIBYTE
"""What the import reads with unless told otherwise; its values must fit."""
_WIDEST = 4
"""Bytes of a character."""


def words(tables: Iterable[Table], database: str) -> list[str]:
    """The command, word by word, to be run in the folder of the files.

    The database comes before the files, of which an option takes any number; files that are named without a folder are
    not found by Neo4j 2026.09; naming those whose fields have newlines leaves the others to be read in parallel.
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
    """The command as it is pasted into a shell."""
    return f"cd {shlex.quote(folder)} && " + shlex.join(command)


def script(command: Iterable[str]) -> str:
    """The command as a script that lies beside the files and hands on what it is given."""
    first, *options = list(command)[4:]
    rest = " \\\n    ".join(map(shlex.quote, options))
    return (
        "#!/bin/sh\n"
        "# Imports the files beside it; run it where the server is, while that is stopped and as its user. Options are\n"
        "# handed on: --overwrite-destination replaces a database that is there.\n"
        'cd "$(dirname "$0")" || exit\n'
        f'exec neo4j-admin database import full {shlex.quote(first)} "$@" \\\n    {rest}\n'
    )
