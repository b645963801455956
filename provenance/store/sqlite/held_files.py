"""One descriptor of our own for each store file that this process has connections to.

Closing any descriptor of a file drops all POSIX locks that the process has on it, those of SQLite's connections too
(fcntl(2), https://www.sqlite.org/howtocorrupt.html, 2.2). So ours is opened before the first connection to a file and closed
after the last one.
"""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from provenance.store.sqlite.place import FileIdentity


@dataclass
class HeldFile:
    """A store file that this process has connections to."""

    file: FileIdentity
    descriptor: int
    """Only to read and write; the caller does not close it."""
    connections: int = 0
    verified: tuple[int, int] | None = None
    """The size and modification time (ns) at which its content had the checksums of its seal."""


_HELD: dict[FileIdentity, HeldFile] = {}
_CHANGING = threading.Lock()
os.register_at_fork(before=_CHANGING.acquire, after_in_parent=_CHANGING.release, after_in_child=_CHANGING.release)


def hold(path: Path) -> HeldFile | None:
    """Count one more connection to the file at a path. None when there is no regular file that this user may read."""
    with _CHANGING:
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                return None
            file = FileIdentity(found.st_dev, found.st_ino)
            if file not in _HELD:
                _HELD[file] = HeldFile(file, _open(path))
        except OSError:
            return None
        _HELD[file].connections += 1
        return _HELD[file]


def _open(path: Path) -> int:
    flags = os.O_CLOEXEC | os.O_NONBLOCK  # does not wait, should the file have become a pipe
    try:
        return os.open(path, os.O_RDWR | flags)
    except OSError:
        return os.open(path, os.O_RDONLY | flags)


def release(held: HeldFile) -> None:
    """Count one connection less."""
    with _CHANGING:
        held.connections -= 1
        if held.connections == 0:
            del _HELD[held.file]
            os.close(held.descriptor)
