"""Documents: put if absent, compare and set, pages in order, also while a writer is active."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import UsageError
from provenance.ingest.facts import Batch
from provenance.store.documents import Document, Documents, Place, pack, unpack
from provenance.store.interface import Store


@pytest.fixture
def documents(store: Store) -> Documents:
    return store.documents()


def read(documents: Documents, key: str, kind: str = "alert") -> Document:
    found = documents.get(kind, key)
    assert found is not None
    return found


def test_a_document_round_trips(documents: Documents) -> None:
    body = {"text": "caf\u00e9 \udcff \x00 \x1b[31m", "n": [1, 2.5, None, True], "deep": {"a": {"b": "\ufffd"}}}
    assert documents.add("alert", "k", body, "queued", -7)
    assert read(documents, "k") == Document("alert", "k", body, "queued", -7, 1)
    assert documents.get("alert", "other") is None
    assert documents.get("other", "k") is None


def test_an_existing_key_is_not_replaced(documents: Documents) -> None:
    assert documents.add("alert", "k", {"n": 1})
    assert not documents.add("alert", "k", {"n": 2}, "done", 5)
    assert read(documents, "k") == Document("alert", "k", {"n": 1})
    assert documents.add("other", "k", {"n": 3})


def test_many_are_added_or_none(documents: Documents) -> None:
    documents.add("alert", "b", {"n": 0})
    many = [Document("alert", key, {"n": n}, "queued", n) for n, key in enumerate("abcc", 1)]
    assert list(documents.add_all(many)) == [True, False, True, False]
    assert [read(documents, key).body["n"] for key in "abc"] == [1, 0, 3]
    assert list(documents.add_all([])) == []
    with pytest.raises(UsageError):
        documents.add_all([Document("alert", "d", {}), Document("alert", "", {})])
    assert documents.get("alert", "d") is None


def test_many_are_read_at_once(documents: Documents) -> None:
    names = [(kind, f"k{n}") for kind in ("alert", "other") for n in range(150)]
    documents.add_all([Document(kind, key, {"n": key}) for kind, key in names])
    keys = [*names[::-1], ("alert", "missing"), names[0]]
    assert [one and (one.kind, one.key, one.body["n"]) for one in documents.get_many(keys)] == [
        *((kind, key, key) for kind, key in names[::-1]),
        *(None, (*names[0], names[0][1])),
    ]
    assert list(documents.get_many([])) == []


def test_a_change_needs_the_current_version(documents: Documents) -> None:
    documents.add("alert", "k", {"n": 1}, "queued", 1)
    document = read(documents, "k")
    assert documents.replace(document, state="running")
    assert not documents.replace(document, {"n": 9})
    now = read(documents, "k")
    assert now == Document("alert", "k", {"n": 1}, "running", 1, 2)
    assert documents.replace(now, {"n": 2}, "", 0)
    assert read(documents, "k") == Document("alert", "k", {"n": 2}, "", 0, 3)
    assert not documents.replace(Document("alert", "none", {}), {"n": 1})


@pytest.mark.parametrize("former", [{"state": "queued"}, {"rank": 1}])
def test_a_change_needs_the_current_state_and_rank(documents: Documents, former: dict[str, Any]) -> None:
    documents.add("alert", "k", {"n": 1}, "queued", 1)
    assert documents.replace(read(documents, "k"), {"n": 2}, "running", 2)
    now = read(documents, "k")
    assert not documents.replace(replace(now, **former), {"n": 3}, "done", 3)
    assert read(documents, "k") == now


def test_a_removed_key_is_free(documents: Documents) -> None:
    documents.add("alert", "k", {"n": 1})
    document = read(documents, "k")
    assert documents.remove("alert", "k")
    assert not documents.remove("alert", "k")
    assert not documents.replace(document, {"n": 2})
    assert documents.add("alert", "k", {"n": 3})


def test_many_are_removed_at_once(documents: Documents) -> None:
    documents.add_all([Document(kind, f"k{n}") for kind in ("alert", "other") for n in range(5)])
    keys = [("alert", "k1"), ("other", "k2"), ("alert", "none"), ("alert", "k1")]
    assert documents.remove_all(keys) == 2
    assert documents.remove_all(keys) == documents.remove_all([]) == 0
    assert [found.key for found in documents.page("alert")] == ["k0", "k2", "k3", "k4"]
    assert [found.key for found in documents.page("other")] == ["k0", "k1", "k3", "k4"]


def test_pages_follow_rank_then_key_and_begin_after_a_place(documents: Documents) -> None:
    expected = sorted((rank, f"k{number:02}") for number in range(23) for rank in (number % 3 - 1,))
    for rank, key in reversed(expected):
        documents.add("alert", key, {"rank": rank}, "odd" if int(key[1:]) % 2 else "even", rank)
    documents.add("other", "k00", {})
    for state in (None, "odd", "even", "none"):
        expected_page = [at for at in expected if state is None or state == ("odd" if int(at[1][1:]) % 2 else "even")]
        found: list[tuple[int, str]] = []
        after: Place | None = None
        while page := documents.page("alert", state, after, 4):
            assert len(page) <= 4
            found += [(document.rank, document.key) for document in page]
            after = Place(page[-1].rank, page[-1].key)
        assert found == expected_page
    assert documents.counts("alert") == {"even": 12, "odd": 11}
    assert documents.counts("none") == {}


@pytest.mark.parametrize("name", ["", "x" * 201, "caf\u00e9", "a\nb"])
def test_invalid_names(documents: Documents, name: str) -> None:
    with pytest.raises(UsageError):
        documents.add(name, "k", {})
    with pytest.raises(UsageError):
        documents.add("alert", name, {})
    with pytest.raises(UsageError):
        documents.add("alert", "k", {"n": float("nan")})
    with pytest.raises(UsageError):
        documents.add("alert", "k", {}, rank=1 << 63)


def test_concurrent_changes_are_not_lost(documents: Documents) -> None:
    documents.add("alert", "k", {"n": 0})

    def count(_: int) -> int:
        tries = 1
        while True:
            document = read(documents, "k")
            if documents.replace(document, {"n": document.body["n"] + 1}):
                return tries
            tries += 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(20)))
    assert read(documents, "k") == Document("alert", "k", {"n": 20}, version=21)


def test_one_of_concurrent_additions_succeeds(documents: Documents) -> None:
    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(lambda number: documents.add("alert", f"k{number % 3}", {"n": number}), range(12)))
    assert added.count(True) == 3


def test_changes_while_a_writer_is_active(store: Store, documents: Documents) -> None:
    with store.writer() as writer:
        assert documents.add("alert", "k", {})
        writer.apply(Batch("web01"))
        assert documents.replace(read(documents, "k"), state="done")
        writer.apply(Batch("web01"))
    assert read(documents, "k").state == "done"


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), _VALUES, max_size=4))
def test_any_json_is_a_body(body: dict[str, object]) -> None:
    assert unpack(pack(body)) == body
