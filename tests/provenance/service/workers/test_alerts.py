"""The worker threads in this process, while the store fails and while they are stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.alerts.record import KIND as ALERT
from provenance.errors import StoreError, StoreUnreachable
from provenance.service.alerts.queue import LEASES
from provenance.service.jobs.lease import Lease
from provenance.service.service import Service
from provenance.service.settings import Settings
from provenance.service.workers.alerts import WakeSignal, Worker
from provenance.store.documents import Document
from provenance.store.interface import Store
from tests.provenance.service.faulty import Faulty
from tests.provenance.service.graphql.endless import Endless
from tests.provenance.service.rest.test_alerts import Seed
from tests.provenance.service.running import until


@contextmanager
def working(store: Store, settings: Settings) -> Iterator[WakeSignal]:
    """Workers on a store."""
    wake_signal = WakeSignal()
    with Worker(Service(store, settings, wake=wake_signal.send), wake_signal).running():
        yield wake_signal


def submitted(store: Store, seed: Seed) -> None:
    body = {name: value for name, value in seed().items() if name not in ("source", "id", "title")}
    submit(store.documents(), [Alert("a1", "ndr", "1", "a shell", body)], 1)


def stored(store: Store) -> Document:
    found = store.documents().get(ALERT, "a1")
    assert found is not None
    return found


def logged(caplog: pytest.LogCaptureFixture, message: str) -> list[Any]:
    return [record for record in list(caplog.records) if record.message == message]


def test_workers_go_on_when_an_unreachable_store_is_reachable_again(
    store: Store, seed: Seed, caplog: pytest.LogCaptureFixture
) -> None:
    faulty = Faulty(store)
    with working(faulty, Settings(workers=1)):
        faulty.failing = frozenset({"documents", "hosts"})
        submitted(store, seed)
        until(lambda: bool(logged(caplog, "store error in a worker")), "an error of a worker")
        until(lambda: bool(logged(caplog, "store error while maintaining the queue")), "an error of the keeper")
        faulty.failing = frozenset()
        until(lambda: stored(store).state == "done", "the alert is traced")


@pytest.mark.parametrize(
    ("kind", "times"), [(StoreError, LEASES.attempts - 1), (StoreUnreachable, LEASES.attempts + 1)]
)
def test_an_alert_whose_trace_fails_by_the_store_is_traced_again(
    store: Store, seed: Seed, caplog: pytest.LogCaptureFixture, kind: type[StoreError], times: int
) -> None:
    submitted(store, seed)
    with working(Faulty(store, "expand", kind=kind, times=times), Settings(workers=1)):
        until(lambda: stored(store).state == "done", "the alert is traced")
    assert len(logged(caplog, "store error during work on an alert")) == times
    assert Lease.of(stored(store)) == Lease()


def test_a_stop_puts_back_an_alert_that_is_still_traced(store: Store, seed: Seed) -> None:
    submitted(store, seed)
    endless = Endless(store)
    with working(endless, Settings(workers=1, stop_s=0)):
        until(lambda: endless.given > 0, "it is traced")
    assert (stored(store).state, Lease.of(stored(store))) == ("queued", Lease())
