"""Our own JSON format, whose fields are those of the form of an alert."""

from __future__ import annotations

from collections.abc import Iterator

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format

_SIGNS = {"source", "id", "title"}
_ENOUGH = 2


def _matches(document: Document) -> bool:
    return document.value is not None and len(_SIGNS & document.value.keys()) >= _ENOUGH


def _fields(document: Document) -> Iterator[Fields]:
    yield {name: value for name, value in (document.value or {}).items() if name != "unread"}


FORMAT = Format("provenance", "our own JSON", _matches, _fields, strict=True)
