"""One writer at a time: an advisory lock on a file beside the store, which the kernel releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provenance import private_files
from provenance.errors import StoreBusy, StoreUnreachable
from provenance.ingest.clock import rfc3339

_POLL_S = 0.05
_HOLDER = re.compile(rb"(process \d+ since [0-9TZ:.-]+)\n?")
_LOCKS = Path("/proc/locks")
"""The locks of the machine, a line each: number, kind, ADVISORY, READ or WRITE, process, device:inode (proc_locks(5))."""
_LOCK_WORDS = 5
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
                holder = _holder(descriptor)
                os.close(descriptor)
                raise StoreBusy(f"{self._store} is being written by {holder}")
            time.sleep(_POLL_S)
        holder = f"process {os.getpid()} since {rfc3339(time.time_ns() // 1_000_000)}\n"
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode("ascii"), 0)
        self._descriptor = descriptor
        _HELD.add(descriptor)

    def _open(self) -> int:
        """Open the file of the lock, or create it. A pipe or a device, which somebody else may have put there, is rejected."""
        try:
            descriptor = private_files.create(self.path, self._mode())
            if descriptor is None:
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
                descriptor = os.open(self.path, flags, private_files.MODE)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise StoreUnreachable(f"{self._store} cannot be written: {self.path}{self._owner()}: {reason}") from error
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise StoreUnreachable(f"{self._store} cannot be written: {self.path}: not a regular file")
        if found.st_uid == os.geteuid():  # earlier versions let everybody read it, and so hold it
            os.fchmod(descriptor, stat.S_IMODE(found.st_mode) & self._mode())
        return descriptor

    def _mode(self) -> int:
        """The mode of a new lock: whoever may write the store may lock it, and nobody else may even open the lock."""
        try:
            writers = self._store.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        except OSError:
            return private_files.MODE
        return private_files.MODE | writers | writers << 1

    def _owner(self) -> str:
        """Whose the file is, if it is another user's."""
        try:
            owner = self.path.lstat().st_uid
        except OSError:
            return ""
        return "" if owner == os.geteuid() else f" of user {owner}"

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


def _holder(descriptor: int) -> str:
    """Who holds the lock: what a writer of this program wrote into the file, else the process that the kernel names."""
    if found := _HOLDER.fullmatch(os.pread(descriptor, 200, 0)):
        return found[1].decode("ascii")
    inode = os.fstat(descriptor).st_ino
    try:
        locks = _LOCKS.read_text("ascii", "replace").splitlines()
    except OSError:
        locks = []
    for _, kind, _, _, process, file, *_ in filter(lambda words: len(words) > _LOCK_WORDS, map(str.split, locks)):
        if kind == "FLOCK" and file.rpartition(":")[2] == str(inode):
            return f"process {process}"
    return "another process"


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
