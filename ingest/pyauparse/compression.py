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
STEP = 1 << 20
"""The most bytes that a decompressor gives in one step, whatever the few bytes that it read ask for."""
MOST_RATIO = 1000
"""The most bytes that one compressed byte may become. Records of one service that starts again and again, alike but for time and
serial, reach 320 with xz, 160 with zstd."""
_RATIO_FROM = 16 << 20
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
    position = made = 0
    decompressor: Any = make()
    while data:
        waiting: bytes | None = data
        while waiting is not None:
            try:
                out = decompressor.decompress(waiting, STEP)
            except failures as error:
                raise CompressionError(source, f"damaged {kind} data: {error}", byte=position) from error
            if out:
                yield out
                made += len(out)
                not_taken = len(getattr(decompressor, "unconsumed_tail", b""))
                _check_ratio(position + len(data) - not_taken, made, kind, source)
            waiting = _waiting(decompressor, out)
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


def _waiting(decompressor: Any, out: bytes) -> bytes | None:
    """What has to be given to a decompressor for more output from the bytes that it has: those that zlib has not taken, none for
    the others, which keep theirs; None when it needs more of the source."""
    if decompressor.eof:
        return None
    if hasattr(decompressor, "unconsumed_tail"):
        tail: bytes = decompressor.unconsumed_tail
        return tail if tail or len(out) == STEP else None
    return None if decompressor.needs_input else b""


def _check_ratio(read: int, made: int, kind: str, source: str) -> None:
    if made > _RATIO_FROM and made > MOST_RATIO * read:
        raise CompressionError(
            source,
            f"the first {read:,} bytes of {kind} data became more than {made:,}: no audit log can be compressed to less than a"
            f" {MOST_RATIO:,}th, the rest is not read",
            byte=read,
        )


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
