"""A case with alerts as separate nodes, as in earlier versions: opening it converts them to documents."""

from __future__ import annotations

from contextlib import closing

import neo4j
import pytest

from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.alerts.record import AlertRecord, alerts_by_id, every
from provenance.errors import StoreError
from provenance.store.neo4j import Neo4jStore
from tests.provenance.store.neo4j.former import write_former
from tests.provenance.store.neo4j.servers import Running

KNOWN = Alert("a1", "ndr", "1", "known", {"severity": "low"})
UNSEEN = Alert("a2", "edr \udcff", "1", "\ufffd unseen", {"severity": "critical", "list": ["\udcff", None]})


def test_every_alert_is_found_once(store: Neo4jStore, address: str, server: Running) -> None:
    with store.writer():
        pass
    submit(store.documents(), [KNOWN], 5)
    write_former(store, [KNOWN, UNSEEN, *(Alert(f"b{n}", "ndr", f"{n}", "t") for n in range(600))])
    for _ in range(2):
        with closing(Neo4jStore(address, credentials=server.credentials)) as opened:
            documents = opened.documents()
            first, *others, last = every(documents)
            assert AlertRecord.of(first).alert == UNSEEN and AlertRecord.of(first).origin == "command"
            assert AlertRecord.of(last) == AlertRecord(KNOWN, 5)
            assert len(others) == 600 and first.state == "queued"
            assert [alert.id for alert in alerts_by_id(documents, "a2")] == ["a2"]
            assert opened._server.read("schema/former_alerts", limit=1) == []


def test_a_read_only_user_gets_advice(
    store: Neo4jStore, address: str, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.writer():
        pass
    write_former(store, [KNOWN])
    with closing(Neo4jStore(address, credentials=server.credentials)) as opened:
        with monkeypatch.context() as patched:
            patched.setattr(neo4j._sync.work.session, "WRITE_ACCESS", neo4j.READ_ACCESS)
            with pytest.raises(StoreError, match="a user who may write opens it once"):
                opened.check()
        assert [one.key for one in every(opened.documents())] == ["a1"]
