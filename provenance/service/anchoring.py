"""From an alert to where its trace starts: candidates, best first, each with a score and a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.clock import ms_of, rfc3339
from ingest.identity import format_id
from provenance.store.interface import Alert, Direction, Store
from provenance.trace.alerts import selection_of
from provenance.trace.anchor import Anchor, anchors
from provenance.trace.edges import edge_id

_MOST = 20
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
    selection = selection_of(alert)
    found = anchors(store, selection, Direction.BACKWARD)
    scored = sorted((_candidate(anchor, selection.at) for anchor in found), key=lambda candidate: -candidate.score)
    return Anchoring(tuple(scored[:_MOST]), selection.at)


def _candidate(anchor: Anchor, at: int | None) -> Candidate:
    what = "a flow" if anchor.flow is not None else f"a {anchor.node.kind.name.lower()}"
    if at is None:
        return Candidate(anchor, 0.5, f"{what} that matches all that the alert names")
    gap = at - ms_of(anchor.moment)
    if gap < 0:
        return Candidate(anchor, 0.1 / (1 - gap / 1_000), f"{what} that matches, but began {-gap} ms after the alert")
    when = rfc3339(ms_of(anchor.moment))
    return Candidate(anchor, 0.5 + 0.5 / (1 + gap / 1_000), f"{what} that matches all that the alert names, of {when}")


def named_host(body: Mapping[str, Any]) -> str | None:
    """The host that an alert names."""
    host = body.get("host")
    return host if isinstance(host, str) and host else None
