"""The lease under every queue: concurrent owners, owners that die, limited attempts, expiry."""

from __future__ import annotations

import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from provenance.service.jobs.lease import ChangeTimer, Lease, LeasePolicy, end
from provenance.store import open_store
from provenance.store.documents import Document, Documents
from provenance.store.interface import Store
from provenance.store.neo4j import Neo4jStore
from tests.provenance.store.neo4j.servers import running

KIND = "work"
LEASES = LeasePolicy("free", "taken", attempts=3)
OWNERS = ("one", "two")


@pytest.fixture(params=["sqlite", "neo4j"])
def documents(request: pytest.FixtureRequest, empty: Store) -> Iterator[Documents]:
    """The documents of a store of either kind."""
    if request.param == "sqlite":
        yield empty.documents()
        return
    server = running("lts")
    store = open_store(f"{server.uri}?case=test-{secrets.token_hex(6)}", credentials=server.credentials)
    assert isinstance(store, Neo4jStore)
    with store.writer():
        pass
    yield store.documents()
    store.drop()
    store.close()


def add(documents: Documents, *keys: str, rank: int = 0) -> None:
    """Add free documents, the first first."""
    for number, key in enumerate(keys):
        documents.add(KIND, key, {"content": key}, "free", rank + number)


def read(documents: Documents, key: str) -> Document:
    found = documents.get(KIND, key)
    assert found is not None
    return found


def take(documents: Documents, owner: str) -> Document:
    found = LEASES.take(documents, KIND, owner)
    assert found is not None
    return found


def test_only_one_of_two_workers_takes_a_document(documents: Documents) -> None:
    add(documents, "a", "b")
    seen = read(documents, "a")
    first = LEASES.take_document(documents, seen, "one")
    assert first == read(documents, "a") and Lease.of(first) == Lease("one", 1)
    assert LEASES.take_document(documents, seen, "two") is None
    assert take(documents, "two").key == "b"
    assert LEASES.take(documents, KIND, "two") is None
    assert {document.key for document in LEASES.leased_documents(documents, KIND)} == {"a", "b"}


def test_concurrent_workers_take_each_document_once(documents: Documents) -> None:
    add(documents, *(f"d{number:02}" for number in range(20)))

    def work(owner: str) -> list[str]:
        own = []
        while (found := LEASES.take(documents, KIND, owner)) is not None:
            own.append(found.key)
        return own

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, ("one", "two", "three", "four")))
    assert Counter(key for share in shares for key in share) == Counter(f"d{number:02}" for number in range(20))
    for share, owner in zip(shares, ("one", "two", "three", "four"), strict=True):
        assert {Lease.of(read(documents, key)).owner for key in share} <= {owner}


def test_documents_of_a_dead_owner_are_released_and_it_cannot_write(documents: Documents) -> None:
    add(documents, "a")
    dead = take(documents, "one")
    (found,) = LEASES.leased_documents(documents, KIND)
    assert Lease.of(found).owner == "one" and LEASES.give_back(documents, found, found.body, 7)
    free = read(documents, "a")
    assert (free.state, free.rank, Lease.of(free)) == ("free", 7, Lease(None, 1))
    other = take(documents, "two")
    assert LEASES.renew(documents, dead, {"content": "of the dead"}) is None
    assert not LEASES.give_back(documents, dead, {}, 0)
    assert not end(documents, dead, {"content": "of the dead"}, "done")
    assert end(documents, other, {"content": "of the living"}, "done", 9)
    done = read(documents, "a")
    assert (done.body["content"], done.state, done.rank, Lease.of(done)) == ("of the living", "done", 9, Lease())


def test_a_lease_is_renewed_while_its_document_is_written(documents: Documents) -> None:
    add(documents, "a")
    found: Document | None = take(documents, "one")
    for number in range(3):
        assert found is not None
        found = LEASES.renew(documents, found, {"content": number})
    assert found == read(documents, "a")
    assert (found.body["content"], found.state, Lease.of(found)) == (2, "taken", Lease("one", 1))


def test_attempts_are_limited_and_only_failures_count(documents: Documents) -> None:
    add(documents, "a")
    for attempt in range(1, 4):
        passing = take(documents, "one")
        assert LEASES.give_back(documents, passing, passing.body, 0, counted=False)
        counted = take(documents, "one")
        assert Lease.of(counted).attempts == attempt
        assert LEASES.is_exhausted(counted) == (attempt == 3)
        assert LEASES.give_back(documents, counted, counted.body, 0)
    assert end(documents, read(documents, "a"), {}, "failed")
    assert Lease.of(read(documents, "a")).attempts == 0, "the next time begins anew"


