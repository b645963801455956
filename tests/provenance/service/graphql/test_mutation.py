"""Rejected mutations, which change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from provenance.alerts.record import KIND as ALERT_KIND
from provenance.incidents.traced_alert import Damage, TracedAlert
from provenance.service.alerts import queue
from provenance.service.incidents.records import INCIDENT, INCIDENT_PREFIX
from provenance.service.incidents.regrouping import place
from provenance.service.incidents.storage import alerts_in
from provenance.service.tracing import started_traces
from provenance.store.interface import Store
from tests.provenance.service.graphql.conftest import OPERATIONS, Served, serving
from tests.provenance.service.graphql.questions import BACKWARD, SUBMITTED


@pytest.fixture
def idle(store: Store) -> Iterator[Served]:
    """The bundled incident, served by a server without workers."""
    with serving(store, work=False) as served:
        yield served


def incident(store: Store, *alerts: str) -> str:
    """The id of an incident of some alerts."""
    for alert in alerts:
        traced = TracedAlert(alert, "a shell", "high", 1, ("x",), {"web01": 1}, (), Damage())
        change = place(store.documents(), traced, (), 1)
    return INCIDENT_PREFIX + change.incident


def rejected(served: Served, name: str, **variables: Any) -> str:
    """The message of a published operation that the caller must mend."""
    error = served.error_of((OPERATIONS / f"{name}.graphql").read_text("utf-8"), served.analyst, **variables)
    assert error["extensions"]["code"] == "BAD_INPUT"
    message: str = error["message"]
    return message


def test_a_change_of_nothing_is_rejected(idle: Served) -> None:
    id = incident(idle.store, "a1")
    assert "give state, assignee or note" in rejected(idle, "note-incident", id=id)
    assert idle.run("incident", id=id)["incident"]["notes"] == []


def test_of_too_many_incidents_none_is_merged(idle: Served) -> None:
    id = incident(idle.store, "a1")
    others = [f"{INCIDENT_PREFIX}i{number}" for number in range(100)]
    assert "too many incidents: 101, at most 100" in rejected(idle, "merge-incidents", id=id, others=others)


@pytest.mark.parametrize("alerts", [["a1", "a2"], ["another"], ["a1", "another"], []])
def test_a_split_moves_some_alerts_of_the_incident_and_leaves_some(idle: Served, alerts: list[str]) -> None:
    id = incident(idle.store, "a1", "a2")
    assert "at least one must stay" in rejected(idle, "split-incident", id=id, alerts=alerts)
    (stored,) = idle.store.documents().page(INCIDENT)
    assert [alert.id for alert in alerts_in(idle.store.documents(), stored.key)] == ["a1", "a2"]


def test_an_alert_that_is_being_traced_is_not_queued_again(idle: Served) -> None:
    (submitted,) = idle.run("submit-alerts", idle.analyst, body=SUBMITTED)["submitAlerts"]
    id, documents = submitted["alert"]["id"], idle.store.documents()
    taken = queue.take(documents, "a server")
    assert taken is not None and taken.key == id
    assert idle.run("retry-alert", idle.analyst, id=id)["retryAlert"]["state"] == "RUNNING"
    assert documents.get(ALERT_KIND, id) == taken


def test_only_so_many_traces_are_started(idle: Served) -> None:
    ids = [idle.run("start-trace", idle.analyst, **BACKWARD)["startTrace"] for _ in range(started_traces.MOST_OPEN)]
    text = (OPERATIONS / "start-trace.graphql").read_text("utf-8")
    error = idle.error_of(text, idle.analyst, **BACKWARD)
    assert error["extensions"]["code"] == "TOO_OFTEN"
    assert "too many started traces" in error["message"]
    assert idle.run("stop-trace", idle.analyst, id=ids[0])["stopTrace"]
    assert idle.run("start-trace", idle.analyst, **BACKWARD)["startTrace"] not in ids
