"""Where logs lie: files, globs, folders of rotated files oldest first, standard input, a file that is still written."""

from __future__ import annotations

import glob
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from .compression import PIECE, pieces
from .errors import FormatError, UnreadableError
from .event import Event
from .parser import Parser

STDIN = "-"
_ROTATED = re.compile(r"(?P<stem>.*?\.log)(?:[.-](?P<number>\d+(?:-\d+)*))?(?:\.(?:gz|xz|zst|bz2))?\Z")
_SAMPLE = 1 << 16
_UNWRITTEN = bytes({*range(1, 32)} - {*b"\t\n\r\x1d"})
"""Control bytes that no line of a log has: the kernel writes what holds them in hexadecimal."""
_RARE = 100
_TAR, _TAR_AT = b"ustar", 257
"""What marks a tar archive (POSIX.1-1988, pax), whose members may well be logs: it is to be unpacked."""
_SHORTEST_DATE = 6
"""Digits of a rotated file's name that are a date (`-20261124`, `-2026-11-24`, with an hour or a count of seconds
behind it), which rises as time does; fewer are a place, which falls."""


def expand(paths: Sequence[str]) -> list[str]:
    """The files behind paths, globs and folders; of a folder its logs. Rotated ones stand oldest first, also those that
    a shell has listed by name.

    Raises UnreadableError for a path that is not there and a folder or glob that holds no log.
    """
    found: list[str] = []
    for path in paths:
        if path == STDIN or Path(path).is_file():
            found.append(path)
        elif Path(path).is_dir():
            logs = [str(entry) for entry in Path(path).iterdir() if entry.is_file() and _ROTATED.match(entry.name)]
            if not logs:
                raise UnreadableError(path, "no *.log, *.log.N or compressed log in this folder")
            found.extend(oldest_first(_written(logs)))
        elif matches := [match for match in glob.glob(path) if Path(match).is_file()]:  # noqa: PTH207 (Path.glob takes no absolute pattern)
            found.extend(oldest_first(_written(matches)))
        elif Path(path).exists():
            found.append(path)
        else:
            raise UnreadableError(
                path,
                "a symbolic link to a file that does not exist"
                if Path(path).is_symlink()
                else "no such file or folder",
            )
    return _siblings_in_order(list(dict.fromkeys(found)))


def _written(paths: list[str]) -> list[str]:
    """The files that hold something, or all when none does: just rotated, a log is empty until something happens."""
    return [path for path in paths if Path(path).stat().st_size] or paths


def _siblings_in_order(paths: list[str]) -> list[str]:
    """The paths, those that one log was rotated to in their own order at the places that they hold together."""
    places: dict[str, list[int]] = {}
    for place, path in enumerate(paths):
        match = _ROTATED.match(Path(path).name) if path != STDIN else None
        if match is not None:
            places.setdefault(str(Path(path).parent / match["stem"]), []).append(place)
    ordered = list(paths)
    for held in places.values():
        for place, path in zip(held, oldest_first([paths[place] for place in held]), strict=True):
            ordered[place] = path
    return ordered


def oldest_first(paths: Sequence[str]) -> list[str]:
    """Rotated logs in the order in which they were written: audit.log.2, audit.log.1, audit.log; dates ascending."""

    def place(path: str) -> tuple[str, int, int, int]:
        match = _ROTATED.match(Path(path).name)
        number = match["number"] if match is not None else None
        stem = str(Path(path).parent / (match["stem"] if match is not None else Path(path).name))
        if number is None:
            return stem, 1, 0, 0
        if len(number) < _SHORTEST_DATE:
            return stem, 0, -int(number.partition("-")[0]), 0
        digits = number.replace("-", "")
        return stem, 0, int(digits[:8]), int(digits[8:] or 0)

    return sorted(paths, key=place)


def open_source(path: str) -> BinaryIO:
    """A source for reading bytes. Raises UnreadableError."""
    if path == STDIN:
        if sys.stdin is None:  # closed by whoever started us (`<&-`)
            raise UnreadableError(path, "standard input is closed")
        return sys.stdin.buffer
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise UnreadableError(path, (error.strerror or str(error)).lower()) from error


def content(path: str) -> Iterator[bytes]:
    """The decompressed bytes of a source. Raises AuditInputError."""
    stream = open_source(path)
    try:
        yield from pieces(stream, path)
    finally:
        if path != STDIN:
            stream.close()


def check(sample: bytes, source: str) -> None:
    """Raise FormatError when the first bytes of a source cannot be an audit log.

    A block of zeros, which a file system leaves where a machine lost power while it wrote, makes no log binary: among lines
    of records it is a corrupt one.
    """
    if not sample:
        raise FormatError(source, "the file is empty")
    if b"\0" in sample[:_SAMPLE] and not _is_log(sample[: _SAMPLE * 4]):
        raise FormatError(source, "binary data, not an audit log", byte=sample.index(b"\0"))


def _is_log(sample: bytes) -> bool:
    """Whether bytes with zeros among them are lines of a log: hardly any other byte that no text has, and a record."""
    if sample.startswith(_TAR, _TAR_AT):
        return False
    others = len(sample) - len(sample.translate(None, _UNWRITTEN))
    if others * _RARE > len(sample) - sample.count(b"\0"):
        return False
    parser = Parser()
    parser.feed(b"\n".join(line for line in sample.split(b"\n") if b"\0" not in line) + b"\n")
    parser.close()
    return parser.counts.records > 0


def events(source: str | Path | BinaryIO, node: str | None = None) -> Iterator[Event]:
    """The events of a log in the order of their serials. Raises AuditInputError."""
    parser = Parser(node)
    stream = content(str(source)) if isinstance(source, (str, Path)) else pieces(source, _name_of(source))
    for piece in stream:
        yield from parser.feed(piece)
    yield from parser.close()


def _name_of(stream: BinaryIO) -> str:
    return str(getattr(stream, "name", "<stream>"))


def follow(path: str, parser: Parser, poll_s: float = 1.0, idle_polls: int | None = None) -> Iterator[Event]:
    """The events of a file that is still written, as they become complete; goes on with its successor on rotation.

    Never ends by itself unless `idle_polls` polls in a row found nothing new.
    """
    stream = open_source(path)
    idle = 0
    while idle_polls is None or idle < idle_polls:
        piece = stream.read(PIECE)
        if piece:
            idle = 0
            yield from parser.feed(piece)
            continue
        yield from parser.drain()
        idle += 1
        time.sleep(poll_s)
        if _replaced(path, stream):
            yield from parser.feed(stream.read())
            stream.close()
            stream = open_source(path)
    stream.close()


def _replaced(path: str, stream: BinaryIO) -> bool:
    try:
        now, ours = Path(path).stat(), os.fstat(stream.fileno())
    except OSError:
        return False
    return now.st_ino != ours.st_ino or now.st_size < stream.tell()
