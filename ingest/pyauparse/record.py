"""Records: each is one audit line, with its fields as in the log, decoded or interpreted."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .cuts import CUT, cut_text, last_text
from .interpret import interpret
from .shapes import CUTS, Shape
from .values.numbers import number
from .values.text import decode


class Record:
    """One audit record. `record[name]` is the decoded text; `value(name)` the text as in the log."""

    __slots__ = ("_line", "shape", "type", "values")

    def __init__(self, shape: Shape, values: tuple[str, ...], line: str | tuple[re.Match[str], int]) -> None:
        self.shape = shape
        self.values = values
        self.type = shape.type
        self._line = line

    def __getitem__(self, name: str) -> str:
        return self._decoded(self.shape.index[name])

    def _decoded(self, place: int) -> str:
        value = self.values[place]
        style, name = self.shape.styles[place], self.shape.names[place]
        if style in "bi":
            text = decode(self.type, name, value)
            return last_text(value, text) if self.shape.ends_in_bytes and place == len(self.values) - 1 else text
        if style == "c":
            return cut_text(self.type, name, value)
        return f"{value}{CUT}" if style == "x" else value

    def get(self, name: str, default: str | None = None) -> str | None:
        """The decoded text of a field, or `default`."""
        try:
            return self[name]
        except KeyError:
            return default

    def value(self, name: str, default: str | None = None) -> str | None:
        """The text of a field exactly as in the log, quotes and hexadecimal kept; `default` when it is absent."""
        place = self.shape.index.get(name)
        if place is None:
            return default
        value = self.values[place]
        style = self.shape.styles[place]
        if style == "x":
            return f'"{value}'
        return f'"{value}"' if style in "qj" else value

    def is_cut(self, name: str) -> bool:
        """Whether the line ends inside the value of a field."""
        place = self.shape.index.get(name) if self.shape.cut else None
        return place is not None and self.shape.styles[place] in CUTS

    @property
    def fields(self) -> dict[str, str]:
        """Every field as decoded text, in order. Of several fields of one name the first wins, and one outside `msg='...'` wins
        over one inside."""
        shape = self.shape
        plain = shape.decoded(self.values)
        if plain is not None:
            return plain
        found: dict[str, str] = {}
        for place, (name, style) in enumerate(zip(shape.names, shape.styles, strict=True)):
            if style == "q":
                found.setdefault(name, self.values[place])
            elif style in "bijxc":
                found.setdefault(name, self._decoded(place))
        return found

    def decoded(self) -> tuple[str, ...]:
        """Every value as decoded text, in the order of the shape's names."""
        return tuple(self._decoded(place) for place in range(len(self.values)))

    @property
    def has_all_arguments(self) -> bool:
        """Whether this is an EXECVE record that has all arguments that it announces, none split into chunks."""
        argc = self.shape.arguments
        return argc is not None and self.values[0] == argc

    def arguments(self) -> list[str] | None:
        """The arguments of an EXECVE record that has all of them, none split into chunks; None for any other record."""
        shape, values = self.shape, self.values
        if not self.has_all_arguments:
            return None
        found = list(values[1:])
        for place, read in shape.escaped:
            if place:
                found[place - 1] = read(values[place])
        return found

    @property
    def inner(self) -> dict[str, str]:
        """The fields inside `msg='...'`, decoded."""
        shape = self.shape
        return {shape.names[place]: self._decoded(place) for place, style in enumerate(shape.styles) if style in "ij"}

    @property
    def enriched(self) -> Mapping[str, str]:
        """The fields that the daemon that wrote the log interpreted, by their upper-case names."""
        return {name: self.values[place] for name, place in self.shape.enriched.items()}

    @property
    def interpreted(self) -> dict[str, str]:
        """Every field as text for people: the log's own interpretation where it has one, else ours."""
        enriched = self.enriched
        arch, call = self.value("arch"), number(self.value("syscall") or "")
        found: dict[str, str] = {}
        for name in self.fields:
            interpretation = enriched.get(name.upper())
            if interpretation is not None and name != "saddr":
                found[name] = interpretation
            else:
                found[name] = interpret(self.type, name, self.value(name) or "", arch, call, self._arguments())
        return found

    def _arguments(self) -> list[str] | None:
        if self.type != "SYSCALL":
            return None
        return [self.value(f"a{place}") or "" for place in range(4)]

    @property
    def raw(self) -> str:
        """The line as it stood in the input (bytes that are not UTF-8 as surrogates)."""
        if isinstance(self._line, str):
            return self._line
        match, place = self._line
        return match[0].split("\n")[place]

    def __repr__(self) -> str:
        return f"<Record {self.raw[:80]!r}>"
