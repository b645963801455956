"""Decompression of payloads, recognized by their first bytes, up to a limit."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable

from provenance.decode.decoding import MAX_TEXT

_LIMIT = MAX_TEXT * 4
"""Bytes; four are the most that one character takes in any encoding read here."""
_LZMA_MEMORY = 64 << 20


def _inflate(window: int) -> Callable[[bytes], bytes]:
    return lambda data: zlib.decompressobj(window).decompress(data, _LIMIT)


_FORMATS: tuple[tuple[str, tuple[bytes, ...], Callable[[bytes], bytes]], ...] = (
    ("gzip", (b"\x1f\x8b",), _inflate(31)),
    ("zlib", (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"), _inflate(15)),
    ("bzip2", (b"BZh",), lambda data: bz2.BZ2Decompressor().decompress(data, _LIMIT)),
    ("xz", (b"\xfd7zXZ\0",), lambda data: lzma.LZMADecompressor(memlimit=_LZMA_MEMORY).decompress(data, _LIMIT)),
)
_RAW = _inflate(-15)


def decompress(payload: bytes, raw: bool) -> tuple[str, bytes] | None:
    """The name of the format and the decompressed bytes; None when the payload is not compressed. `raw` also tries a deflate
    stream without a header, as PHP's gzinflate and .NET's DeflateStream take it."""
    formats = [(name, read) for name, magics, read in _FORMATS if payload.startswith(magics)]
    if raw and not formats:
        formats = [("deflate", _RAW)]
    for name, read in formats:
        try:
            plain = read(payload)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
            continue
        if plain:
            return name, plain
    return None
