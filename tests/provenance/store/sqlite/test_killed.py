"""After kill -9 at any moment the store holds complete batches, and the next writer continues."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from provenance.errors import StoreUnreachable
from provenance.store import open_store
from provenance.transfer.digest import digest
from tests.conftest import ROOT
from tests.provenance.store.sqlite import history

BATCHES = 40
KILLS = 15


def test_a_killed_writer_leaves_complete_batches(tmp_path: Path) -> None:
    expected = [_digest_after(tmp_path / "whole.db", number) for number in range(BATCHES)]
    store = tmp_path / "killed.db"
    pick = random.Random(1)
    last_batches: set[int] = set()
    for _ in range(KILLS):
        last_batch = _killed_after(store, pick.uniform(0.0, 0.12))
        if last_batch is None:
            continue
        last_batches.add(last_batch)
        assert digest(open_store(str(store))) == expected[last_batch]
    history.go_on(str(store), BATCHES)
    finished = open_store(str(store))
    assert digest(finished) == expected[-1]
    assert finished.hosts()[0].tallies == {"events": BATCHES * 300}
    assert finished.hosts() == open_store(str(tmp_path / "whole.db")).hosts()
    assert len(last_batches) > 2, "the kills came too early or too late to show anything"


def _digest_after(path: Path, number: int) -> str:
    store = open_store(str(path))
    with store.writer() as writer:
        writer.apply(history.batch(number))
    return digest(store)


def _killed_after(store: Path, seconds: float) -> int | None:
    """Go on writing, kill it so many seconds after its first batch of this run; the last batch that the store holds."""
    before = _checkpoint(store)
    child = subprocess.Popen(
        [sys.executable, history.__file__, str(store), str(BATCHES)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    deadline = time.monotonic() + 20
    while child.poll() is None and _checkpoint(store) == before and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(seconds)
    child.kill()
    child.wait()
    return _checkpoint(store)


def _checkpoint(store: Path) -> int | None:
    if not store.exists():
        return None
    try:
        hosts = open_store(str(store)).hosts()
    except StoreUnreachable:
        return None
    return hosts[0].tallies["events"] // 300 - 1 if hosts else None
