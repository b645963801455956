"""Columns: reads the same few fields of many events without building their records."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter, methodcaller

from .cuts import CUT, cut_text, last_text
from .event import Event, Layout
from .record import Record
from .shapes import Shape
from .values.text import reader

Row = tuple[str | None, ...]
Values = tuple[str, ...] | re.Match[str]
"""The values of a record, or the match whose groups are the values of an event."""
_Pick = Callable[[Values], Row]
_GROUPS = partial(methodcaller, "group")


class Columns:
    """Reads the fields `names` of records of a type. The positions of the fields are found once per kind of event.

    A value is the field's text as in the log without quotes, or None when it is absent. Fields in `text` are decoded, and None
    for a bare `(null)`. A name can list alternatives, `nametype|objtype`: the first that the record has is read.
    """

    def __init__(self, type: str, *names: str, text: Sequence[str] = ()) -> None:
        self._type = type
        self._names = [name.split("|") for name in names]
        self._text = frozenset(text)

    def first(self, event: Event) -> Row | None:
        """The fields of the first record of the type; None when there is none."""
        match, layout = event.match, event.layout
        if layout is None or match is None:
            record = event.first(self._type)
            return self.of(record) if record is not None else None
        picks: list[_Pick] | None = layout.picks.get(self)
        if picks is None:
            picks = self._picks(layout)
        return picks[0](match) if picks else None

    def all(self, event: Event) -> list[Row]:
        """The fields of every record of the type, in order of arrival."""
        match, layout = event.match, event.layout
        if layout is None or match is None:
            return [self.of(record) for record in event.all(self._type)]
        picks: list[_Pick] | None = layout.picks.get(self)
        if picks is None:
            picks = self._picks(layout)
        return [pick(match) for pick in picks]

    def of(self, record: Record) -> Row:
        """The fields of one record, whatever its type."""
        shape = record.shape
        pick: _Pick | None = shape.picks.get(self)
        if pick is None:
            pick = shape.picks[self] = self._pick(shape, 0, itemgetter)
        return pick(record.values)

    def _picks(self, layout: Layout) -> list[_Pick]:
        picks = [self._pick(shape, start + 1, _GROUPS) for shape, start, _ in layout.parts if shape.type == self._type]
        layout.picks[self] = picks
        return picks

    def _pick(self, shape: Shape, start: int, several: Callable[..., _Pick]) -> _Pick:
        """A function that picks the columns of a record whose values begin at position `start`. `several` makes one that picks
        several positions at once; of a match, only the picked groups become strings."""
        found = [next((shape.index[name] for name in names if name in shape.index), None) for names in self._names]
        places = [None if place is None else start + place for place in found]
        read = {
            column: _reader(shape, place)
            for column, place in enumerate(found)
            if place is not None and (shape.styles[place] == "c" or self._is_text(shape, place))
        }
        if None not in places and not read and len(places) > 1:
            return several(*places)

        def pick(values: Values) -> Row:
            row = [None if place is None else values[place] for place in places]
            for column, text in read.items():
                row[column] = text(row[column] or "")
            return tuple(row)

        return pick

    def _is_text(self, shape: Shape, place: int) -> bool:
        return shape.names[place] in self._text and shape.styles[place] in "bix"


def _reader(shape: Shape, place: int) -> Callable[[str], str | None]:
    decode = reader(shape.type, shape.names[place])
    if shape.styles[place] == "c":
        return partial(cut_text, shape.type, shape.names[place])
    if shape.styles[place] == "x":
        return lambda value: value + CUT

    def read(value: str) -> str | None:
        if value == "(null)":
            return None
        return value if decode is None else decode(value)

    def read_last(value: str) -> str | None:
        text = read(value)
        return None if text is None else last_text(value, text)

    return read_last if shape.ends_in_bytes and place == len(shape.names) - 1 else read
