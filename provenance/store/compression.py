"""Compression of the blocks in a store: Zstandard, from the standard library as of Python 3.14."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from types import ModuleType

from provenance.errors import StoreUnreachable

LEVEL = 3


def compress(data: bytes) -> bytes:
    """A Zstandard frame."""
    compressed: bytes = _zstd().compress(data, LEVEL)
    return compressed


def decompress(data: bytes) -> bytes:
    """The content of a frame. Raises StoreUnreachable."""
    zstd = _zstd()
    try:
        content: bytes = zstd.decompress(data)
    except zstd.ZstdError as error:
        raise StoreUnreachable(f"the store is damaged: a block cannot be decompressed ({error})") from error
    return content


@cache
def _zstd() -> ModuleType:
    """The library, loaded when the first block is read or written: most commands do neither."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
