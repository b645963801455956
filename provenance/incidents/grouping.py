"""The grouping of alerts into incidents, from their ties and the decisions of analysts, and the ids of incidents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

from provenance.incidents.decisions import Clusters, Decision, apply
from provenance.incidents.score import score
from provenance.incidents.summary import Summary, summary
from provenance.incidents.traced_alert import TracedAlert


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident: alerts about one attack, in order of time, and their summary."""

    id: str
    summary: Summary
    alerts: tuple[TracedAlert, ...]

    @property
    def score(self) -> float:
        """How urgent the incident is, from 0 to 100."""
        return score(self.summary)


def incidents(
    alerts: Iterable[TracedAlert], decisions: Sequence[Decision] = (), known: Mapping[str, str] | None = None
) -> list[Incident]:
    """The incidents of alerts, the most urgent first. `known` maps alerts to the incident that they were in before, so that
    it keeps its id. The order of `alerts` does not matter."""
    by_id = {alert.id: alert for alert in alerts}
    groups = [[by_id[id] for id in group] for group in grouped(by_id.values(), decisions)]
    found = [incident(group, known or {}) for group in groups]
    return sorted(found, key=lambda incident: (-incident.score, incident.summary.first, incident.id))


def grouped(alerts: Iterable[TracedAlert], decisions: Sequence[Decision] = ()) -> list[tuple[str, ...]]:
    """The groups of alerts that belong together, as ids: alerts with a common tie, unless a decision keeps them apart. Where
    decisions keep tied alerts apart, every other tied alert joins the one that is nearest in time."""
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
    """The id of the incident whose first alert has the id `alert`."""
    return f"i{blake2b(alert.encode('utf-8', 'surrogateescape'), digest_size=8).hexdigest()}"


def incident(alerts: Sequence[TracedAlert], known: Mapping[str, str]) -> Incident:
    """The incident of these alerts. Its id comes from the alert that began it and stays the same when alerts join; when two
    incidents become one, the id of the earlier stays."""
    ordered = sorted(alerts, key=_order)
    founders = [alert for alert in ordered if known.get(alert.id) == incident_id(alert.id)]
    return Incident(incident_id((founders or ordered)[0].id), summary(ordered), tuple(ordered))


def _order(alert: TracedAlert) -> tuple[int, str]:
    return alert.ms, alert.id
