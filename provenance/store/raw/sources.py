"""Referenced raw lines: read again from their log, and accepted only if their digest matches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from provenance.errors import StoreError
from provenance.ingest.pyauparse.compression import decompressed_chunks, kind_of
from provenance.ingest.pyauparse.errors import AuditInputError
from provenance.store.raw.lines import Place, digest

_WINDOWS = (0, 1 << 16, 1 << 20, 1 << 24)
"""How many bytes beyond an event's own length are searched for its lines, as lines of other events may stand between them."""


def read_again(source: str, places: Sequence[Place]) -> Iterator[tuple[Place, bytes]]:
    """The raw lines of events of one source, in order of offset. Raises StoreError when they are no longer there."""
    content = _Content(source)
    try:
        for place in sorted(places, key=lambda place: place.offset):
            yield place, _lines(content, place)
    finally:
        content.close()


def _lines(content: _Content, place: Place) -> bytes:
    stamp = b"%d.%03d:%d" % (place.ms // 1000, place.ms % 1000, place.serial)
    for window in _WINDOWS:
        chunk = content.at(place.offset, place.length + window)
        text = chunk[: place.length]
        if digest(text) == place.raw:
            return text
        for raw in _candidates(chunk, stamp, place):
            if digest(raw) == place.raw:
                return raw
    raise StoreError(
        f"{content.source} has changed since it was ingested: the lines of event {stamp.decode()} are not at byte"
        f" {place.offset}"
    )


def _candidates(chunk: bytes, stamp: bytes, place: Place) -> Iterator[bytes]:
    """Candidates for the lines of an event among those of others: lines with its stamp, or with its serial as the journal's
    JSON and export formats write it (systemd.journal-fields(7))."""
    lines = chunk.split(b"\n")
    yield b"\n".join(_first_parts(place.length, (line for line in lines if stamp in line)))
    serial = re.compile(rb'"_AUDIT_ID"\s*:\s*"%d"' % place.serial)
    yield b"\n".join(_first_parts(place.length, filter(serial.search, lines)))
    field = b"_AUDIT_ID=%d" % place.serial
    entries = (entry + b"\n" for entry in chunk.split(b"\n\n") if field in entry.split(b"\n"))
    yield b"\n".join(_first_parts(place.length, entries))


def _first_parts(length: int, parts: Iterable[bytes]) -> Iterator[bytes]:
    """The first parts whose joined length reaches `length`."""
    size = -1
    for part in parts:
        yield part
        size += len(part) + 1
        if size >= length:
            return


class _Content:
    """The decompressed content of a source, read at growing offsets."""

    def __init__(self, source: str) -> None:
        self.source = source
        try:
            self._file = Path(source).open("rb")  # noqa: SIM115
            self._compressed = kind_of(self._file.read(8)) is not None
            self._file.seek(0)
        except OSError as error:
            raise StoreError(f"{source}: {error.strerror}; the store holds only references to its lines") from error
        self._chunks = decompressed_chunks(self._file, source) if self._compressed else iter(())
        self._held = b""
        self._begin = 0

    def at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        try:
            if not self._compressed:
                self._file.seek(offset)
                return self._file.read(length)
            return self._decompressed(offset, length)
        except (OSError, AuditInputError) as error:
            raise StoreError(f"{self.source} cannot be read again: {error}") from error

    def _decompressed(self, offset: int, length: int) -> bytes:
        while self._begin + len(self._held) < offset + length:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            drop = min(max(offset - self._begin, 0), len(self._held))
            self._held = self._held[drop:] + chunk
            self._begin += drop
        place = offset - self._begin
        return self._held[place : place + length] if place >= 0 else b""

    def close(self) -> None:
        """Close the source."""
        self._file.close()
