"""Incidents in a store do not depend on the order of alerts, or on servers that were killed while they wrote."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import NothingFound, StoreBusy, StoreError
from provenance.incidents.decisions import Decision
from provenance.incidents.grouping import grouped
from provenance.incidents.summary import summary
from provenance.incidents.traced_alert import Damage, TracedAlert
from provenance.service.incidents.lock import incident_lock
from provenance.service.incidents.records import DECISION, INCIDENT, IncidentRecord
from provenance.service.incidents.regrouping import decide, place
from provenance.service.incidents.storage import (
    alerts_in,
    incident_document,
    incident_of,
    update_ranks,
)
from provenance.service.incidents.ties import incidents_with
from provenance.store import open_store
from provenance.store.documents import Document, Documents
from provenance.store.interface import Store
from provenance.store.neo4j import Neo4jStore
from tests.provenance.incidents.generated import ALERTS, CHECKED
from tests.provenance.service.concurrent import ConcurrentlyChanged
from tests.provenance.store.neo4j.servers import LINES, running


def alert(name: str, ms: int, *links: str, severity: str = "low") -> TracedAlert:
    return TracedAlert(name, name, severity, ms, tuple(links), {}, (), Damage())


def put(documents: Documents, *alerts: TracedAlert) -> None:
    for one in alerts:
        place(documents, one, (), 1)


def partition(documents: Documents) -> set[frozenset[str]]:
    page = documents.page(INCIDENT, limit=1000)
    found = {document.key: list(alerts_in(documents, document.key)) for document in page}
    for document in page:
        assert IncidentRecord.of(document).summary == summary(found[document.key])
    return {frozenset(one.id for one in alerts) for alerts in found.values()}


class Dying:
    """Documents whose server dies at one of its changes: before it, so that it and all that follow are not made."""

    def __init__(self, documents: Documents, dies_at: int) -> None:
        self._documents, self._left = documents, dies_at

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise StoreError("the server died")

    def add(self, kind: str, key: str, body: Mapping[str, Any], state: str = "", rank: int = 0) -> bool:
        self._step()
        return self._documents.add(kind, key, body, state, rank)

    def add_all(self, documents: Sequence[Document]) -> Sequence[bool]:
        self._step()
        return self._documents.add_all(documents)

    def replace(
        self,
        document: Document,
        body: Mapping[str, Any] | None = None,
        state: str | None = None,
        rank: int | None = None,
    ) -> bool:
        self._step()
        return self._documents.replace(document, body, state, rank)

    def remove(self, kind: str, key: str) -> bool:
        self._step()
        return self._documents.remove(kind, key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)


@pytest.fixture
def documents(empty: Store) -> Documents:
    return empty.documents()


def fresh() -> Iterator[Documents]:
    with TemporaryDirectory() as folder:
        store = open_store(str(Path(folder) / "graph.db"))
        with store.writer():
            pass
        yield store.documents()
        store.close()


@CHECKED
@given(ALERTS, st.integers(0, 40), st.integers(0, 7))
def test_incidents_are_the_same_after_a_server_is_killed_at_any_step(
    alerts: list[TracedAlert], dies_at: int, dies_over: int
) -> None:
    for documents in fresh():
        for number, one in enumerate(alerts):
            if number == dies_over:
                with suppress(StoreError):
                    place(Dying(documents, dies_at), one, (), 1)
            place(documents, one, (), 1)
        assert partition(documents) == set(map(frozenset, grouped(alerts)))
        for one in alerts:
            home = incident_of(documents, one.id)
            assert home is not None
            assert incident_document(documents, home).key == home
            assert all(home in incidents_with(documents, [link]) for link in one.links)


class Counting:
    """Documents that count the calls of their methods."""

    def __init__(self, documents: Documents) -> None:
        self._documents, self.calls = documents, 0

    def __getattr__(self, name: str) -> Any:
        self.calls += 1
        return getattr(self._documents, name)


def test_more_ties_need_no_more_store_calls(documents: Documents) -> None:
    calls = []
    for name, links in (("few", ("x",)), ("many", tuple(f"tie{number}" for number in range(200)))):
        for ms in range(2):
            counting = Counting(documents)
            place(counting, alert(f"{name}{ms}", ms, *links), (), 1)
            calls.append(counting.calls)
    first_few, next_few, first_many, next_many = calls
    assert (first_many, next_many) == (first_few, next_few)
    assert max(calls) <= 14


@pytest.mark.parametrize("dies_at", range(24))
@pytest.mark.parametrize("is_decided_again", [True, False])
def test_a_decision_of_a_killed_server_is_complete_or_absent(
    documents: Documents, dies_at: int, is_decided_again: bool
) -> None:
    put(documents, *(alert(name, ms, "x") for ms, name in enumerate("abcd")), alert("q", 9, "y"))
    decision = Decision((("a", "b"), ("c", "d", "q")))
    with suppress(StoreError):
        decide(Dying(documents, dies_at), decision, "somebody", 1)
    if is_decided_again:
        decide(documents, decision, "somebody", 1)
    put(documents, alert("e", 5, "x"))
    is_known = bool(documents.counts(DECISION))
    parted = {frozenset("ab"), frozenset("cdeq")}
    assert partition(documents) == (parted if is_known else {frozenset("abcde"), frozenset("q")})


def test_two_incidents_become_one_through_an_alert_that_has_ties_to_both(documents: Documents) -> None:
    put(documents, alert("a", 1, "x"), alert("b", 2, "y"))
    first, second = incident_of(documents, "a"), incident_of(documents, "b")
    change = place(documents, alert("c", 3, "x", "y"), (), 1)
    assert change.incident == first
    assert set(change.changed) == {first, second}
    assert incident_document(documents, str(second)).key == first
    assert incident_of(documents, "b") == first


def test_an_alert_that_is_traced_again_with_other_ties_goes_where_it_belongs(documents: Documents) -> None:
    put(documents, alert("a", 1, "x"), alert("b", 2, "x"), alert("c", 3, "y"))
    put(documents, alert("b", 2, "y"))
    assert partition(documents) == {frozenset("a"), frozenset("bc")}


def test_splits_and_merges_hold_when_alerts_come(documents: Documents) -> None:
    put(documents, *(alert(name, ms, "x") for ms, name in enumerate("abcd")))
    decide(documents, Decision((("a", "b"), ("c", "d"))), "somebody", 1)
    put(documents, alert("e", 9, "x"))
    assert partition(documents) == {frozenset("ab"), frozenset("cde")}
    put(documents, alert("c", 2, "x"), alert("f", 1, "q"))
    decide(documents, Decision((("f", "a"),)), "somebody", 1)
    put(documents, alert("g", 5, "q"))
    assert partition(documents) == {frozenset("abfg"), frozenset("cde")}
    decide(documents, Decision((("a", "b", "c", "d", "e"),)), "somebody", 1)
    assert partition(documents) == {frozenset("abcdefg")}


def test_a_decision_about_an_alert_without_incident_is_rejected(documents: Documents) -> None:
    put(documents, alert("a", 1))
    with pytest.raises(NothingFound, match="'z'"):
        decide(documents, Decision((("a", "z"),)), "somebody", 1)


def test_a_closed_incident_opens_when_an_alert_joins_and_not_when_one_is_traced_again(documents: Documents) -> None:
    put(documents, alert("a", 1, "x"))
    home = str(incident_of(documents, "a"))
    documents.replace(incident_document(documents, home), state="closed")
    put(documents, alert("a", 1, "x", severity="high"))
    assert incident_document(documents, home).state == "closed"
    put(documents, alert("b", 2, "x"))
    assert incident_document(documents, home).state == "open"


def test_an_unchanged_incident_is_not_written(documents: Documents) -> None:
    put(documents, alert("a", 1, "x"))
    version = incident_document(documents, str(incident_of(documents, "a"))).version
    assert place(documents, alert("a", 1, "x"), (), 2).changed == ()
    assert incident_document(documents, str(incident_of(documents, "a"))).version == version


def test_incidents_that_were_sorted_by_another_score_are_sorted_anew(documents: Documents) -> None:
    for one in (alert("a", 1, severity="low"), alert("b", 2, severity="critical"), alert("c", 3, severity="high")):
        put(documents, one)
    expected = [document.key for document in documents.page(INCIDENT)]
    for rank, key in enumerate(reversed(expected)):
        document = documents.get(INCIDENT, key)
        assert document is not None and documents.replace(document, rank=rank)
    update_ranks(documents)
    page = documents.page(INCIDENT)
    assert [document.key for document in page] == expected
    update_ranks(documents)
    assert documents.page(INCIDENT) == page


def test_concurrent_changes_of_incidents_take_turns(empty: Store) -> None:
    names = [f"a{number}" for number in range(12)]

    def work(own: Sequence[str], problems: list[Exception]) -> None:
        try:
            for name in own:
                with incident_lock(empty.documents()):
                    put(empty.documents(), alert(name, 1, "x"))
        except StoreError as error:
            problems.append(error)

    problems: list[Exception] = []
    threads = [Thread(target=work, args=(names[start::3], problems)) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert partition(empty.documents()) == {frozenset(names)}


def test_the_turn_of_a_killed_server_is_taken_over_and_that_of_a_running_one_is_not(documents: Documents) -> None:
    documents.add("incident-turn", "turn", {"holder": "somebody who died"}, "taken")
    with incident_lock(documents, dead_s=0.05):
        pass
    known = documents.get("incident-turn", "turn")
    assert known is not None
    documents.replace(known, {"holder": "somebody"}, "taken")
    with pytest.raises(StoreBusy), incident_lock(documents, wait_s=0.1, dead_s=60):
        pass


def test_a_thread_waits_only_so_long_for_another_of_its_process(documents: Documents) -> None:
    def enter() -> None:
        with incident_lock(documents, wait_s=0.01):
            pass

    with ThreadPoolExecutor(1) as pool, incident_lock(documents):
        entered = pool.submit(enter)
        assert isinstance(entered.exception(), StoreBusy)
        assert str(entered.exception()) == "another thread is changing incidents"


def test_a_change_that_a_server_made_without_the_lock_is_not_overwritten(documents: Documents) -> None:
    put(documents, alert("a", 1, "x"))
    (before,) = documents.page(INCIDENT)
    changed = ConcurrentlyChanged(documents, "replace", lambda: documents.replace(before, state="acknowledged"))
    with pytest.raises(StoreBusy, match="another server changed incidents meanwhile"):
        place(changed, alert("b", 2, "x"), (), 1)
    put(documents, alert("b", 2, "x"))
    assert [document.state for document in documents.page(INCIDENT)] == ["acknowledged"]
    assert partition(documents) == {frozenset({"a", "b"})}


@pytest.mark.parametrize("line", LINES)
def test_incidents_on_a_server_are_those_of_an_embedded_store(line: str, documents: Documents) -> None:
    server = running(line)
    store = open_store(f"{server.uri}?case=test-{secrets.token_hex(6)}", credentials=server.credentials)
    assert isinstance(store, Neo4jStore)
    try:
        with store.writer():
            pass
        for one in (documents, store.documents()):
            with incident_lock(one):
                put(one, alert("a", 1, "x"), alert("b", 2, "y"), alert("c", 3, "x", "y"), alert("d", 4, "z"))
                decide(one, Decision((("a", "b"), ("c",))), "somebody", 1)
                put(one, alert("e", 5, "x"), alert("d", 4, "y"))
        assert partition(store.documents()) == partition(documents)
        assert {name: incident_of(store.documents(), name) for name in "abcde"} == {
            name: incident_of(documents, name) for name in "abcde"
        }
    finally:
        store.drop()
        store.close()


@pytest.mark.parametrize("dies_at", range(12))
def test_two_incidents_are_joined_completely_after_a_server_is_killed(documents: Documents, dies_at: int) -> None:
    alerts = [
        TracedAlert(id, id, "high", ms, links, {"h1": ms}, (), Damage())
        for ms, (id, links) in enumerate((("a1", ("x",)), ("a2", ("y",)), ("a3", ("x", "y"))))
    ]
    for one in alerts[:2]:
        place(documents, one, (), 1)
    with suppress(StoreError):
        place(Dying(documents, dies_at), alerts[2], (), 1)
    place(documents, alerts[2], (), 1)
    assert partition(documents) == {frozenset({"a1", "a2", "a3"})}
