"""Compression of the blocks in a store: Zstandard, from the standard library as of Python 3.14."""

from __future__ import annotations

import sys
import threading
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from provenance.errors import StoreUnreachable

LEVEL = 3


_of_thread = threading.local()


def compress(data: bytes) -> bytes:
    """A Zstandard frame."""
    compressor = _compressor()
    frame: bytes = compressor.compress(data, compressor.FLUSH_FRAME)
    return frame


def _compressor() -> Any:
    """The compressor of this thread. Another one for each block would cost more than to compress a small one, because its
    tables are cleared anew."""
    found = getattr(_of_thread, "compressor", None)
    if found is None:
        found = _of_thread.compressor = _zstd().ZstdCompressor(level=LEVEL)
    return found


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
