"""Which alerts and incidents are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from provenance.alerts.record import AlertRecord
from provenance.investigation.anchoring import alert_ms
from provenance.service.alerts.triage import TRIAGE, Mark, Standing, read_mark
from provenance.service.graphql.base.document_pages import Choice, Wanted
from provenance.service.graphql.base.kinds import Severity
from provenance.service.graphql.base.scalars import Time, parse_time
from provenance.service.incidents import views
from provenance.store.documents import Document, Documents, Place

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What all that is given of must hold; None asks for nothing. An empty assignee is nobody. Times are in ms."""

    severities: Sequence[Severity] | None = None
    host: str | None = None
    standing: Standing | None = None
    assignee: str | None = None
    since: Time | None = None
    until: Time | None = None

    def alerts(self) -> Choice | None:
        """The alerts that are asked for; None for all. One that tells no time counts as of when it came in."""
        return None if self == Asked() else self._alerts

    def _alerts(self, documents: Documents) -> Wanted:
        triaged = self.standing is not None or self.assignee is not None
        marks = dict(_marks(documents)) if triaged else {}
        untouched = Mark()

        def wanted(document: Document) -> bool:
            record, mark = AlertRecord.of(document), marks.get(document.key, untouched)
            fields, ms = record.alert.body, alert_ms(record.alert)
            return (
                self._is_grave(fields.get("severity"))
                and self.host in (None, fields.get("host"))
                and self.standing in (None, mark.standing)
                and self._is_of(mark.assignee)
                and self._meets(*[record.received if ms is None else ms] * 2)
            )

        return wanted

    def incidents(self) -> Choice | None:
        """The incidents that are asked for, those that lasted into the time; None for all."""
        return None if self == Asked() else lambda documents: self._incident

    def _incident(self, document: Document) -> bool:
        known = views.brief(document)
        return (
            self._is_grave(known["severity"])
            and (self.host is None or self.host in {touched["host"] for touched in known["hosts"]})
            and self._is_of(known["assignee"])
            and self._meets(parse_time(known["first"]), parse_time(known["last"]))
        )

    def _is_grave(self, severity: object) -> bool:
        return self.severities is None or severity in {one.value for one in self.severities}

    def _is_of(self, assignee: str | None) -> bool:
        return self.assignee is None or self.assignee == (assignee or "")

    def _meets(self, first: int, last: int) -> bool:
        return (self.since is None or last >= self.since) and (self.until is None or first <= self.until)


def _marks(documents: Documents) -> Iterator[tuple[str, Mark]]:
    """What people said of alerts: of those only that they looked at."""
    place = None
    while batch := documents.page(TRIAGE, None, place, _BATCH):
        yield from ((document.key, read_mark(document)) for document in batch)
        place = Place(batch[-1].rank, batch[-1].key)
