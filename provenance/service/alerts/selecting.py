"""From what somebody selects to the request of a trace: an alert is looked for in the queue first."""

from __future__ import annotations

from provenance.alerts.alert import Alert
from provenance.alerts.record import KIND, AlertRecord
from provenance.investigation.selecting import StartSelection, starts_of
from provenance.service.tracing.request import TraceRequest
from provenance.store.documents import LONGEST
from provenance.store.interface import Direction, Store
from provenance.trace.budget import Budget
from provenance.trace.trace import merged


def request_of(
    store: Store, direction: Direction, selected: StartSelection, when_ms: int | None, budget: Budget
) -> TraceRequest:
    """The request of a trace from all that is selected. Raises Ambiguous, NothingFound, UsageError, StoreError."""
    alert = None if selected.alert is None else _queued(store, selected.alert)
    found, moment = starts_of(store, selected, direction, when_ms, alert)
    return TraceRequest(direction, merged(found, direction), moment, budget)


def _queued(store: Store, id: str) -> Alert | None:
    """The alert of the queue with an id, None for what cannot be the id of a document or is not there."""
    if not (0 < len(id) <= LONGEST and id.isascii() and id.isprintable()):
        return None
    document = store.documents().get(KIND, id)
    return None if document is None else AlertRecord.of(document).alert
