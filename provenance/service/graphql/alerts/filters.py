"""Filters of alerts and incidents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from provenance.alerts.record import AlertRecord
from provenance.investigation.anchoring import alert_ms
from provenance.service.alerts.triage import TRIAGE, Standing, TriageRecord, read_triage
from provenance.service.graphql.base.document_pages import Filter, Predicate
from provenance.service.graphql.base.kinds import Severity
from provenance.service.graphql.base.scalars import Time
from provenance.service.incidents.records import IncidentRecord
from provenance.store.documents import Document, Documents, Place

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that all must hold; None is no condition. An empty assignee matches alerts without one. Times are in ms."""

    severities: Sequence[Severity] | None = None
    host: str | None = None
    standing: Standing | None = None
    assignee: str | None = None
    since: Time | None = None
    until: Time | None = None

    def of_alerts(self) -> Filter | None:
        """The filter of alerts, None without conditions. An alert without a time counts with the time of its receipt."""
        return None if self == Filters() else self._alert_predicate

    def _alert_predicate(self, documents: Documents) -> Predicate:
        needs_triage = self.standing is not None or self.assignee is not None
        triages = dict(_triages(documents)) if needs_triage else {}
        default = TriageRecord()

        def matches(document: Document) -> bool:
            record, triage = AlertRecord.of(document), triages.get(document.key, default)
            fields, ms = record.alert.fields, alert_ms(record.alert)
            return (
                self._matches_severity(fields.severity)
                and self.host in (None, fields.host)
                and self.standing in (None, triage.standing)
                and self._matches_assignee(triage.assignee)
                and self._overlaps(*[record.received if ms is None else ms] * 2)
            )

        return matches

    def of_incidents(self) -> Filter | None:
        """The filter of incidents, None without conditions. The time span of an incident must overlap with the requested one."""
        return None if self == Filters() else lambda documents: self._matches_incident

    def _matches_incident(self, document: Document) -> bool:
        record = IncidentRecord.of(document)
        summary = record.summary
        return (
            self._matches_severity(summary.severity)
            and (self.host is None or self.host in summary.hosts)
            and self._matches_assignee(record.assignee)
            and self._overlaps(summary.first, summary.last)
        )

    def _matches_severity(self, severity: object) -> bool:
        return self.severities is None or severity in {one.value for one in self.severities}

    def _matches_assignee(self, assignee: str | None) -> bool:
        return self.assignee is None or self.assignee == (assignee or "")

    def _overlaps(self, first: int, last: int) -> bool:
        return (self.since is None or last >= self.since) and (self.until is None or first <= self.until)


def _triages(documents: Documents) -> Iterator[tuple[str, TriageRecord]]:
    """The triages of all alerts that analysts have changed, by the alert's id."""
    place = None
    while batch := documents.page(TRIAGE, None, place, _BATCH):
        yield from ((document.key, read_triage(document)) for document in batch)
        place = Place(batch[-1].rank, batch[-1].key)
