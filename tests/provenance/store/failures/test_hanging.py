"""A server that keeps its connections and answers nothing is waited for as long as the environment says, not for good."""

from __future__ import annotations

import time

import pytest

from provenance.errors import StoreError, StoreUnreachable, UsageError
from provenance.store.neo4j import Neo4jStore
from provenance.store.neo4j.address import TIMEOUT
from tests.provenance.store.failures.commands import Case, Held
from tests.provenance.store.failures.proxy import MIDDLE, Proxy


def test_in_the_middle(case: Case, proxy: Proxy, whole: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy.break_after(MIDDLE, proxy.freeze)
    with monkeypatch.context() as patience:
        patience.setenv(TIMEOUT, "2")
        said = case.complaint(case.ingest())
    assert "the server does not answer" in said and TIMEOUT in said
    assert proxy.broke.is_set()
    proxy.mend()
    assert case.ingested() == whole


def test_when_greeted(
    case: Case, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    proxy.break_after(1, proxy.freeze)
    monkeypatch.setenv(TIMEOUT, "1")
    assert case.complaint_here(capfd, "ingest", str(case.logs)).startswith(
        ("cannot be reached", "the server does not answer")
    )
    assert proxy.broke.is_set()


def test_the_same_store_goes_on_when_the_server_does(case: Case, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Neo4jStore(case.address, credentials=case.credentials)
    with store.writer():
        pass
    store.close()
    monkeypatch.setenv(TIMEOUT, "2")
    store = Neo4jStore(case.address, credentials=case.credentials)
    eventually_read(store)
    proxy.freeze()
    with pytest.raises(StoreUnreachable, match="the server does not answer"):
        store.hosts()
    proxy.mend()
    eventually_read(store)
    store.close()


def eventually_read(store: Neo4jStore) -> None:
    """Read, however slow the server is."""
    until = time.monotonic() + 60
    while True:
        try:
            store.hosts()
        except StoreError:
            assert time.monotonic() < until
        else:
            return


@pytest.mark.parametrize("given", ["soon", "-1", "0", "nan", "1e300"])
def test_a_limit_that_is_none(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TIMEOUT, given)
    with pytest.raises(UsageError, match=TIMEOUT):
        Neo4jStore("bolt://127.0.0.1:1")
