"""A store that an earlier version left is gone on with: its checkpoints are read, and the graph becomes what it would be."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.ingest.facts import Batch
from provenance.intake.run import ingest
from provenance.store.sqlite import SQLiteStore
from provenance.transfer.digest import digest
from tests.conftest import ROOT

HALVES = {"app02": 568_888, "db02": 987_862}
"""Bytes of the logs of the recording `cron-ssh` that the store of version 5 holds: each ends inside an event."""
KEPT = ROOT / "tests" / "ingest" / "checkpoint" / "recorded" / "version-5.db.xz"


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    """The whole logs of both hosts."""
    for host in HALVES:
        packed = ROOT / "tests" / "recordings" / "cron-ssh" / f"{host}.log.xz"
        (tmp_path / f"{host}.log").write_bytes(lzma.decompress(packed.read_bytes()))
    return [tmp_path / f"{host}.log" for host in HALVES]


@pytest.fixture
def earlier(tmp_path: Path) -> SQLiteStore:
    """The store that the last head with version 5 made of the first halves."""
    path = tmp_path / "earlier.db"
    path.write_bytes(lzma.decompress(KEPT.read_bytes()))
    store = SQLiteStore(path)
    assert all((store.checkpoint(host) or b"").startswith(b"provenance-checkpoint/5\n") for host in HALVES)
    return store


def ingested(path: Path, logs: list[Path]) -> str:
    """The digest of a new store of logs."""
    store = SQLiteStore(path)
    ingest(store, list(map(str, logs)))
    return digest(store)


def test_the_second_halves_on_top_give_what_one_go_gives(
    earlier: SQLiteStore, logs: list[Path], tmp_path: Path
) -> None:
    halves = [tmp_path / f"later-{log.name}" for log in logs]
    for log, half in zip(logs, halves, strict=True):
        half.write_bytes(log.read_bytes()[HALVES[log.stem] :])
    ingest(earlier, list(map(str, halves)))
    assert digest(earlier) == ingested(tmp_path / "at-once.db", logs)


def test_the_whole_logs_on_top_give_the_same(earlier: SQLiteStore, logs: list[Path], tmp_path: Path) -> None:
    done = ingest(earlier, list(map(str, logs)))
    assert done.known > 0
    assert digest(earlier) == ingested(tmp_path / "at-once.db", logs)


def test_one_that_cannot_be_gone_on_with_says_what_to_do(tmp_path: Path, logs: list[Path]) -> None:
    store = SQLiteStore(tmp_path / "store.db")
    with store.writer() as writer:
        writer.apply(Batch("app02", checkpoint=b"provenance-checkpoint/4\nxx"))
    with pytest.raises(InputError, match=r"app02: .*version 4.*`provenance rebuild`"):
        ingest(store, [str(logs[0])])
