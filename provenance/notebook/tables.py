"""A trace as pandas tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.notebook.extra import library
from provenance.notebook.rows import edge_rows, node_rows
from provenance.trace.result import Trace

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]

_FRONT = ("first", "last", "kind", "source_label", "target_label", "count", "confidence")


def edges(trace: Trace) -> pandas.DataFrame:
    """The edges of a trace, one row for each in order of time, with the ids and labels of both ends. Raises UsageError when
    pandas is not installed."""
    labels = {row["id"]: row["label"] for row in node_rows(trace)}
    rows = [
        row | {"source_label": labels[row["source"]], "target_label": labels[row["target"]]} for row in edge_rows(trace)
    ]
    frame = library("pandas").DataFrame(rows)
    return frame[[*_FRONT, *(name for name in frame.columns if name not in _FRONT)]] if rows else frame


def nodes(trace: Trace) -> pandas.DataFrame:
    """The nodes of a trace, one row for each in order of the time when it is first recorded. Columns that do not apply to the
    kind of a node are empty. Raises UsageError when pandas is not installed."""
    return library("pandas").DataFrame(list(node_rows(trace)))
