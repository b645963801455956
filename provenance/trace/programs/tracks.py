"""Tracks: logs and histories, whose deletion or rewriting hides what was done. A story names those that were changed by hand
before other files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from provenance.ingest.facts import FlowKind
from provenance.store.interface import Node
from provenance.text.labels import is_interpreter, label
from provenance.trace.result import TraceEdge

_FOLDER, _HISTORY = "/var/log/", "_history"
_LOGS = re.compile(rf"{_FOLDER}.*|(/var)?/run/utmp|.*/\.[A-Za-z]+{_HISTORY}", re.DOTALL)
_CHANGES = frozenset((FlowKind.DELETED, FlowKind.RENAMED, FlowKind.WROTE))


def is_log(path: str) -> bool:
    """Whether a file of this path is a log of the system or the history of a shell."""
    return _LOGS.fullmatch(path) is not None


def covers_tracks(edge: TraceEdge, process: Node, logs: Sequence[str]) -> bool:
    """Whether an edge shows a change by hand of a file, whose paths that are logs are `logs`: by a shell or another interpreter,
    or by a program whose command line names the log or its folder. Services and logrotate write their logs too, and a shell
    its own history."""
    if edge.kind not in _CHANGES or not logs:
        return False
    if is_interpreter(process):
        return edge.kind is FlowKind.DELETED or not all(path.endswith(_HISTORY) for path in logs)
    words = {word.rstrip("/") for word in label(process).split(" ")[1:]}
    return any(not words.isdisjoint(_names(path)) for path in logs)


def _names(path: str) -> set[str]:
    """By what a command line can name a log: its path, its last part, and the folders above it, but those of all files."""
    parts = path.split("/")
    folders = {"/".join(parts[:depth]) for depth in range(3, len(parts))}
    return {path, parts[-1]} | (folders if path.startswith(_FOLDER) else set())
