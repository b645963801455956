"""Records of documents: they round-trip, and bodies of an earlier version are read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from provenance.alerts import dead_letters
from provenance.alerts import record as alerts
from provenance.alerts.alert import Alert
from provenance.alerts.dead_letters import DeadLetter
from provenance.alerts.record import AlertRecord
from provenance.alerts.results import ResultChange, ResultSummary, StoredCandidate
from provenance.incidents.decisions import Decision
from provenance.retention.pins import PIN, PinRecord
from provenance.service.alerts.triage import TRIAGE, Standing, TriageRecord
from provenance.service.auth import tokens
from provenance.service.incidents import records as incidents
from provenance.service.incidents.records import DecisionRecord, IncidentRecord, TieRecord
from provenance.service.jobs.deliveries import Delivery
from provenance.service.jobs.lease import Lease
from provenance.service.jobs.servers import ServerRecord
from provenance.service.suppression.records import HiddenRecord, RuleRecord
from provenance.service.suppression.rules import Rule
from provenance.service.tracing.start import Failure, StartedTrace
from provenance.service.tracing.watched_store import Progress
from provenance.store import hosts, open_store
from provenance.store.basis import AllHostsBasis, Basis, HostBasis
from provenance.store.documents import Document, pack, unpack
from provenance.store.hosts import FoundAddress, FoundClock, FoundHost, GivenAddress, GivenHost, Origin
from provenance.store.interface import Store
from tests.provenance.service.tracing.test_started import REQUEST
from tests.provenance.store.former.opening import former

OF: dict[str, Callable[[Document], Any]] = {
    alerts.KIND: AlertRecord.of,
    dead_letters.KIND: DeadLetter.of,
    incidents.INCIDENT: IncidentRecord.of,
    incidents.ALERT: incidents.read_traced_alert,
    incidents.STORY: incidents.read_story,
    incidents.TIE: TieRecord.of,
}
"""The kinds in the store of an earlier version, and what reads each."""


def test_bodies_of_an_earlier_version_are_read(tmp_path: Path) -> None:
    with closing(open_store(str(former(tmp_path)))) as store:
        documents = store.documents()
        for kind, of in OF.items():
            stored = documents.page(kind)
            assert stored, kind
            for document in stored:
                record = of(document)
                if hasattr(record, "to_body"):
                    body = unpack(pack(record.to_body()))
                    assert of(replace(document, body=body)) == record
                    lost = {name for name, value in document.body.items() if value and body.get(name) != value}
                    assert not lost, kind
        (token,) = tokens.tokens(documents)
        assert (token.scopes, token.revoked) == (frozenset({tokens.Scope.ALERT, tokens.Scope.READ}), False)


def test_tokens_and_hosts_in_their_stored_form_are_read(empty: Store) -> None:
    documents = empty.documents()
    id, secret = "0" * 16, "x" * 43
    digest = sha256(secret.encode()).hexdigest()
    token = {"name": "siem", "scopes": ["alert"], "created": 5, "digest": digest}
    documents.add(tokens.KIND, id, token, "active", 5)
    assert tokens.principal(documents, f"prov_{id}_{secret}") is not None
    assert tokens.principal(documents, f"prov_{id}_{'y' * 43}") is None
    given = {"host": "web01", "addresses": [["192.0.2.1", None, 9]], "clock_ms": -5}
    documents.add(hosts.GIVEN, "k", given)
    assert hosts.given_hosts(documents) == {"web01": GivenHost((GivenAddress("192.0.2.1", None, 9),), -5)}
    found = {
        "host": "web01",
        "addresses": [["192.0.2.1", "log", 1.0, "it was bound", None, None]],
        "clock": [3, "none", 0.5, "no connection"],
    }
    documents.add(hosts.FOUND, "k", found)
    assert hosts.found_hosts(documents) == {
        "web01": FoundHost(
            (FoundAddress("192.0.2.1", Origin.LOG, 1.0, "it was bound"),),
            FoundClock(3, Origin.NONE, 0.5, "no connection"),
        )
    }


@pytest.mark.parametrize(
    "record",
    [
        AlertRecord(
            Alert("k", "ndr", "1", "\udcff", {"severity": "high", "file": {"sha256": "a" * 64}}),
            received=5,
            origin="command",
            reason="because",
            candidates=(
                StoredCandidate("p1", None, 0.5, "its pid"),
                StoredCandidate("p1", "SENT-p1-n2", 0.4, "its peer"),
            ),
            verdict="it came in",
            backtrack="r1",
            forward="r2",
            summary=ResultSummary(("p1",), "nc", "n2", "203.0.113.5", 5, 9, ("db01", "web01"), "d"),
            computed=7,
            computed_from=Basis({"web01": HostBasis(1, 2, 3, -4)}, AllHostsBasis(1, 9)),
            beginnings="b",
            changes=(ResultChange(1, "more"),),
        ),
        AlertRecord(Alert("k", "ndr", "1", ""), 0),
        AlertRecord(Alert("k", "ndr", "1", ""), 0, candidates=(), computed_from=Basis(all=AllHostsBasis(0, 9))),
        StartedTrace(REQUEST, "ann", 5),
        StartedTrace(REQUEST, "ann", 5, Progress(3, 4), Failure("AMBIGUOUS", "2 matches", {"matches": [{"id": "p1"}]})),
        DeadLetter("title missing", "line 1", None, "{\udcff", 3),
        DecisionRecord(Decision((("a1", "a2"), ("a3",))), "ann", 4),
        TieRecord("tie \udcff", ("i1", "i2")),
        Delivery("w1"),
        Delivery("w1", "soc: 500", 9),
        ServerRecord("m", 1, "2"),
        RuleRecord(Rule("k", {"host": "web*"}, "ann", "noise", 9), "ann", 1),
        RuleRecord(Rule("k", {"host": "web*"}, "ann", "noise", 9), "bob", 1, 2, 3),
        HiddenRecord("ndr", "1", "title", 5, "r1"),
        PinRecord("why", "ann", 6),
        TriageRecord(Standing.RESOLVED, "ann", None, "bob", 8, 1),
    ],
    ids=lambda record: type(record).__name__,
)
def test_records_round_trip(record: Any) -> None:
    document = Document("kind", "k", unpack(pack(record.to_body())))
    assert type(record).of(document) == record
    if isinstance(record, (AlertRecord, Delivery, StartedTrace)):
        leased = replace(document, body=Lease("server", 2).added_to(document.body))
        assert type(record).of(leased) == record and Lease.of(leased) == Lease("server", 2)


def test_the_stored_form_of_an_alert_stays() -> None:
    """Stores of earlier versions hold alerts in this form, and an earlier version may open a store again."""
    stored = {
        "alert": {"id": "a1", "source": "ndr", "external_id": "1", "title": "t", "body": {"host": "web01", "odd": [1]}},
        "received": 5,
        "anchor": {
            "candidates": [
                {"node": "p1", "edge": None, "score": 0.5, "reason": "its pid"},
                {"node": "p1", "edge": "SENT-p1-n2", "score": 0.25, "reason": "its peer"},
            ]
        },
        "summary": {
            "about": ["p1"],
            "about_label": None,
            "entry": "n2",
            "entry_label": "203.0.113.5",
            "backward": 5,
            "forward": 9,
            "hosts": ["web01"],
            "digest": "d",
        },
        "computed_from": {"web01": [1, 2, 3, -4], "": [1, 9]},
        "changes": [{"time": 7, "text": "1 host added: web01"}],
    }
    assert AlertRecord.of(Document(alerts.KIND, "a1", stored)).to_body() == stored
    earlier = stored | {
        "summary": {"entry": None, "entry_label": None, "backward": 1, "forward": 0, "hosts": [], "digest": "d"},
        "computed_from": {"": [1]},
    }
    assert AlertRecord.of(Document(alerts.KIND, "a1", earlier)).to_body() == earlier
    queued = {"alert": stored["alert"], "received": 5, "anchor": {"candidates": []}}
    assert AlertRecord.of(Document(alerts.KIND, "a1", queued)).to_body() == queued


def test_the_kinds_of_pins_and_marks_stay() -> None:
    """Stores hold documents under these names."""
    assert (*("pin", "triage", "alert", "incident", "dead-letter"),) == (
        PIN,
        TRIAGE,
        alerts.KIND,
        incidents.INCIDENT,
        dead_letters.KIND,
    )
