"""Ingest continues stores of earlier versions: it reads their checkpoints, and the graph is that of one ingest."""

from __future__ import annotations

import lzma
import zlib
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.ingest.checkpoint.schema import VERSION
from provenance.ingest.facts import Batch
from provenance.intake.run import ingest
from provenance.store.sqlite import SQLiteStore
from tests.conftest import ROOT
from tests.provenance.intake.earlier import assert_lacks_only_logins

HALVES = {"app02": 568_888, "db02": 987_862}
"""Bytes of the logs of the recording `cron-ssh` that the store of version 5 holds: each ends inside an event."""
EARLIER_STORE = ROOT / "tests" / "ingest" / "checkpoint" / "recorded" / "version-5.db.xz"
UNUSABLE = {
    "version 4": b"provenance-checkpoint/4\nxx",
    "newer version": b"provenance-checkpoint/999\nxx",
    "damaged checkpoint": b"provenance-checkpoint/%d\n" % VERSION,
    "must not hold os.system": b"provenance-checkpoint/5\n" + zlib.compress(b"\x80\x05\x8c\x02os\x8c\x06system\x93."),
}
"""Checkpoints from which no ingest can continue, by what the error says of each."""


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    """The complete logs of both hosts."""
    for host in HALVES:
        packed = ROOT / "tests" / "recordings" / "cron-ssh" / f"{host}.log.xz"
        (tmp_path / f"{host}.log").write_bytes(lzma.decompress(packed.read_bytes()))
    return [tmp_path / f"{host}.log" for host in HALVES]


@pytest.fixture
def earlier(tmp_path: Path) -> SQLiteStore:
    """The store that the last head with version 5 made of the first halves."""
    path = tmp_path / "earlier.db"
    path.write_bytes(lzma.decompress(EARLIER_STORE.read_bytes()))
    store = SQLiteStore(path)
    assert all((store.checkpoint(host) or b"").startswith(b"provenance-checkpoint/5\n") for host in HALVES)
    return store


def ingested(path: Path, logs: list[Path]) -> SQLiteStore:
    """A new store of logs."""
    store = SQLiteStore(path)
    ingest(store, list(map(str, logs)))
    return store


def test_the_second_halves_complete_the_graph(earlier: SQLiteStore, logs: list[Path], tmp_path: Path) -> None:
    halves = [tmp_path / f"later-{log.name}" for log in logs]
    for log, half in zip(logs, halves, strict=True):
        half.write_bytes(log.read_bytes()[HALVES[log.stem] :])
    ingest(earlier, list(map(str, halves)))
    assert_lacks_only_logins(earlier, ingested(tmp_path / "at-once.db", logs))


def test_the_complete_logs_complete_the_graph(earlier: SQLiteStore, logs: list[Path], tmp_path: Path) -> None:
    result = ingest(earlier, list(map(str, logs)))
    assert result.known > 0
    assert_lacks_only_logins(earlier, ingested(tmp_path / "at-once.db", logs))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("saved", UNUSABLE)
def test_an_unusable_checkpoint_is_reported_with_a_remedy(
    tmp_path: Path, logs: list[Path], saved: str, jobs: int
) -> None:
    store = SQLiteStore(tmp_path / "store.db")
    with store.writer() as writer:
        writer.apply(Batch("app02", checkpoint=UNUSABLE[saved]))
    with pytest.raises(InputError, match=rf"^app02: .*{saved}.*; `provenance rebuild` derives"):
        ingest(store, [str(logs[0])], jobs=jobs)
    with pytest.raises(InputError, match=rf"^app02: .*{saved}.*; ingest all logs of the host into a new store"):
        ingest(store, [str(logs[0])], jobs=jobs, lines=False)
