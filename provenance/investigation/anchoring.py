"""The anchor of an alert: its candidates in the graph, as the service stores and shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from provenance.alerts.alert import Alert
from provenance.alerts.results import StoredCandidate
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
    time = alert.fields.time
    try:
        return None if time is None else round(datetime.fromisoformat(time).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def stored_candidates(found: Anchoring) -> tuple[StoredCandidate, ...]:
    """The candidates of an anchor, as a record of the alert stores them."""
    return tuple(_stored(candidate) for candidate in found.candidates)


def _stored(candidate: Candidate) -> StoredCandidate:
    node, flow, peer = candidate.anchor.node, candidate.anchor.flow, candidate.anchor.peer
    edge = edge_id(flow, {node.id: node, peer.id: peer}) if flow is not None and peer is not None else None
    return StoredCandidate(format_id(node.kind, node.id), edge, round(candidate.score, 6), visible(candidate.reason))
