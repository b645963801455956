"""Files that only their owner may read: they hold complete command lines and raw log lines, as auditd's own logs do, which are
0600 (auditd.conf(5), `log_group`)."""

from __future__ import annotations

import os
from pathlib import Path

MODE = 0o600


def opener(path: str, flags: int) -> int:
    """An opener for `open` (mode `w` or `x`): a file that it creates is 0600. One that exists keeps its mode."""
    descriptor = create(Path(path))
    if descriptor is None:
        return os.open(path, flags | os.O_CLOEXEC)
    return descriptor


def create(path: Path, mode: int = MODE) -> int | None:
    """The descriptor of a new, empty file with this mode, whatever the umask; None when there is a file. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    except FileExistsError:
        return None
    os.fchmod(descriptor, mode)
    return descriptor
