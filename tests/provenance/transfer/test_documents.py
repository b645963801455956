"""A copy includes documents of the service: decisions and results, not tokens, leases and outgoing messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from provenance.service.auth import tokens
from provenance.service.incidents import lock as incident_lock
from provenance.service.jobs import servers
from provenance.service.jobs.deliveries import kind_of
from provenance.service.workers import warming
from provenance.store import open_store
from provenance.store.documents import Document
from provenance.store.interface import Store
from provenance.store.resuming import KIND
from provenance.transfer.copy import copy
from provenance.transfer.documents import NOT_COPIED, NOT_COPIED_PREFIX
from tests.provenance.store.conftest import MakeStore

COPIED = [
    Document("alert", "a", {"text": "caf\u00e9 \udcff"}, "done", -3),
    Document("alert", "b", {"n": [1, None]}, "queued", 5),
    Document("pin", "p", {}),
    Document("suppression", "s", {"why": "a backup"}, "on"),
]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """Two files that can be read and written."""
    with ExitStack() as stack:
        source, target = (stack.enter_context(closing(open_store(str(tmp_path / name)))) for name in ("a.db", "b.db"))
        for store in (source, target):
            with store.writer():
                pass
        yield source, target


def everything(store: Store) -> list[Document]:
    return [one for kind in store.documents().kinds() for one in store.documents().page(kind)]


def test_decisions_and_results_are_copied(make_store: MakeStore) -> None:
    source, target = make_store(), make_store()
    assert source.documents().kinds() == []
    source.documents().add_all(COPIED)
    assert source.documents().kinds() == ["alert", "pin", "suppression"]
    copy(source, target)
    copy(source, target)
    assert everything(target) == COPIED


def test_tokens_and_documents_of_one_store_are_not_copied(pair: tuple[Store, Store]) -> None:
    source, target = pair
    kinds = {tokens.KIND, servers.KIND, incident_lock.KIND, warming.KIND, KIND}
    assert kinds == NOT_COPIED and kind_of("soc").startswith(NOT_COPIED_PREFIX)
    source.documents().add_all([Document(kind, "k") for kind in (*kinds, kind_of("soc"))])
    copy(source, target)
    assert everything(target) == []


def test_several_pages(pair: tuple[Store, Store]) -> None:
    source, target = pair
    many = [Document("alert", f"{n:04}", {"n": n}, rank=n // 3) for n in range(1_203)]
    source.documents().add_all(many)
    copy(source, target)
    assert sum(target.documents().counts("alert").values()) == len(many)


def test_changed_documents_of_the_target_are_not_replaced(pair: tuple[Store, Store]) -> None:
    source, target = pair
    source.documents().add_all(COPIED)
    copy(source, target)
    theirs = target.documents().get("alert", "a")
    assert theirs is not None and target.documents().replace(theirs, state="theirs")
    for key in "ab":
        for state in ("one", "two"):
            ours = source.documents().get("alert", key)
            assert ours is not None and source.documents().replace(ours, state=state)
    copy(source, target)
    copy(source, target)
    assert target.documents().counts("alert") == {"theirs": 1, "two": 1}
