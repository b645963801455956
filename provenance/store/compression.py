"""Compression of the blocks in a store: Zstandard, from the standard library as of Python 3.14."""

from __future__ import annotations

import sys

from provenance.errors import StoreUnreachable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL = 3


def compress(data: bytes) -> bytes:
    """A Zstandard frame."""
    return zstd.compress(data, LEVEL)


def decompress(data: bytes) -> bytes:
    """The content of a frame. Raises StoreUnreachable."""
    try:
        return zstd.decompress(data)
    except zstd.ZstdError as error:
        raise StoreUnreachable(f"the store is damaged: a block cannot be decompressed ({error})") from error
