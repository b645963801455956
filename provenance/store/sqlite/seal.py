"""The seal of a store: checksums of the whole file, behind its last page, from the last writer that closed it.

SQLite notices damage only where it breaks a structure; a changed number or name would be a wrong answer. A store is read only
if its content has the checksums of its seal. A connection that is to write cuts the seal off first, so that a store whose
writer was killed has no seal instead of a wrong one. One that was already open when another sealed the store need not: SQLite
then knows how many pages there are, and cuts off what is behind them when it next moves its log (`-wal`) to the file. Until then
the newest content is in the log, which has checksums of its own (https://www.sqlite.org/fileformat2.html#wal_file_format).

Layout: the CRC-32 of each block of 64 KiB (the last may be shorter), 4 bytes each; then the magic, the length of the content
(8 bytes) and the CRC-32 of all before it in the seal (4 bytes); all little-endian. A CRC finds accidents, not forgers.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from provenance.errors import StoreUnreachable
from provenance.store.sqlite.held_files import HeldFile

BLOCK = 1 << 16
_MAGIC = b"PROVSEAL"
_FOOTER = struct.Struct("<8sQ")
_SUM = struct.Struct("<I")
MOST = 1 << 28
"""The largest store that is sealed (bytes): opening a store reads all of it, measured at 1.5 GiB a second in memory."""
_HEADER = struct.Struct(">16xH10xI")
"""The start of an SQLite file: the size of a page, with 1 for 65,536, and the number of pages."""
_HUGE_PAGE = 65_536


class Seal(NamedTuple):
    """A seal that was read: the length of the content that it is of (bytes), and the checksum of each block."""

    length: int
    sums: tuple[int, ...]


def verify(connection: sqlite3.Connection, path: Path, held: HeldFile) -> None:
    """Raise StoreUnreachable when the content of a store does not have the checksums of its seal, or when something else stands
    behind its last page. A store without a seal passes, as does one with a log, whose seal is out of date."""
    found = os.fstat(held.descriptor)
    state = (found.st_size, found.st_mtime_ns)
    if state == held.verified or found.st_size == 0:
        return
    connection.execute("BEGIN")
    try:
        connection.execute("PRAGMA user_version").fetchone()  # from here on no log is moved to the file
        if not has_log(path):
            _verify_settled(path, held.descriptor)
            held.verified = state
    finally:
        _end(connection)


def _end(connection: sqlite3.Connection) -> None:
    """End a transaction that changed nothing, unless an error of SQLite has ended it."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def has_log(path: Path) -> bool:
    """Whether a store has content in SQLite's log."""
    try:
        return path.resolve().with_name(path.resolve().name + "-wal").stat().st_size > 0
    except OSError:
        return False


