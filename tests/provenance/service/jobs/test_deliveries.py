"""Deliveries of incidents that are sent while they are requested again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from provenance.service.jobs import deliveries
from provenance.store import open_store
from provenance.store.documents import Document


def test_a_delivery_that_changes_during_a_retry_is_due_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(str(tmp_path / "graph.db"))) as store, store.writer():
        documents, kind = store.documents(), deliveries.kind_of("soc")
        assert not deliveries.retry(documents, "soc", "i1", 5)
        assert documents.add(kind, "i1", deliveries.Delivery.new().to_body(), deliveries.FAILED, 1)
        read = documents.get

        def read_before_a_change(kind: str, key: str) -> Document | None:
            found = read(kind, key)
            if found is not None and found.state == deliveries.FAILED:
                documents.replace(found, found.body, "sent", 2)
            return found

        monkeypatch.setattr(documents, "get", read_before_a_change)
        assert deliveries.retry(documents, "soc", "i1", 5)
        due = read(kind, "i1")
        assert due is not None and due.state == deliveries.DUE
