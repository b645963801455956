"""The place of a store: SQLite goes on writing into a file that was renamed or deleted, where nobody finds it again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from provenance.errors import StoreMissing, StoreUnreachable

LEAST_FREE = 4 << 20
"""The room that a disk must have for a store to be writable (bytes): a few hundred alerts."""


class FileIdentity(NamedTuple):
    """A file, whatever its name: its device and inode."""

    device: int
    inode: int


def identity(path: Path) -> FileIdentity:
    """The file at a path. Raises StoreMissing."""
    try:
        found = path.stat()
    except OSError as error:
        raise StoreMissing(f"{path} is gone: {error.strerror}") from error
    return FileIdentity(found.st_dev, found.st_ino)


def check_same(path: Path, opened: FileIdentity) -> None:
    """Raises StoreMissing unless a path still has the file that was opened. A connection to another would use the log of the
    former one beside it, or delete that."""
    if identity(path) != opened:
        raise StoreMissing(f"{path} is another file now: the one that was opened was renamed or deleted")


def check_place(path: Path, opened: FileIdentity) -> None:
    """Raises StoreError unless a path still has the file that was opened, and its disk has room."""
    check_same(path, opened)
    room = os.statvfs(path)
    if room.f_bavail * room.f_frsize < LEAST_FREE:
        raise StoreUnreachable(f"{path} cannot be written: no space left")