def _verify_settled(path: Path, descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    seal = _read(descriptor, size)
    if seal is not None:
        if damaged := damaged_blocks(descriptor, seal):
            how = f"{len(damaged)} of its {len(seal.sums)} blocks of 64 KiB have changed"
            raise StoreUnreachable(_damaged(path, how))
    elif os.fstat(descriptor).st_size != size:  # somebody has just cut the seal off, to write
        _verify_settled(path, descriptor)
    elif size > (length := _content(descriptor)) and not _is_unfinished(descriptor, length, size):
        raise StoreUnreachable(_damaged(path, f"the {size - length} bytes behind its last page are no seal"))
    elif size < length:  # SQLite reads a last page that is not whole with zeros
        raise StoreUnreachable(_damaged(path, f"its last {length - size} bytes are missing"))


def _damaged(path: Path, how: str) -> str:
    return f"{path} is damaged: restore a backup, or ingest the logs into a new store ({how})"


def damaged_blocks(descriptor: int, seal: Seal) -> list[int]:
    """The numbers of the blocks whose content does not have its checksum."""
    sums = _sums(descriptor, seal.length)
    return [number for number, (was, now) in enumerate(zip(seal.sums, sums, strict=True)) if was != now]


def _sums(descriptor: int, length: int) -> tuple[int, ...]:
    return tuple(crc32(os.pread(descriptor, min(BLOCK, length - at), at)) for at in range(0, length, BLOCK))


def _read(descriptor: int, size: int) -> Seal | None:
    """The seal at the end of a file of `size` bytes, None when there is none or it is not whole."""
    tail = _FOOTER.size + _SUM.size
    footer = os.pread(descriptor, tail, max(size - tail, 0))
    if len(footer) != tail or not footer.startswith(_MAGIC):
        return None
    _, length = _FOOTER.unpack_from(footer)
    blocks = -(-length // BLOCK)
    if length + _SUM.size * blocks + tail != size:
        return None
    content = os.pread(descriptor, size - length, length)
    if crc32(content[: -_SUM.size]) != _SUM.unpack(content[-_SUM.size :])[0]:
        return None
    return Seal(length, struct.unpack(f"<{blocks}I", content[: _SUM.size * blocks]))


def _content(descriptor: int) -> int:
    """The length of the pages that an SQLite file says it has (bytes)."""
    page, pages = _HEADER.unpack(os.pread(descriptor, _HEADER.size, 0))
    return int((_HUGE_PAGE if page == 1 else page) * pages)


def apply(connection: sqlite3.Connection, path: Path, held: HeldFile) -> None:
    """Seal a store, unless others use it or it is larger than `MOST`; one that cannot be sealed stays as it is. The caller holds
    the writer's lock."""
    with suppress(sqlite3.Error, OSError):
        if not _settled(connection, path):
            return
        connection.execute("BEGIN IMMEDIATE")  # until its end nobody writes, and nobody moves an empty log
        try:
            size = os.fstat(held.descriptor).st_size
            if not has_log(path) and size == _content(held.descriptor) <= MOST:
                _append(held.descriptor, size)
        finally:
            _end(connection)


def _settled(connection: sqlite3.Connection, path: Path) -> bool:
    """Move all of the log to the file; False when somebody else still needs it. A log that was empty gets a page first: from the
    log SQLite knows how many pages there are, else from the size of the file, to which the seal will belong."""
    connection.execute("PRAGMA busy_timeout = 0")
    if not has_log(path):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {version}")
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _seal_of(descriptor: int, length: int) -> bytes:
    """The seal of the first `length` bytes of a file."""
    sums = _sums(descriptor, length)
    content = struct.pack(f"<{len(sums)}I", *sums) + _FOOTER.pack(_MAGIC, length)
    return content + _SUM.pack(crc32(content))


def _append(descriptor: int, size: int) -> None:
    content = _seal_of(descriptor, size)
    try:
        is_whole = os.pwrite(descriptor, content, size) == len(content)
    except OSError:
        is_whole = False
    if is_whole:
        os.fsync(descriptor)
    else:
        os.ftruncate(descriptor, size)


def _is_unfinished(descriptor: int, length: int, size: int) -> bool:
    """Whether what stands behind the last page is a part of the seal, which a writer that was killed or a loss of power left:
    its beginning, with the right checksums."""
    expected = -(-length // BLOCK) * _SUM.size + _FOOTER.size + _SUM.size
    if not length < size <= length + expected:
        return False
    tail = os.pread(descriptor, size - length, length)
    return _seal_of(descriptor, length).startswith(tail)


def remove(connection: sqlite3.Connection, path: Path, held: HeldFile) -> None:
    """Cut off the seal, or the part of one, before something is written. Raises sqlite3.Error."""
    if _sealed_length(held.descriptor) is None:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        length = _sealed_length(held.descriptor)
        if length is not None and not has_log(path):
            os.ftruncate(held.descriptor, length)
    finally:
        _end(connection)


def _sealed_length(descriptor: int) -> int | None:
    """The length of the content before a seal or a part of one; None where neither stands behind the last page."""
    size = os.fstat(descriptor).st_size
    seal = _read(descriptor, size)
    if seal is not None:
        return seal.length
    if size < _HEADER.size:
        return None
    length = _content(descriptor)
    return length if _is_unfinished(descriptor, length, size) else None
