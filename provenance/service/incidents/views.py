"""Views of incidents as JSON: brief for lists, and full for `GET /incidents/ID` and webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from provenance.incidents.score import parts, score
from provenance.incidents.story import merged
from provenance.incidents.traced_alert import SEVERITIES, StoryStep, TracedAlert, Way
from provenance.ingest.clock import rfc3339
from provenance.service.incidents import storage
from provenance.service.incidents.records import IncidentRecord
from provenance.store.documents import Document, Documents

FORMAT = "provenance-incident/1"
_MOST_STORIES = 40
"""The most alerts whose stories are merged into that of the incident: the most severe, then the first."""
_MOST_ALERTS = 2_000
"""The most alerts that are listed with an incident, the first ones; `count` is the number of all."""


def brief(document: Document) -> dict[str, Any]:
    """The view of an incident in a list."""
    record = IncidentRecord.of(document)
    summary = record.summary
    return {
        "incident": document.key,
        "state": document.state,
        "title": summary.title,
        "severity": summary.severity,
        "score": score(summary),
        "first": rfc3339(summary.first),
        "last": rfc3339(summary.last),
        "hosts": [{"host": host, "first": rfc3339(ms)} for host, ms in summary.hosts_by_time()],
        "alerts": summary.count,
        "assignee": record.assignee,
        "updated": rfc3339(record.updated),
    }


def chain_of(documents: Documents, document: Document) -> tuple[StoryStep, ...]:
    """The steps of an incident's story, merged from those of its alerts, in order of time."""
    return _chain(documents, _alerts_listed(documents, document))


def full(documents: Documents, document: Document) -> dict[str, Any]:
    """The view of an incident with its alerts, its ways in and its merged story, for `GET /incidents/ID` and webhooks."""
    alerts = _alerts_listed(documents, document)
    chain = _chain(documents, alerts)
    record = IncidentRecord.of(document)
    summary = record.summary
    return {"format": FORMAT, **brief(document)} | {
        "count": summary.count,
        "score_parts": parts(summary),
        "damage": asdict(summary.damage),
        "entries": [_way(way) for way in summary.ways],
        "alerts": [_alert(alert) for alert in alerts],
        "chain": [_step(step) for step in chain],
        "notes": [asdict(note) | {"at": rfc3339(note.at)} for note in record.notes],
    }


def _alerts_listed(documents: Documents, document: Document) -> list[TracedAlert]:
    return list(islice(storage.alerts_in(documents, document.key), _MOST_ALERTS))


def _chain(documents: Documents, alerts: Sequence[TracedAlert]) -> tuple[StoryStep, ...]:
    by_severity = sorted(alerts, key=lambda alert: (-SEVERITIES.index(alert.severity), alert.ms, alert.id))
    return merged(storage.stories(documents, [alert.id for alert in by_severity[:_MOST_STORIES]]))


def _way(way: Way) -> dict[str, Any]:
    fields = asdict(way)
    return {"time": rfc3339(fields.pop("ms"))} | fields


def _alert(alert: TracedAlert) -> dict[str, Any]:
    return {
        "alert": alert.id,
        "source": alert.source,
        "title": alert.title,
        "severity": alert.severity,
        "time": rfc3339(alert.ms),
        "ties": list(alert.links),
    }


def _step(step: StoryStep) -> dict[str, Any]:
    return {
        "time": rfc3339(step.ms),
        "host": step.host,
        "node": step.node,
        "edge": step.edge,
        "account": step.account or None,
        "text": step.text,
        "confidence": step.confidence,
        "doubt": step.doubt,
    }
