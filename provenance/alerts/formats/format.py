"""What a format is: how it is recognised, and how its fields are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields


@dataclass(frozen=True, slots=True)
class Format:
    """A format. `fields` gives the form's fields of each alert in a document and raises InputError when there is none;
    `matches` must be sure before it claims a document. `strict`: a value that does not fit makes a reject. `line`: it is
    text, not JSON."""

    name: str
    title: str
    matches: Callable[[Document], bool]
    fields: Callable[[Document], Iterable[Fields]]
    strict: bool = False
    line: bool = False