def test_a_lease_expires(documents: Documents) -> None:
    add(documents, "a", rank=10)
    assert LEASES.take_due(documents, KIND, "one", now=9, until=100) is None
    first = LEASES.take_due(documents, KIND, "one", now=10, until=100)
    assert first is not None and first == read(documents, "a") and first.rank == 100
    assert LEASES.take_due(documents, KIND, "two", now=99, until=200) is None
    second = LEASES.take_due(documents, KIND, "two", now=100, until=200)
    assert second is not None and Lease.of(second) == Lease("two", 2)
    assert not end(documents, first, {}, "done")


def test_the_time_without_a_change_is_measured_by_the_observers_clock(documents: Documents) -> None:
    now = [100.0]
    unchanged = ChangeTimer(lambda: now[0])
    add(documents, "a")
    assert unchanged.seconds(read(documents, "a")) == 0
    now[0] += 7
    assert unchanged.seconds(read(documents, "a")) == 7
    documents.replace(read(documents, "a"))
    now[0] += 7
    assert unchanged.seconds(read(documents, "a")) == 0
    assert unchanged.seconds(Document(KIND, "b")) == 0


@pytest.mark.parametrize("body", [{}, {"attempts": 0}, {"attempts": 2, "owner": "somebody"}])
def test_a_body_carries_its_lease_beside_its_record(body: dict[str, object]) -> None:
    document = Document(KIND, "a", {"content": 1, **body})
    lease = Lease.of(document)
    assert Lease.of(Document(KIND, "a", lease.added_to(document.body))) == lease
    assert Lease().added_to(document.body) == {"content": 1, "attempts": 0}


class Queue(RuleBasedStateMachine):
    """Two owners who take, write, end, give back and die in any order; the model knows who holds what."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._store = open_store(str(Path(self._folder.name) / "queue.db"))
        with self._store.writer():
            pass
        self._documents = self._store.documents()
        self._held: dict[str, tuple[str, Document]] = {}
        self._attempts: Counter[str] = Counter()
        self._stale: list[Document] = []
        self._done: set[str] = set()
        add(self._documents, "a", "b", "c")

    def teardown(self) -> None:
        self._store.close()
        self._folder.cleanup()

    @rule(owner=st.sampled_from(OWNERS))
    def take(self, owner: str) -> None:
        found = LEASES.take(self._documents, KIND, owner)
        free = {"a", "b", "c"} - self._done - self._held.keys()
        assert (found is None) == (not free)
        if found is not None:
            assert found.key in free
            self._attempts[found.key] += 1
            self._held[found.key] = owner, found

    @precondition(lambda self: self._held)
    @rule(data=st.data(), what=st.sampled_from(["write", "end", "give back", "give back uncounted"]))
    def go_on(self, data: st.DataObject, what: str) -> None:
        key = data.draw(st.sampled_from(sorted(self._held)))
        owner, document = self._held.pop(key)
        self._stale.append(document)
        if what == "write":
            again = LEASES.renew(self._documents, document, document.body)
            assert again is not None
            self._held[key] = owner, again
        elif what == "end":
            assert end(self._documents, document, document.body, "done")
            self._attempts[key] = 0
            self._done.add(key)
        else:
            counted = what == "give back"
            assert LEASES.give_back(self._documents, document, document.body, 0, counted)
            self._attempts[key] -= not counted

    @precondition(lambda self: self._held)
    @rule(owner=st.sampled_from(OWNERS))
    def die(self, owner: str) -> None:
        """Whoever looks after the queue gives back what the dead held."""
        for document in list(LEASES.leased_documents(self._documents, KIND)):
            if Lease.of(document).owner == owner:
                assert LEASES.give_back(self._documents, document, document.body, 0)
                self._stale.append(self._held.pop(document.key)[1])

    @precondition(lambda self: self._stale)
    @rule(data=st.data())
    def write_late(self, data: st.DataObject) -> None:
        document = data.draw(st.sampled_from(self._stale))
        assert not end(self._documents, document, {"content": "late"}, "done")
        assert LEASES.take_document(self._documents, document, "late") is None

    @invariant()
    def the_store_says_the_same(self) -> None:
        leased = {document.key: document for document in LEASES.leased_documents(self._documents, KIND)}
        assert leased == {key: document for key, (_, document) in self._held.items()}
        for key in "abc":
            document = read(self._documents, key)
            assert Lease.of(document) == Lease(self._held.get(key, (None,))[0], self._attempts[key])
            assert document.body["content"] == key


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
