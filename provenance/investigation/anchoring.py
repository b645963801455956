"""The anchor of an alert as the service keeps and shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provenance.ingest.identity import format_id
from provenance.investigation.candidates import Candidate, candidates
from provenance.store.interface import Alert, Store
from provenance.text.escape import visible
from provenance.trace.anchor import Anchor
from provenance.trace.edges import edge_id

_AS_GOOD = 0.999


@dataclass(frozen=True, slots=True)
class Anchoring:
    """What an alert may speak of, best first, and its own time (ms since the epoch) if it has one."""

    candidates: tuple[Candidate, ...]
    at_ms: int | None

    def best(self) -> list[Anchor]:
        """Where the trace starts: the best candidate, and those that are as good."""
        top = self.candidates[0].score
        return [candidate.anchor for candidate in self.candidates if candidate.score >= top * _AS_GOOD]


def anchoring(store: Store, alert: Alert) -> Anchoring:
    """The candidates of an alert. Raises NothingFound when nothing in the store matches, UsageError for an alert that
    names nothing."""
    return Anchoring(tuple(candidates(store, alert)), alert_ms(alert))


def alert_ms(alert: Alert) -> int | None:
    """An alert's own time, None when it gives none that can be read."""
    try:
        return round(datetime.fromisoformat(str(alert.body["time"])).timestamp() * 1000)
    except (KeyError, ValueError, OverflowError):
        return None


def document(found: Anchoring) -> dict[str, Any]:
    """An anchor as `GET /alerts/ID` shows it."""
    return {"candidates": [_shown(candidate) for candidate in found.candidates]}


def _shown(candidate: Candidate) -> Mapping[str, Any]:
    node, flow, peer = candidate.anchor.node, candidate.anchor.flow, candidate.anchor.peer
    edge = edge_id(flow, {node.id: node, peer.id: peer}) if flow is not None and peer is not None else None
    return {
        "node": format_id(node.kind, node.id),
        "edge": edge,
        "score": round(candidate.score, 6),
        "reason": visible(candidate.reason),
    }


def named_host(body: Mapping[str, Any]) -> str | None:
    """The host that an alert names."""
    host = body.get("host")
    return host if isinstance(host, str) and host else None
