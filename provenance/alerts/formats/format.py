"""The description of a format: how a document of it is recognised, and how the fields of its alerts are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields


@dataclass(frozen=True, slots=True)
class Format:
    """A format of alerts. `matches` recognises a document and must not accept one of another format. `fields` gives the fields
    of each alert in a document, and raises InputError for a document that is not an alert. `strict`: an invalid value rejects
    the alert. `line`: the format is lines of text, not JSON."""

    name: str
    title: str
    matches: Callable[[Document], bool]
    fields: Callable[[Document], Iterable[Fields]]
    strict: bool = False
    line: bool = False
