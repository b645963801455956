"""Dead letters: each rejected text once, and no more than are read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.alerts import dead_letters
from provenance.alerts.intake import receive
from provenance.alerts.reader import Reader
from provenance.store.sqlite import SQLiteStore


def test_of_too_many_dead_letters_the_new_ones_are_not_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender of invalid alerts cannot fill the store; it still gets the reason, and stored dead letters keep their keys."""
    monkeypatch.setattr(dead_letters, "MOST", 2)
    store = SQLiteStore(tmp_path / "case.db")
    with store.writer():
        documents = store.documents()
    result = receive(documents, Reader(), b"{one\n{two\n{three\n", None, 1)
    keys = [key for _, key in result.rejects]
    assert None not in keys[:2] and keys[2:] == [None]
    assert all(reject.reason for reject, _ in result.rejects)
    again = receive(documents, Reader(), b"{two\n", None, 2)
    assert [key for _, key in again.rejects] == [keys[1]]
