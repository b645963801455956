"""Formats that are not lines of auditd: each is translated to heads and bodies as auditd writes them.

What a format has lost stays absent. `Translator` keeps what a format spreads over several lines.
"""

from __future__ import annotations

import json
from typing import Any

from ingest.pyauparse.formats import auditbeat, ausearch, journal, laurel
from ingest.pyauparse.headers import Header


class Translator:
    """Translates lines that have no auditd head. `line` gives None for a line of no format that is known."""

    def __init__(self) -> None:
        self._journal: dict[str, str] = {}

    def line(self, line: str) -> list[Header] | None:
        """The records in a line: none for one that belongs to the format's frame, None for one that says nothing."""
        if line.startswith("{"):
            return _json(line)
        if line in ("----", "-----") or line.startswith(("time->", "<no matches>", "#")):
            return []
        if journal.is_field(line, bool(self._journal)):
            journal.keep(self._journal, line)
            return []
        header = ausearch.read(line)
        return [header] if header is not None else None

    def blank(self) -> list[Header]:
        """A blank line ends an entry of a journal export: the record that it held."""
        fields, self._journal = self._journal, {}
        header = journal.read(fields) if fields else None
        return [header] if header is not None else []


def _json(line: str) -> list[Header] | None:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    if laurel.recognises(value):
        return laurel.read(value)
    if auditbeat.recognises(value):
        return auditbeat.read(value)
    if "_AUDIT_TYPE_NAME" in value or "_AUDIT_TYPE" in value:
        header = journal.read({name: journal.text(field) for name, field in value.items()})
        return [header] if header is not None else None
    if "__REALTIME_TIMESTAMP" in value:
        return []
    return None
