"""Alerts as stores held them before documents of kind `alert` became their only home: what each becomes.

Frozen: these are the documents that `provenance.alerts.record` reads, as the first version that moved alerts wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from provenance.errors import UsageError
from provenance.store.documents import Document, check

KIND = "alert"
INDEX = ("alert-hash-index", "made")
"""Kind and key of the mark that says that all alerts are indexed by hash: without it, that is done again."""
_QUEUED = -(1 << 62)
_STEP = 1 << 50
_SEVERITIES = ("critical", "high", "medium", "low")


class FormerAlert(NamedTuple):
    """An alert of a table or node of its own."""

    id: str
    source: str
    external_id: str
    title: str
    body: Mapping[str, Any]


def document(alert: FormerAlert, now_ms: int) -> Document:
    """The document of an alert that no service has seen: it waits in the queue, received at `now_ms`. One that a service has
    seen has its document already, under the same key."""
    severity = alert.body.get("severity")
    level = _SEVERITIES.index(severity if severity in _SEVERITIES else "medium")
    return Document(
        KIND,
        _key(alert.id),
        {
            "alert": {**alert._asdict(), "body": dict(alert.body)},
            "received": now_ms,
            "attempts": 0,
            "origin": "command",
        },
        "queued",
        _QUEUED + level * _STEP + now_ms,
    )


def _key(id: str) -> str:
    """The key of an alert's document: its id, unless somebody gave it one that no key can be."""
    try:
        check(id)
    except UsageError:
        from hashlib import blake2b  # hardly any store has such an id, and every command would load it

        return f"a{blake2b(id.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"
    return id
