"""The candidates of an alert: the entities and flows of the graph that it may be about."""

from __future__ import annotations

from functools import partial

from provenance.alerts.alert import Alert
from provenance.alerts.record import alerts_by_id
from provenance.errors import NothingFound, UsageError
from provenance.investigation.candidates.candidate import Candidate
from provenance.investigation.candidates.finding import candidates, starts
from provenance.investigation.candidates.statement import statement_of
from provenance.store.interface import Direction, Selector, Store
from provenance.text.counts import counted
from provenance.trace.slice.anchor import Anchor, Selection

__all__ = ["Candidate", "alert_named", "candidates", "of_alert", "selection_of", "starts"]

_CANDIDATES = 5
"""The most alerts that an error names."""


def of_alert(store: Store, id: str, at: int | None) -> Selection:
    """The selection of what a saved alert is about. `id` is the alert's id, or the id that its source gave it; `at` (ms
    since the epoch) replaces the alert's time. Raises NothingFound, UsageError."""
    return selection_of(alert_named(store, id), at)


def alert_named(store: Store, id: str) -> Alert:
    """The saved alert that has an id: its own, the beginning of its own, or the id that its source gave it. Raises
    NothingFound, UsageError."""
    found = alerts_by_id(store.documents(), id)
    if not found:
        raise NothingFound(f"no alert {id} in the store")
    if len(found) > 1:
        several = ", ".join(f"{alert.id} of {alert.source}" for alert in found[:_CANDIDATES])
        several += ", ..." if len(found) > _CANDIDATES else ""
        raise UsageError(f"{counted(len(found), 'alert')} have the id {id}: {several}")
    return found[0]


def selection_of(alert: Alert, at: int | None = None) -> Selection:
    """The selection of what an alert is about, from its fields (docs/alerts.md). Raises UsageError."""
    statement = statement_of(alert, at)
    if not statement.names_anything:
        raise UsageError(f"alert {alert.id} names no process, file, peer, user or event to search for")
    return Selection(Selector(), at=statement.at, finder=partial(_starts, alert, at))


def _starts(alert: Alert, at: int | None, store: Store, direction: Direction) -> list[Anchor]:
    return starts(store, alert, direction, at)
