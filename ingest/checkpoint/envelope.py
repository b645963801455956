"""The outer form of a checkpoint: a line with its version, then its content, compressed.

The content is zlib's (RFC 1950), which carries a checksum. A checkpoint can come from somebody else, so what it grows to is
bounded by its own size: a small one cannot fill the memory.
"""

from __future__ import annotations

import zlib

from .errors import damaged

_MAGIC = b"provenance-checkpoint/"
_LEVEL = 1
_ALWAYS = 4 << 20
"""Bytes that any checkpoint may grow to."""
_TIMES = 32
"""A larger one may grow to so many times its size. Real ones grow to five or six times theirs."""


def seal(version: int, content: bytes) -> bytes:
    """A checkpoint of a version with this content."""
    packed = zlib.compress(content, _LEVEL)
    if len(content) > _most(packed):
        packed = zlib.compress(content, 0)  # what is too repetitive to be opened again is not compressed
    return _MAGIC + b"%d\n" % version + packed


def version_of(saved: bytes) -> int:
    """The version that a checkpoint says it has. Raises CheckpointError."""
    head, end, _ = saved[: len(_MAGIC) + 10].partition(b"\n")
    digits = head.removeprefix(_MAGIC)
    if not end or not head.startswith(_MAGIC) or not digits.isdigit():
        raise damaged("it does not begin with its version")
    return int(digits)


def content_of(saved: bytes) -> bytes:
    """The content of a checkpoint. Raises CheckpointError."""
    packed = saved[saved.index(b"\n") + 1 :]
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(packed, _most(packed))
    except zlib.error as error:
        raise damaged(error) from error
    if not reader.eof or reader.unused_data:
        raise damaged("it is cut off, or grows beyond every real one")
    return content


def _most(packed: bytes) -> int:
    return _ALWAYS + _TIMES * len(packed)
