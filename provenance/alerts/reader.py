"""Readers configured for a site: with its mapping file and its table of host aliases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from provenance.alerts.aliases import parse_aliases
from provenance.alerts.formats import Format
from provenance.alerts.mapping import parse_mapping
from provenance.alerts.reading import Reading, read
from provenance.errors import InputError


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader with a site's mapping and host aliases."""

    mapping: Format | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)

    def read(self, body: bytes, format: str | None = None) -> Reading:
        """The alerts of a body; see `provenance.alerts.reading.read`."""
        return read(body, format, self.mapping, self.aliases)

    def refresh(self) -> bool:
        """False: this reader does not follow changes of its files."""
        return False


class FollowingReader:
    """A reader whose table of host aliases follows changes of its file. Threads may share it."""

    def __init__(self, mapping: Path | None, aliases: Path | None) -> None:
        """Raises InputError and UsageError as `reader` does."""
        self._file, self._seen = aliases, _stamp(aliases)
        self._reader = reader(mapping, aliases)

    @property
    def aliases(self) -> Mapping[str, str]:
        """The current table of host aliases."""
        return self._reader.aliases

    def read(self, body: bytes, format: str | None = None) -> Reading:
        """The alerts of a body."""
        return self._reader.read(body, format)

    def refresh(self) -> bool:
        """Reads the table again if its file has changed, and returns whether the table differs. Raises InputError or UsageError
        for a file that is now unreadable or invalid, once for each change of it; the former table stays in use."""
        stamp = _stamp(self._file)
        if self._file is None or stamp == self._seen:
            return False
        self._seen = stamp
        former, self._reader = self._reader, replace(self._reader, aliases=reader(None, self._file).aliases)
        return former.aliases != self._reader.aliases


def reader(mapping: Path | None, aliases: Path | None) -> Reader:
    """A reader with the given files. Raises InputError for a file that cannot be read, UsageError for invalid content."""
    return Reader(
        None if mapping is None else parse_mapping(_text(mapping), str(mapping)),
        {} if aliases is None else parse_aliases(_text(aliases), str(aliases)),
    )


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    """Modification time, size and inode of a file, which show whether it has changed."""
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: invalid UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
