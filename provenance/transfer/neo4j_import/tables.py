"""Header-and-data CSV files as `neo4j-admin database import` reads them
(https://neo4j.com/docs/operations-manual/current/import/): an empty field without quotes is a missing value, one with
quotes is an empty text, and every text is restored exactly, with control characters and newlines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from provenance import private_files
from provenance.ingest.clock import ms_of, rfc3339

ARRAY_DELIMITER = "\x1f"
"""The delimiter of list items. It cannot be quoted, so a text that holds it cannot be in a list (`listable`)."""
_BYTES = tuple(str(byte - 256 if byte > 127 else byte) for byte in range(256))
_BUFFERED = 1 << 20


class Column(NamedTuple):
    """A column: a property and its type, or a role in the import as `:ID(SPACE)`."""

    name: str
    type: str = "string"

    @property
    def header(self) -> str:
        """The column's name in a header file."""
        return self.name if self.name.startswith(":") else f"{self.name}:{self.type}"


def quoted(text: Any) -> str:
    """A text as a field."""
    return '"' + str(text).replace('"', '""') + '"'


def listable(texts: Sequence[str]) -> bool:
    """Whether a list of texts can be a field: an empty list and a list of one empty text would look the same."""
    return len(texts) > 0 and list(texts) != [""] and not any(ARRAY_DELIMITER in text for text in texts)


_FORMS: Mapping[str, Callable[[Any], str]] = {
    "string": quoted,
    "long": str,
    "boolean": lambda value: "true" if value else "false",
    "byte[]": lambda value: ARRAY_DELIMITER.join([_BYTES[byte] for byte in value]),
    "string[]": lambda value: quoted(ARRAY_DELIMITER.join(value)),
    "datetime": lambda moment: rfc3339(ms_of(moment)),
}
"""How to write a value of each type as a field; a datetime is given as a moment."""


class Table:
    """One file of data and its header. `what` is the import's option for it: `nodes=LABELS` or `relationships=TYPE`;
    columns in `fixed` hold the same text in every row."""

    def __init__(
        self, folder: Path, name: str, what: str, columns: Iterable[Column], fixed: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.what = name, what
        self.rows = self.longest = 0
        self.multiline = False
        columns = list(columns)
        same = fixed or {}
        self._fields = [
            (column.name, _FORMS[column.type], quoted(same[column.name]) if column.name in same else "")
            for column in columns
        ]
        with open(folder / f"{name}-header.csv", "w", encoding="utf-8", opener=private_files.opener) as header:
            header.write(",".join(column.header for column in columns) + "\n")
        self._data = open(  # noqa: SIM115
            folder / f"{name}.csv", "w", _BUFFERED, "utf-8", newline="", opener=private_files.opener
        )

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row. Missing values and None become missing values, and so do empty bytes and lists."""
        line = ",".join(
            [same or (form(value) if (value := row.get(name)) is not None else "") for name, form, same in self._fields]
        )
        self._data.write(line + "\n")
        self.rows += 1
        self.longest = max(self.longest, len(line))
        self.multiline = self.multiline or "\n" in line or "\r" in line

    def close(self) -> None:
        """Flush and close the file."""
        self._data.close()


class Tables:
    """The files of an export, each created with its first row. Every node has the case as a property."""

    def __init__(self, folder: Path, case: str) -> None:
        self.folder = folder
        self._case = {"case": case}
        self._tables: dict[str, Table] = {}
        self._open = ExitStack()

    def nodes(self, labels: str, columns: Sequence[Column]) -> Table:
        """The file of nodes with these labels, joined by colons."""
        name = "node-" + labels.rpartition(":")[2].lower()
        return self._tables.get(name) or self._make(name, f"nodes={labels}", (Column("case"), *columns))

    def runs(self, type: str, columns: Sequence[Column], cased: bool = False) -> Table:
        """The file of relationships of a type; `cased` ones carry the case, too."""
        name = "run-" + type.lower()
        known = self._tables.get(name)
        return known or self._make(name, f"relationships={type}", (Column("case"), *columns) if cased else columns)

    def _make(self, name: str, what: str, columns: Iterable[Column]) -> Table:
        table = self._tables[name] = Table(self.folder, name, what, columns, self._case)
        self._open.callback(table.close)
        return table

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def close(self) -> None:
        """Close every file."""
        self._open.close()
