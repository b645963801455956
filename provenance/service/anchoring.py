"""From an alert to where its trace starts: candidates, best first, each with a score and a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.identity import format_id
from provenance.store.interface import Alert, Store
from provenance.trace.alerts import candidates, selection_of
from provenance.trace.anchor import Anchor
from provenance.trace.edges import edge_id

_SAME = 0.999


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that an alert may speak of."""

    anchor: Anchor
    score: float
    reason: str

    def document(self) -> dict[str, Any]:
        """As `GET /alerts/ID` shows it."""
        node, flow = self.anchor.node, self.anchor.flow
        peer = self.anchor.peer
        edge = edge_id(flow, {node.id: node, peer.id: peer}) if flow is not None and peer is not None else None
        return {
            "node": format_id(node.kind, node.id),
            "edge": edge,
            "score": round(self.score, 6),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Anchoring:
    """What an alert may speak of, best first, and its own time (ms since the epoch) if it has one."""

    candidates: tuple[Candidate, ...]
    at_ms: int | None

    def best(self) -> list[Anchor]:
        """Where the trace starts: the best candidate, and those that are no worse."""
        top = self.candidates[0].score
        return [candidate.anchor for candidate in self.candidates if candidate.score >= top * _SAME]


def anchoring(store: Store, alert: Alert) -> Anchoring:
    """The candidates of an alert. Raises NothingFound when nothing in the store matches, UsageError for an alert that
    names nothing."""
    found = [Candidate(one.anchor, one.score, one.reason) for one in candidates(store, alert)]
    return Anchoring(tuple(found), selection_of(alert).at)


def named_host(body: Mapping[str, Any]) -> str | None:
    """The host that an alert names."""
    host = body.get("host")
    return host if isinstance(host, str) and host else None
