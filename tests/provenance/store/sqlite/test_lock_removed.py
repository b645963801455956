"""The lock of a store whose holder removes it: a waiting process locks the file that has its name now."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from provenance.errors import StoreBusy
from provenance.store.sqlite.lock import WriterLock


def _open_times(path: Path) -> int:
    """How many descriptors of this process lead to a file."""
    names = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            names.append(entry.readlink())
    return names.count(path)


def test_who_waits_for_a_removed_lock_gets_the_new_one(tmp_path: Path) -> None:
    first, second, third = (WriterLock(tmp_path / "case.db") for _ in range(3))
    first.acquire(0)
    waiting = Thread(target=second.acquire, args=(60.0,))
    waiting.start()
    while _open_times(tmp_path / "case.db.lock") < 2:
        time.sleep(0.01)
    first.remove()
    first.release()
    waiting.join()
    with pytest.raises(StoreBusy):
        third.acquire(0)
    second.release()
