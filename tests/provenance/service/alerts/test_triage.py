"""Triage of alerts: no change overwrites one that its author has not seen, and no concurrent change is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provenance.errors import Conflict, UsageError
from provenance.retention.pins import PIN, PinRecord, pin
from provenance.service.alerts.triage import LONGEST, Change, Standing, TriageRecord, change, check_lengths, get_triage
from provenance.store import open_store
from provenance.store.documents import Documents


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    store = open_store(str(tmp_path / "graph.db"))
    with store.writer():
        pass
    return store.documents()


def test_fields_that_are_not_given_stay(documents: Documents) -> None:
    assert get_triage(documents, "a1") == TriageRecord()
    change(documents, "a1", Change(Standing.INVESTIGATING, "mira", "look at cron"), "token 1", 10)
    change(documents, "a1", Change(assignee=""), "token 2", 20)
    assert get_triage(documents, "a1") == TriageRecord(Standing.INVESTIGATING, None, "look at cron", "token 2", 20, 2)


def test_a_change_of_an_outdated_version_is_a_conflict(documents: Documents) -> None:
    change(documents, "a1", Change(note="first", version=0), "one", 1)
    with pytest.raises(Conflict) as conflict:
        change(documents, "a1", Change(note="second", version=0), "two", 2)
    assert conflict.value.version == 1
    assert get_triage(documents, "a1").note == "first"


def test_concurrent_changes_all_take_effect(documents: Documents) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: change(documents, "a1", Change(note=str(number)), "x", number), range(20)))
    assert get_triage(documents, "a1").version == 20
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: pin(documents, "p1", PinRecord(str(number), "x", number)), range(20)))
    found = documents.get(PIN, "p1")
    assert found is not None
    assert found.version == 20


def test_the_length_of_a_text_is_limited(documents: Documents) -> None:
    for rejected in (Change(note="x" * (LONGEST + 1)), Change(assignee="x" * (LONGEST + 1))):
        with pytest.raises(UsageError):
            change(documents, "a1", rejected, "x", 1)
    with pytest.raises(UsageError):
        check_lengths("x" * (LONGEST + 1))
