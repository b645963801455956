"""A command continues after a cut connection if it can reconnect, and reports an error if it cannot."""

from __future__ import annotations

import pytest

from provenance.store.neo4j.address import TIMEOUT
from tests.provenance.store.failures.commands import Case, Contents
from tests.provenance.store.failures.proxy import MIDDLE, Proxy


def test_a_connection_cut_once(case: Case, proxy: Proxy, expected: Contents) -> None:
    proxy.break_after(MIDDLE, proxy.cut)
    assert case.complete_ingest() == expected
    assert proxy.broke.is_set()


def test_a_server_that_stays_unreachable(
    case: Case, proxy: Proxy, expected: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.break_after(MIDDLE, proxy.refuse)
    with monkeypatch.context() as patience:
        patience.setenv(TIMEOUT, "10")
        assert case.error_of(case.ingest()).startswith("cannot be reached")
    assert proxy.broke.is_set()
    proxy.mend()
    assert case.complete_ingest() == expected
