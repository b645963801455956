"""The anchor of an alert: its candidates in the graph, as the service stores and shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provenance.alerts.alert import Alert
from provenance.ingest.identity import format_id
from provenance.investigation.candidates import Candidate, candidates
from provenance.store.interface import Store
from provenance.text.escape import visible
from provenance.trace.slice.anchor import Anchor
from provenance.trace.slice.edges import edge_id

_TIED = 0.999
"""Candidates with at least this share of the best score count as equally good."""


@dataclass(frozen=True, slots=True)
class Anchoring:
    """The entities and flows that an alert may be about, best first, and the alert's time (ms since the epoch) if it has
    one."""

    candidates: tuple[Candidate, ...]
    at_ms: int | None

    def best(self) -> list[Anchor]:
        """The anchors that the trace starts from: those of the best candidate and of candidates with the same score."""
        top = self.candidates[0].score
        return [candidate.anchor for candidate in self.candidates if candidate.score >= top * _TIED]


def anchoring(store: Store, alert: Alert) -> Anchoring:
    """The candidates of an alert. Raises NothingFound when nothing in the store matches, UsageError for an alert that has
    nothing to search for."""
    return Anchoring(tuple(candidates(store, alert)), alert_ms(alert))


def alert_ms(alert: Alert) -> int | None:
    """The time of an alert (ms since the epoch); None when it has none, or an invalid one."""
    try:
        return round(datetime.fromisoformat(str(alert.body["time"])).timestamp() * 1000)
    except (KeyError, ValueError, OverflowError):
        return None


def document(found: Anchoring) -> dict[str, Any]:
    """An anchor as JSON, as `GET /alerts/ID` answers it."""
    return {"candidates": [_candidate_json(candidate) for candidate in found.candidates]}


def _candidate_json(candidate: Candidate) -> Mapping[str, Any]:
    node, flow, peer = candidate.anchor.node, candidate.anchor.flow, candidate.anchor.peer
    edge = edge_id(flow, {node.id: node, peer.id: peer}) if flow is not None and peer is not None else None
    return {
        "node": format_id(node.kind, node.id),
        "edge": edge,
        "score": round(candidate.score, 6),
        "reason": visible(candidate.reason),
    }


def named_host(body: Mapping[str, Any]) -> str | None:
    """The host named in the body of an alert, None without one."""
    host = body.get("host")
    return host if isinstance(host, str) and host else None
