"""Decompression of sources. The first bytes show the format. A damaged or truncated source yields what can be read, then
raises."""

from __future__ import annotations

import bz2
import codecs
import importlib
import lzma
import zlib
from collections.abc import Callable, Iterator
from itertools import chain as chained
from typing import Any, BinaryIO

from .errors import CompressionError, UnreadableError

CHUNK = 1 << 17
_MAGIC = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2"}


def kind_of(head: bytes) -> str | None:
    """The name of the compression format that the first bytes of a source show; None for an uncompressed source."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decompressed_chunks(stream: BinaryIO, source: str) -> Iterator[bytes]:
    """The decompressed content of a stream, in chunks; what Windows has written in UTF-16 (`>` of PowerShell) as UTF-8. Raises
    CompressionError after the last readable chunk, and UnreadableError."""
    chunks = _chunks(stream, source)
    first = next(chunks, b"")
    if not first.startswith(_UTF_16):
        if first:
            yield first
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    for chunk in chained((first,), chunks):
        yield decoder.decode(chunk).encode("utf-8", "replace")


def _chunks(stream: BinaryIO, source: str) -> Iterator[bytes]:
    head = _read(stream, source)
    kind = kind_of(head)
    if kind is None:
        while head:
            yield head
            head = _read(stream, source)
        return
    yield from _decompressed(kind, head, stream, source)


def _read(stream: BinaryIO, source: str) -> bytes:
    try:
        return stream.read(CHUNK)
    except OSError as error:
        raise UnreadableError(source, error.strerror or str(error)) from error


def _decompressed(kind: str, data: bytes, stream: BinaryIO, source: str) -> Iterator[bytes]:
    make, failures = _decompressor(kind, source)
    position = 0
    decompressor: Any = make()
    while data:
        try:
            out = decompressor.decompress(data)
        except failures as error:
            raise CompressionError(source, f"damaged {kind} data: {error}", byte=position) from error
        if out:
            yield out
        if decompressor.eof:
            rest = decompressor.unused_data
            position += len(data) - len(rest)
            data = rest or _read(stream, source)
            if data.strip(b"\0"):
                decompressor = make()
            else:
                return
        else:
            position += len(data)
            data = _read(stream, source)
    raise CompressionError(source, f"the {kind} data is truncated", byte=position)


def _decompressor(kind: str, source: str) -> tuple[Callable[[], Any], tuple[type[Exception], ...]]:
    if kind == "gzip":
        return lambda: zlib.decompressobj(wbits=31), (zlib.error,)
    if kind == "xz":
        return lzma.LZMADecompressor, (lzma.LZMAError,)
    if kind == "bzip2":
        return bz2.BZ2Decompressor, (OSError,)
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        return module.ZstdDecompressor, (module.ZstdError,)
    raise UnreadableError(source, "zstd data: Python before 3.14 needs the package backports.zstd to read it")
