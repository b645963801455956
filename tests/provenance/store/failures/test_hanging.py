"""A server that keeps its connections and does not answer: commands wait until the configured timeout."""

from __future__ import annotations

import time

import pytest

from provenance.errors import StoreError, StoreUnreachable, UsageError
from provenance.store.neo4j import Neo4jStore
from provenance.store.neo4j.address import TIMEOUT
from tests.provenance.store.failures.commands import Case, Contents
from tests.provenance.store.failures.proxy import MIDDLE, Proxy


def test_a_server_that_hangs_during_an_ingest(
    case: Case, proxy: Proxy, expected: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.break_after(MIDDLE, proxy.freeze)
    with monkeypatch.context() as patience:
        patience.setenv(TIMEOUT, "2")
        output = case.error_of(case.ingest())
    assert "the server does not answer" in output and TIMEOUT in output
    assert proxy.broke.is_set()
    proxy.mend()
    assert case.complete_ingest() == expected


def test_a_server_that_hangs_at_the_handshake(
    case: Case, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    proxy.break_after(1, proxy.freeze)
    monkeypatch.setenv(TIMEOUT, "1")
    assert case.error_here(capfd, "ingest", str(case.logs)).startswith(
        ("cannot be reached", "the server does not answer")
    )
    assert proxy.broke.is_set()


def test_the_same_store_continues_with_the_server(case: Case, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
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


@pytest.mark.parametrize("timeout", ["soon", "-1", "0", "nan", "1e300"])
def test_invalid_timeouts(timeout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TIMEOUT, timeout)
    with pytest.raises(UsageError, match=TIMEOUT):
        Neo4jStore("bolt://127.0.0.1:1")
