"""Columns of integers as bytes that compress well: each value is the difference from the one before it, little-endian."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate, islice
from operator import sub

_WIDTH = 8


def pack_columns(columns: Sequence[Sequence[int]]) -> bytes:
    """Pack columns of equal length, at least one row. Values and differences must be below 2^63."""
    content = [len(columns[0])]
    for column in columns:
        content.append(column[0])
        content.extend(map(sub, islice(column, 1, None), column))
    return struct.pack(f"<{len(content)}q", *content)


def unpack_columns(data: bytes, columns: int) -> tuple[list[list[int]], int]:
    """The columns at the beginning of `data`, and how many bytes they take."""
    length = int.from_bytes(data[:_WIDTH], "little")
    end = _WIDTH * (1 + columns * length)
    content = struct.unpack_from(f"<{columns * length}q", data, _WIDTH)
    return [list(accumulate(content[place * length : (place + 1) * length])) for place in range(columns)], end
