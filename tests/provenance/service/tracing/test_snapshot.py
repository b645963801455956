"""The store calls of the work on one alert, which sees one state of the store."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from provenance.alerts.intake import submit
from provenance.alerts.reader import Reader
from provenance.alerts.record import KIND as ALERT
from provenance.errors import Stopped
from provenance.service.incidents import updates as incidents
from provenance.service.service import Service
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.snapshot import HostSnapshot
from provenance.service.tracing.watched_store import WatchedStore
from provenance.service.workers.alerts import WakeSignal, Worker
from provenance.store.interface import Store
from tests.provenance.service.running import until

Seed = Callable[..., dict[str, Any]]


class CountingWorkers(WatchedStore):
    """Counts the store calls of the threads that trace, not those of the threads that look after the queue."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, Brake(None))
        self.by_name: Counter[str] = Counter()

    def _for_call(self, name: str) -> Store:
        if threading.current_thread().name == "worker":
            self.by_name[name] += 1
        return super()._for_call(name)


def test_an_alert_reads_hosts_and_blind_intervals_once(store: Store, seed: Seed) -> None:
    counting, wake_signal = CountingWorkers(store), WakeSignal()
    service = Service(counting, wake=wake_signal.send)
    (alert,) = Reader().read(json.dumps(seed()).encode()).alerts
    submit(store.documents(), [alert], service.clock())
    with Worker(service, wake_signal, (incidents.update_incidents,)).running():
        until(lambda: store.documents().counts(ALERT) == {"done": 1}, "done")
    calls = {name: count for name, count in counting.by_name.items() if name != "documents"}
    assert calls["hosts"] == calls["blinds"] == 1
    assert sum(calls.values()) <= 56, calls


def test_a_snapshot_of_hosts_does_not_change_during_an_ingest(store: Store) -> None:
    reading = HostSnapshot(store, Brake(None))
    before = reading.hosts()
    with store.writer() as writer:
        writer.describe_host("late01", ["192.0.2.77"], 0)
    assert reading.hosts() == before
    assert "late01" in {summary.host for summary in store.hosts()}
    assert list(reading.blinds("web01")) == list(store.blinds("web01"))
    assert list(reading.blinds("nobody")) == []


def test_stopped_work_makes_no_more_store_calls(store: Store) -> None:
    brake = Brake(None)
    reading = HostSnapshot(store, brake)
    reading.hosts()
    brake.stop()
    with pytest.raises(Stopped):
        list(reading.connections())
