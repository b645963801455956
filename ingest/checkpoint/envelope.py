"""The outer form of a checkpoint, the same in every version from 6 on: a line with the version, the raw lines of events that wait
for more records, and the content.

The raw lines are separate from the content, so that they are not lost when no ingest can continue from the content. Both parts
are compressed with zlib (RFC 1950), which has checksums. A checkpoint can come from somebody else, so the compressed size of a
part bounds its decompressed size: a small one cannot fill the memory.
"""

from __future__ import annotations

import zlib

from .errors import damaged

FIRST = 6
"""The first version of this form."""
_MAGIC = b"provenance-checkpoint/"
_LENGTH = 8
"""Bytes of the length of the packed lines, big-endian."""
_LEVEL = 1
_ALWAYS = 4 << 20
"""Bytes to which any part may be decompressed."""
_TIMES = 32
"""How many times its own size the content of a larger part may have. Real ones have five or six times theirs."""


def seal(version: int, content: bytes, held: bytes) -> bytes:
    """A checkpoint of a version with this content and these lines."""
    lines = _pack(held)
    return _MAGIC + b"%d\n" % version + len(lines).to_bytes(_LENGTH, "big") + lines + _pack(content)


def version_of(saved: bytes) -> int:
    """The version that a checkpoint says it has. Raises CheckpointError."""
    head, end, _ = saved[: len(_MAGIC) + 10].partition(b"\n")
    digits = head.removeprefix(_MAGIC)
    if not end or not head.startswith(_MAGIC) or not digits.isdigit():
        raise damaged("it does not begin with its version")
    return int(digits)


def held_by(saved: bytes) -> bytes:
    """The raw lines in a checkpoint. Raises CheckpointError."""
    begin, end = _places(saved)
    return unpack(saved[begin:end])


def content_of(saved: bytes) -> bytes:
    """The content of a checkpoint. Raises CheckpointError."""
    return unpack(saved[_places(saved)[1] :])


def body_of(saved: bytes) -> bytes:
    """The bytes after the line with the version."""
    return saved[saved.index(b"\n") + 1 :]


def unpack(packed: bytes) -> bytes:
    """The uncompressed bytes. Raises CheckpointError for bytes that are damaged, truncated, or too large when decompressed."""
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(packed, _most(packed))
    except zlib.error as error:
        raise damaged(error) from error
    if not reader.eof or reader.unused_data:
        raise damaged("truncated, or too large when decompressed")
    return content


def _places(saved: bytes) -> tuple[int, int]:
    """The begin and end of the packed lines."""
    begin = saved.index(b"\n") + 1 + _LENGTH
    return begin, begin + int.from_bytes(saved[begin - _LENGTH : begin], "big")


def _pack(content: bytes) -> bytes:
    packed = zlib.compress(content, _LEVEL)
    if len(content) > _most(packed):
        packed = zlib.compress(content, 0)  # what is too repetitive to be opened again is not compressed
    return packed


def _most(packed: bytes) -> int:
    return _ALWAYS + _TIMES * len(packed)
