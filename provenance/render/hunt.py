"""The rows of a hunt, and the list of hunts, as text, JSON and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from provenance.ingest.clock import at_ms, rfc3339
from provenance.render.as_csv import csv_cell
from provenance.render.lines import COMMAND, HEADING, QUIET, Line, Span
from provenance.store.hunts import LEAST, MOST, Column, Hunt, HuntResult
from provenance.text.escape import visible, width
from provenance.text.times import Zone

FORMAT, LIST_FORMAT = "provenance-hunt/1", "provenance-hunts/1"
STORES = {"sql": "SQLite", "cypher": "Neo4j"}
"""The stores that run a dialect."""
_WIDEST = 40
"""The widest column that is padded; longer values push the rest of their line to the right."""
_INDENT = 4


def stores_of(hunt: Hunt) -> list[str]:
    """The stores that a hunt runs on."""
    return [store for dialect, store in STORES.items() if dialect in hunt.dialects]


def printed(column: Column, value: Any) -> str | None:
    """A value for other programs as text: times as RFC 3339, lists as JSON; None for no value."""
    if value is None:
        return None
    if column.type == "time":
        return rfc3339(value)
    if column.type == "list":
        return json.dumps(value)
    if column.type == "flag":
        return "true" if value else "false"
    return str(value)


def hunt_json(hunt: Hunt) -> dict[str, Any]:
    """A hunt as JSON."""
    return {
        "name": hunt.name,
        "title": hunt.title,
        "parameters": [
            {"name": name, "default": default, "least": LEAST, "most": MOST}
            for name, default in hunt.parameters.items()
        ],
        "columns": [column._asdict() for column in hunt.columns],
        "stores": stores_of(hunt),
    }


def found_json(found: HuntResult) -> dict[str, Any]:
    """The rows of a hunt as JSON: an object for each, with the columns as keys."""
    columns = found.hunt.columns
    rows = [
        {column.name: rfc3339(value) if column.type == "time" and value is not None else value
         for column, value in zip(columns, row, strict=True)}
        for row in found.rows
    ]  # fmt: skip
    return {"format": FORMAT, "hunt": hunt_json(found.hunt), "rows": rows, "more": found.more}


def write_csv(found: HuntResult, out: TextIO) -> None:
    """Writes a heading and a line for each row. A text that a spreadsheet would take for a formula gets a leading `'`."""
    columns = found.hunt.columns
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(column.name for column in columns)
    for row in found.rows:
        lines.writerow(csv_cell(printed(column, value) or "") for column, value in zip(columns, row, strict=True))


def hunt_lines(all_hunts: Iterable[Hunt]) -> Iterator[Line]:
    """A line for each hunt, and one for its parameters and the stores that it runs on."""
    for hunt in all_hunts:
        yield (Span(f"{hunt.name:<26}", COMMAND), Span(hunt.title, hang=True))
        parameters = ", ".join(f"{name}={default}" for name, default in hunt.parameters.items())
        details = ", ".join(stores_of(hunt)) + (f"; --set {parameters}" if parameters else "")
        yield (Span(f"{'':26}"), Span(details, QUIET, hang=True))


def found_lines(found: HuntResult, zone: Zone) -> Iterator[Line]:
    """The rows as a table with a heading. The further lines of a wrapped row are indented."""
    columns = found.hunt.columns
    table = [[_shown(column, value, zone) for column, value in zip(columns, row, strict=True)] for row in found.rows]
    widths = [
        min(_WIDEST, max([len(column.name), *(width(row[number]) for row in table)]))
        for number, column in enumerate(columns)
    ]
    if table:
        yield _row(_padded([column.name for column in columns], widths), HEADING)
    for row in table:
        yield _row(_padded(row, widths))


def _row(text: str, style: str = "") -> Line:
    return Span(text[:_INDENT], style), Span(text[_INDENT:], style, hang=True)


def _shown(column: Column, value: Any, zone: Zone) -> str:
    if value is None:
        return "-"
    if column.type == "time":
        return zone.stamp(at_ms(value))
    if column.type == "list":
        return ", ".join(visible(str(item)) for item in value)
    if column.type == "flag":
        return "yes" if value else "no"
    return visible(f"{value:g}" if column.type == "number" else str(value))


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Cells side by side, each but the last one padded to its column's width."""
    return "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(cells, (*widths[:-1], 0), strict=True))
