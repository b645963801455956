"""The log format of container run-times (kubernetes, CRI logging): `TIME STREAM P|F TEXT`, a long line in several parts."""

from __future__ import annotations

from typing import NamedTuple

from ..wrappers import container_part

_LONGEST = 1 << 20


class Part(NamedTuple):
    """A line behind its prefix, with all lines that it stood on, each but the last with its newline, and the offset of the
    first; `text` is None while the line goes on."""

    text: str | None
    raw: bytes
    offset: int


class Containers:
    """Puts lines together again that a container run-time has parted."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, bytes, int]] = {}

    def take(self, line: str, raw: bytes, offset: int) -> Part | None:
        """Take a line; None when it has no such prefix, or ends none that was parted: then it is read as it stands."""
        found = container_part(line)
        if found is None:
            return None
        stream, goes_on, text = found
        before = self._open.pop(stream, None)
        if before is None and not goes_on:
            return None
        if before is not None:
            text, raw, offset = before[0] + text, before[1] + b"\n" + raw, before[2]
        if goes_on and len(raw) <= _LONGEST:
            self._open[stream] = text, raw, offset
            return Part(None, raw, offset)
        return Part(text, raw, offset)

    def pending(self) -> bytes:
        """The lines of those that go on, to be fed again before what follows."""
        return b"".join(raw + b"\n" for _, raw, _ in self._open.values())

    def close(self) -> list[Part]:
        """The input is over: the lines that were never ended, as far as they go."""
        left, self._open = self._open, {}
        return [Part(text, raw, offset) for text, raw, offset in left.values()]
