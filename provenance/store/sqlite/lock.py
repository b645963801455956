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
"""File descriptors of the locks that this process holds."""


def _close_in_child() -> None:
    """Close the locks in a forked child: it shares them and would keep them when its parent is killed."""
    while _HELD:
        os.close(_HELD.pop())


os.register_at_fork(after_in_child=_close_in_child)


class WriterLock:
    """flock(2) on `<store>.lock`, a file that also names the holder. Only the holder may remove the file (`remove`): a
    process that waited for it then finds that the name has another inode, and opens the file again."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self.path = store.with_name(store.name + ".lock")
        self._descriptor = -1

    def acquire(self, wait_s: float) -> None:
        """Acquire the lock, waiting up to `wait_s` seconds. Raises StoreBusy naming the holder, StoreUnreachable."""
        deadline = time.monotonic() + wait_s
        descriptor = self._open()
        while not (locked := _try(descriptor)) or not self._is_named(descriptor):
            if locked:
                os.close(descriptor)
                descriptor = self._open()
                continue
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 200, 0).decode("ascii", "replace").strip() or "another process"
                os.close(descriptor)
                raise StoreBusy(f"{self._store} is being written by {holder}")
            time.sleep(_POLL_S)
        holder = f"process {os.getpid()} since {rfc3339(time.time_ns() // 1_000_000)}\n"
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode("ascii"), 0)
        self._descriptor = descriptor
        _HELD.add(descriptor)

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise StoreUnreachable(f"{self._store} cannot be written: {self.path}: {reason}") from error

    def _is_named(self, descriptor: int) -> bool:
        """Whether the lock's name still leads to an open file."""
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def remove(self) -> None:
        """Remove the file of the lock, which this process holds."""
        if self._descriptor in _HELD:
            self.path.unlink(missing_ok=True)

    @contextmanager
    def holding(self, wait_s: float = 0.0) -> Iterator[None]:
        """A context that holds the lock."""
        self.acquire(wait_s)
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Release the lock."""
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
