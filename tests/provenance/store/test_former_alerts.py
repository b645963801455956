"""Alerts of former stores whose id cannot be the key of a document."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.alerts.record import AlertRecord, every
from provenance.store import open_store
from provenance.store.former_alerts import FormerAlert, document


@pytest.mark.parametrize("id", ["", "prüfung-7", "a\nb", "a\udcff", "x" * 201])
def test_an_alert_keeps_its_id_under_another_key(tmp_path: Path, id: str) -> None:
    moved = document(FormerAlert(id, "ndr", "1", "a shell", {"severity": "high"}), 5)
    store = open_store(str(tmp_path / "graph.db"))
    with store.writer():
        pass
    assert list(store.documents().add_all([moved])) == [True]
    (found,) = every(store.documents())
    assert AlertRecord.of(found).alert.id == id
    assert document(FormerAlert(id, "ndr", "1", "another title", {}), 6).key == found.key != id
    store.close()


def test_different_ids_are_different_alerts() -> None:
    keys = {document(FormerAlert(id, "ndr", id, "t", {}), 5).key for id in ("", "é", "è", "a1")}
    assert len(keys) == 4 and "a1" in keys
