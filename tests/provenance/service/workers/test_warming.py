"""The first queries to a store, which the service sends before it reports that it is ready."""

from __future__ import annotations

from fastapi.testclient import TestClient

from provenance.alerts.record import KIND as ALERT
from provenance.service.app import create_app
from provenance.service.service import Service
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.service.workers.warming import warm
from provenance.store.interface import Store
from tests.provenance.service.conftest import Place


def test_warming_leaves_nothing_behind(either: tuple[Store, Place]) -> None:
    store, _ = either
    before = dict(store.documents().counts(ALERT)), store.statistics().nodes
    warm(Service(store))
    assert store.documents().page("warm") == []
    assert (dict(store.documents().counts(ALERT)), store.statistics().nodes) == before


def test_an_empty_store_is_warmed(empty: Store) -> None:
    warm(Service(empty))
    assert list(empty.hosts()) == []


def test_a_stop_does_not_wait_for_warming(store: Store) -> None:
    counted, brake = WatchedStore(store, Brake(None)), Brake(None)
    brake.stop()
    warm(Service(counted), brake)
    assert not counted.calls
    assert store.documents().page("warm") == []


def test_a_cold_service_is_not_ready(store: Store) -> None:
    service = Service(store)
    service.cold.set()
    with TestClient(create_app(service)) as client:
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        service.cold.clear()
        assert client.get("/readyz").status_code == 200
