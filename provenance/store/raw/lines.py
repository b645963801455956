"""Raw lines in blocks: stored (compressed), or referenced by offset and digest and read from their source again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from provenance.errors import UsageError
from provenance.ingest.facts import Line
from provenance.store.columns import pack_columns, unpack_columns
from provenance.store.compression import compress, decompress

STDIN = "-"
MINUTE_BITS = 16
"""Events are looked up by their time without its lowest bits, about a minute of ms, and by their serial."""
_BLOCK = 1 << 18
"""Raw bytes in a block: large enough to compress well, small enough that one event is read in a millisecond."""
DIGEST = 8


class Span(NamedTuple):
    """The events of a block in one minute: their serials lie in [low, high]."""

    minute: int
    low: int
    high: int


class LineBlock(NamedTuple):
    """Consecutive events; `first` and `last` are the moments of the first and the last, `digest` is the block's."""

    first: int
    last: int
    spans: tuple[Span, ...]
    digest: int
    block: bytes


class Place(NamedTuple):
    """An event in a block. `raw` are its lines in a block that holds them, else their digest; `length` is that of its lines."""

    moment: int
    ms: int
    serial: int
    offset: int
    length: int
    raw: bytes


def digest(raw: bytes) -> bytes:
    """The digest of raw lines that a reference holds."""
    return blake2b(raw, digest_size=DIGEST).digest()


def source_to_keep(source: str, keep: bool) -> str:
    """The source of lines as a store records it: as given, or, for references, its absolute path. Raises UsageError for
    references to standard input."""
    if keep:
        return source
    if source == STDIN:
        raise UsageError("lines from standard input cannot be stored as references: they cannot be read again")
    return str(Path(source).absolute())


def pack(lines: Sequence[Line], keep: bool) -> Iterator[LineBlock]:
    """Blocks of a batch's lines, in their order."""
    sizes = list(accumulate(map(len, map(attrgetter("raw"), lines)), initial=0))
    begin = 0
    while begin < len(lines):
        end = min(bisect_left(sizes, sizes[begin] + _BLOCK, begin + 1), len(lines))
        yield _block(lines[begin:end], keep)
        begin = end


def _block(lines: Sequence[Line], keep: bool) -> LineBlock:
    moments, times, serials, raws, offsets = zip(*lines, strict=True)
    columns = pack_columns((moments, times, serials, offsets, list(map(len, raws))))
    block = compress(columns + b"".join(raws if keep else map(digest, raws)))
    content = int.from_bytes(digest(block), "big", signed=True)
    return LineBlock(moments[0], moments[-1], _spans(times, serials), content, block)


def _spans(times: Sequence[int], serials: Sequence[int]) -> tuple[Span, ...]:
    minute = min(times) >> MINUTE_BITS
    if minute == max(times) >> MINUTE_BITS:
        return (Span(minute, min(serials), max(serials)),)
    spans: dict[int, list[int]] = {}
    for ms, serial in zip(times, serials, strict=True):
        span = spans.get(ms >> MINUTE_BITS)
        if span is None:
            spans[ms >> MINUTE_BITS] = [serial, serial]
        elif serial > span[1]:
            span[1] = serial
        elif serial < span[0]:
            span[0] = serial
    return tuple(Span(minute, low, high) for minute, (low, high) in spans.items())


def unpack(block: bytes, holds_lines: bool) -> Iterator[Place]:
    """The events of a block, in order."""
    data = decompress(block)
    columns, position = unpack_columns(data, 5)
    for moment, ms, serial, offset, length in zip(*columns, strict=True):
        end = position + (length if holds_lines else DIGEST)
        yield Place(moment, ms, serial, offset, length, data[position:end])
        position = end
