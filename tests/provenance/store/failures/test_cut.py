"""A connection that is cut: the command goes on when it can, and says so when it cannot."""

from __future__ import annotations

import pytest

from provenance.store.neo4j.address import TIMEOUT
from tests.provenance.store.failures.commands import Case, Held
from tests.provenance.store.failures.proxy import MIDDLE, Proxy


def test_once(case: Case, proxy: Proxy, whole: Held) -> None:
    proxy.break_after(MIDDLE, proxy.cut)
    assert case.ingested() == whole
    assert proxy.broke.is_set()


def test_for_good(case: Case, proxy: Proxy, whole: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy.break_after(MIDDLE, proxy.refuse)
    with monkeypatch.context() as patience:
        patience.setenv(TIMEOUT, "10")
        assert case.complaint(case.ingest()).startswith("cannot be reached")
    assert proxy.broke.is_set()
    proxy.mend()
    assert case.ingested() == whole
