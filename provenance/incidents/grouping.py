"""Alerts into incidents: what ties them, what people decided, and the name that an incident keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

from provenance.incidents.decisions import Clusters, Decision, apply
from provenance.incidents.score import score
from provenance.incidents.summary import Summary, summary
from provenance.incidents.traced import TracedAlert


@dataclass(frozen=True, slots=True)
class Incident:
    """Alerts that tell of one story, in order of time."""

    id: str
    summary: Summary
    alerts: tuple[TracedAlert, ...]

    @property
    def score(self) -> float:
        """What to open first has most of it."""
        return score(self.summary)


def incidents(
    alerts: Iterable[TracedAlert], decisions: Sequence[Decision] = (), known: Mapping[str, str] | None = None
) -> list[Incident]:
    """The incidents that these alerts make, what to open first first. `known` says which incident an alert was in
    before: it keeps its name. The order of `alerts` does not matter."""
    by_id = {alert.id: alert for alert in alerts}
    groups = [[by_id[id] for id in group] for group in grouped(by_id.values(), decisions)]
    found = [incident(group, known or {}) for group in groups]
    return sorted(found, key=lambda incident: (-incident.score, incident.summary.first, incident.id))


def grouped(alerts: Iterable[TracedAlert], decisions: Sequence[Decision] = ()) -> list[tuple[str, ...]]:
    """Which alerts belong together, as ids: those with a tie in common, unless a decision parts them. Where decisions part
    alerts that ties would join, each other alert goes with the nearest in time."""
    ordered = sorted(alerts, key=_order)
    clusters = Clusters(alert.id for alert in ordered)
    apply(clusters, frozenset(alert.id for alert in ordered), decisions)
    tied: dict[str, list[TracedAlert]] = defaultdict(list)
    for alert in ordered:
        for link in alert.links:
            tied[link].append(alert)
    pairs = {(later.ms - earlier.ms, earlier.id, later.id) for row in tied.values() for earlier, later in pairwise(row)}
    for _, earlier_id, later_id in sorted(pairs):
        clusters.join(earlier_id, later_id)
    return clusters.all()


def incident_id(alert: str) -> str:
    """The name of the incident that an alert begins."""
    return f"i{blake2b(alert.encode('utf-8', 'surrogateescape'), digest_size=8).hexdigest()}"


def incident(alerts: Sequence[TracedAlert], known: Mapping[str, str]) -> Incident:
    """The incident that these alerts make. Its name is that of the alert that began it: joining alerts never change it; of
    two incidents that become one, the name of the earlier stays."""
    ordered = sorted(alerts, key=_order)
    founders = [alert for alert in ordered if known.get(alert.id) == incident_id(alert.id)]
    return Incident(incident_id((founders or ordered)[0].id), summary(ordered), tuple(ordered))


def _order(alert: TracedAlert) -> tuple[int, str]:
    return alert.ms, alert.id
