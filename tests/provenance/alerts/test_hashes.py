"""Alerts by the hash that they name: through an index that holds every submitted alert, and those of older stores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provenance.alerts import hashes as alert_hashes
from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord
from provenance.alerts.results import StoredCandidate
from provenance.errors import UsageError
from provenance.ingest.facts import Batch, Entity, Name
from provenance.ingest.identity import EntityKind, format_id
from provenance.service.graphql.graph.hashes import entities_with_hash
from provenance.store import open_store
from provenance.store.interface import Store

ONE, TWO = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(str(tmp_path / "case.db"))
    files = [Entity(id, EntityKind.FILE, "web01", id, {"path": f"/srv/{id}"}) for id in (1, 2, 3)]
    names = [*(Name(one.id, f"/srv/{one.id}", one.id, one.id) for one in files), Name(3, f"sha256:{ONE}", 3, 3)]
    with store.writer() as writer:
        writer.apply(Batch("web01", files, names))
    yield store
    store.close()


def alert(id: str, **file: str) -> Alert:
    return Alert(id, "edr", id, "t", {"host": "web01", "file": file} if file else {"host": "web01"})


def naming(store: Store, hash: str) -> list[str]:
    return [one.key for one in alert_hashes.alerts_with_hash(store.documents(), f"sha256:{hash}")]


def test_alerts_are_found_by_their_hash_in_upper_or_lower_case(store: Store) -> None:
    documents = store.documents()
    given = [
        alert("a1", sha256=ONE),
        alert("a2", sha256=TWO),
        alert("a3"),
        alert("a4", sha256="none"),
        alert("a5", path="/x"),
    ]
    assert [new for *_, new in submit(documents, given, 5)] == [True] * 5
    submit(documents, [alert("a0", sha256=ONE.upper())], 9)
    assert naming(store, ONE) == ["a1", "a0"]
    assert naming(store, TWO) == ["a2"]
    assert naming(store, "c" * 64) == []
    assert sum(documents.counts(alert_hashes.KIND).values()) == 3


def test_an_alert_submitted_again_stays_as_it_was(store: Store) -> None:
    documents = store.documents()
    submit(documents, [alert("a1", sha256=ONE)], 5)
    assert not submit(documents, [alert("a1", sha256=TWO)], 6)[0].new
    assert (naming(store, ONE), naming(store, TWO)) == (["a1"], [])


def test_alerts_of_a_store_from_before_are_found_too(store: Store) -> None:
    documents = store.documents()
    for number in range(3):
        submit(documents, [alert(f"a{number}", sha256=ONE)], number)
        documents.remove(alert_hashes.KIND, f"a{number}")
    assert naming(store, ONE) == ["a0", "a1", "a2"]


def test_a_removed_alert_is_not_found(store: Store) -> None:
    documents = store.documents()
    submit(documents, [alert("a1", sha256=ONE)], 5)
    documents.remove(ALERT, "a1")
    assert naming(store, ONE) == []


def test_files_that_had_the_hash_stand_among_those_that_alerts_name(store: Store) -> None:
    submit(store.documents(), [alert("a1", sha256=ONE, path="/srv/1")], 5)
    for spelling in (ONE, ONE.upper(), f"sha256:{ONE}"):
        assert [node.id for node in entities_with_hash(store, spelling, None, None)] == [1, 3]
    assert [node.id for node in entities_with_hash(store, ONE, frozenset({EntityKind.PROCESS}), None)] == []
    assert [node.id for node in entities_with_hash(store, ONE, None, "elsewhere")] == []
    with pytest.raises(UsageError, match="invalid hash"):
        entities_with_hash(store, "xyz", None, None)


def test_an_alert_without_a_path_adds_what_it_is_about(store: Store) -> None:
    documents = store.documents()
    submit(documents, [alert("a1", sha256=TWO)], 5)
    assert entities_with_hash(store, TWO, None, None) == []
    document = documents.get(ALERT, "a1")
    assert document is not None
    nodes = (format_id(EntityKind.FILE, 2), "a damaged id")
    candidates = tuple(StoredCandidate(node, None, 0.5, "its hash") for node in nodes)
    traced = replace(AlertRecord.of(document), candidates=candidates)
    assert documents.replace(document, traced.to_body())
    assert [node.id for node in entities_with_hash(store, TWO, None, None)] == [2]


def test_the_index_is_built_once(store: Store) -> None:
    documents = store.documents()
    submit(documents, [alert("a1", sha256=ONE)], 1)
    alert_hashes.build_index(documents)
    documents.remove(alert_hashes.KIND, "a1")
    alert_hashes.build_index(documents)
    assert naming(store, ONE) == [], "no search looks through all alerts again"
