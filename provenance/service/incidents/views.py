"""Incidents as others see them: in a list, and whole, as `GET /incidents/ID` and webhooks give them."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import Any

from provenance.incidents.score import parts, score
from provenance.incidents.story import merged
from provenance.incidents.traced import SEVERITIES, StoryStep, TracedAlert, Way
from provenance.ingest.clock import rfc3339
from provenance.service.incidents import book
from provenance.service.incidents.records import IncidentRecord
from provenance.store.documents import Document, Documents

FORMAT = "provenance-incident/1"
_STORIES = 40
"""Alerts whose stories make an incident's: the gravest, then the first."""
_MEMBERS = 2_000
"""Alerts that are listed with an incident, the first ones; `count` says how many there are."""


def brief(document: Document) -> dict[str, Any]:
    """An incident in a list."""
    record = IncidentRecord.of(document)
    made = record.summary
    hosts = sorted(made.hosts.items(), key=lambda item: (item[1], item[0]))
    return {
        "incident": document.key,
        "state": document.state,
        "title": made.title,
        "severity": made.severity,
        "score": score(made),
        "first": rfc3339(made.first),
        "last": rfc3339(made.last),
        "hosts": [{"host": host, "first": rfc3339(ms)} for host, ms in hosts],
        "alerts": made.count,
        "assignee": record.assignee,
        "updated": rfc3339(record.updated),
    }


def whole(documents: Documents, document: Document) -> dict[str, Any]:
    """An incident with its alerts, its ways in and its one chain: what `GET /incidents/ID` and webhooks give."""
    alerts = list(islice(book.members(documents, document.key), _MEMBERS))
    gravest = sorted(alerts, key=lambda alert: (-SEVERITIES.index(alert.severity), alert.ms, alert.id))
    chain = merged(book.stories(documents, [alert.id for alert in gravest[:_STORIES]]))
    record = IncidentRecord.of(document)
    made = record.summary
    return {"format": FORMAT, **brief(document)} | {
        "count": made.count,
        "score_parts": parts(made),
        "damage": asdict(made.damage),
        "entries": [_way(way) for way in made.ways],
        "alerts": [_member(alert) for alert in alerts],
        "chain": [_step(step) for step in chain],
        "notes": [asdict(note) | {"at": rfc3339(note.at)} for note in record.notes],
    }


def _way(way: Way) -> dict[str, Any]:
    shown = asdict(way)
    return {"time": rfc3339(shown.pop("ms"))} | shown


def _member(alert: TracedAlert) -> dict[str, Any]:
    return {
        "alert": alert.id,
        "source": alert.source,
        "title": alert.title,
        "severity": alert.severity,
        "time": rfc3339(alert.ms),
        "ties": list(alert.links),
    }


def _step(step: StoryStep) -> dict[str, Any]:
    return {"time": rfc3339(step.ms), "host": step.host, "node": step.node, "edge": step.edge, "text": step.text}
