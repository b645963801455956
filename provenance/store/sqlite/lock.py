"""One writer at a time: an advisory lock on a file beside the store, which the kernel releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provenance.errors import StoreBusy, StoreUnreachable
from provenance.ingest.clock import rfc3339

_POLL_S = 0.05
_HELD: set[int] = set()
"""Descriptors of locks that are held."""


def _leave_to_parent() -> None:
    """A forked child shares its parent's lock and would keep it when the parent is killed."""
    while _HELD:
        os.close(_HELD.pop())


os.register_at_fork(after_in_child=_leave_to_parent)


class WriterLock:
    """flock(2) on `<store>.lock`, which also says who holds it. The file stays: removing it would let two in."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._path = store.with_name(store.name + ".lock")
        self._descriptor = -1

    def acquire(self, wait_s: float) -> None:
        """Take the lock, waiting up to `wait_s` seconds. Raises StoreBusy naming the holder, StoreUnreachable."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise StoreUnreachable(f"{self._store}: cannot lock it: {self._path}: {error.strerror}") from error
        deadline = time.monotonic() + wait_s
        while not _try(descriptor):
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 200, 0).decode("ascii", "replace").strip() or "another process"
                os.close(descriptor)
                raise StoreBusy(f"{self._store} is being written by {holder}")
            time.sleep(_POLL_S)
        ours = f"process {os.getpid()} since {rfc3339(time.time_ns() // 1_000_000)}\n"
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, ours.encode("ascii"), 0)
        self._descriptor = descriptor
        _HELD.add(descriptor)

    @contextmanager
    def held(self, wait_s: float = 0.0) -> Iterator[None]:
        """Hold the lock for a while."""
        self.acquire(wait_s)
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Let the next writer in."""
        if self._descriptor in _HELD:
            _HELD.remove(self._descriptor)
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
