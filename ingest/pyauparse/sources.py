"""Sources of logs: files, globs, folders of rotated files (oldest first), standard input, a file that is still written."""

from __future__ import annotations

import glob
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from .compression import CHUNK, decompressed_chunks
from .errors import AuditInputError, FormatError, UnreadableError
from .event import Event
from .parser import Parser

STDIN = "-"
_ROTATED = re.compile(r"(?P<stem>.*?\.log)(?:[.-](?P<number>\d+(?:-\d+)*))?(?:\.(?:gz|xz|zst|bz2))?\Z")
_SAMPLE = 1 << 16
_NEVER_IN_LOGS = bytes({*range(1, 32)} - {*b"\t\n\r\x1d"})
"""Control bytes that no line of a log has: the kernel writes text that holds them in hexadecimal."""
_FEW_PER = 100
_TAR, _TAR_AT = b"ustar", 257
"""The mark of a tar archive (POSIX.1-1988, pax). Its members may be logs, but the user must unpack it."""
_SHORTEST_DATE = 6
"""This many digits in the name of a rotated file are a date (`-20261124`, `-2026-11-24`, perhaps with an hour or a count of
seconds), which grows with time; fewer digits are a rotation number, which falls with time."""


def expand(paths: Sequence[str]) -> list[str]:
    """The files that paths, globs and folders name; a folder stands for its logs. Rotated logs are ordered oldest first, also
    when a shell has listed them by name.

    Raises UnreadableError for a path that does not exist and for a folder or glob without a log.
    """
    found: list[str] = []
    for path in paths:
        if path == STDIN or Path(path).is_file():
            found.append(path)
        elif Path(path).is_dir():
            logs = [str(entry) for entry in sorted(Path(path).iterdir()) if entry.is_file() and _is_log_file(entry)]
            if not logs:
                raise UnreadableError(
                    path, "no *.log, *.log.N or compressed log in this folder, nor any other with audit records"
                )
            found.extend(oldest_first(_not_empty(logs)))
        elif matches := [match for match in glob.glob(path) if Path(match).is_file()]:  # noqa: PTH207 (Path.glob takes no absolute pattern)
            found.extend(oldest_first(_not_empty(matches)))
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


def _is_log_file(entry: Path) -> bool:
    """Whether a file of a folder is a log by its name, or holds audit records under another name (`audit-20261129`)."""
    if _ROTATED.match(entry.name):
        return True
    if entry.name.startswith("."):
        return False
    parser = Parser()
    try:
        first = next(content(str(entry)), b"")
        check(first, str(entry))
        parser.feed(first[:_SAMPLE])
    except AuditInputError:
        return False
    return parser.counts.records > 0


def _not_empty(paths: list[str]) -> list[str]:
    """The files that are not empty, or all when all are empty: a log that was just rotated is empty."""
    return [path for path in paths if Path(path).stat().st_size] or paths


def _siblings_in_order(paths: list[str]) -> list[str]:
    """The paths, with the files that one log was rotated to sorted oldest first among the positions that they take."""
    places: dict[str, list[int]] = {}
    for place, path in enumerate(paths):
        stem = rotated_from(path)
        if stem is not None:
            places.setdefault(stem, []).append(place)
    ordered = list(paths)
    for positions in places.values():
        for place, path in zip(positions, oldest_first([paths[place] for place in positions]), strict=True):
            ordered[place] = path
    return ordered


def rotated_from(path: str) -> str | None:
    """The path of the log that a file was rotated from, or is, as its name says; None for a file of another name."""
    match = _ROTATED.match(Path(path).name) if path != STDIN else None
    return None if match is None else str(Path(path).parent / match["stem"])


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
    """Open a source for reading bytes. Raises UnreadableError."""
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
        yield from decompressed_chunks(stream, path)
    finally:
        if path != STDIN:
            stream.close()


def check(sample: bytes, source: str) -> None:
    """Raise FormatError when the first bytes of a source cannot be an audit log.

    A block of zeros, which a file system can leave when a machine loses power, does not make a log binary: among lines of
    records it is a corrupt line.
    """
    if not sample:
        raise FormatError(source, "the file is empty")
    if b"\0" in sample[:_SAMPLE] and not _is_log(sample[: _SAMPLE * 4]):
        raise FormatError(source, "binary data, not an audit log", byte=sample.index(b"\0"))


def _is_log(sample: bytes) -> bool:
    """Whether bytes with zeros among them are a log: they hold a record, and hardly any other control byte."""
    if sample.startswith(_TAR, _TAR_AT):
        return False
    others = len(sample) - len(sample.translate(None, _NEVER_IN_LOGS))
    if others * _FEW_PER > len(sample) - sample.count(b"\0"):
        return False
    parser = Parser()
    parser.feed(b"\n".join(line for line in sample.split(b"\n") if b"\0" not in line) + b"\n")
    parser.close()
    return parser.counts.records > 0


def events(source: str | Path | BinaryIO, node: str | None = None) -> Iterator[Event]:
    """The events of a log in the order of their serials. Raises AuditInputError."""
    parser = Parser(node)
    stream = content(str(source)) if isinstance(source, (str, Path)) else decompressed_chunks(source, _name_of(source))
    for chunk in stream:
        yield from parser.feed(chunk)
    yield from parser.close()


def _name_of(stream: BinaryIO) -> str:
    return str(getattr(stream, "name", "<stream>"))


def follow(path: str, parser: Parser, poll_s: float = 1.0, idle_polls: int | None = None) -> Iterator[Event]:
    """The events of a file that is still written, as they become complete. After a rotation it reads the new file.

    It only ends when `idle_polls` polls in a row found nothing new.
    """
    stream = open_source(path)
    idle = 0
    while idle_polls is None or idle < idle_polls:
        chunk = stream.read(CHUNK)
        if chunk:
            idle = 0
            yield from parser.feed(chunk)
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
        current, opened = Path(path).stat(), os.fstat(stream.fileno())
    except OSError:
        return False
    return current.st_ino != opened.st_ino or current.st_size < stream.tell()
