"""Reading as one site has it set up: its mapping file and its table of hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from provenance.alerts.aliases import parse_aliases
from provenance.alerts.formats import Format
from provenance.alerts.mapping import parse_mapping
from provenance.alerts.reading import Reading, read
from provenance.errors import InputError


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads bodies with what a site added."""

    mapping: Format | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)

    def read(self, body: bytes, format: str | None = None) -> Reading:
        """The alerts of a body, as `provenance.alerts.read`."""
        return read(body, format, self.mapping, self.aliases)


def reader(mapping: Path | None, aliases: Path | None) -> Reader:
    """A reader with the files that are given. Raises InputError for one that cannot be read, UsageError for one that is
    wrong inside."""
    return Reader(
        None if mapping is None else parse_mapping(_text(mapping), str(mapping)),
        {} if aliases is None else parse_aliases(_text(aliases), str(aliases)),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: no UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
