"""Shapes: the order, names and quoting of a record's fields, learned once and then matched by one regular expression.

A log has few shapes (a kernel writes each record type in one or two ways), so a line is tokenized slowly the first time
its shape is seen, and every later one costs a single match that yields all its values. A style is one character:
`q` a value in double quotes (kept without them), `b` a bare one, `x` one in quotes that the end of the line cuts, `c` a bare one
that it cuts, `e` one after the 0x1D separator that is bare, `E` one there in quotes, `{` one there in braces.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from .cuts import may_be_bytes
from .limits import NO_NUMBER, expression, limit_of
from .values.text import reader

SEPARATOR = "\x1d"
CUTS = frozenset("xc")
"""Styles of a value that the end of the line cuts."""
_NESTED = frozenset("mij") | CUTS
"""Styles of `msg='...'`, of the fields inside, and of a value that is cut."""
_VISIBLE = "!#-<>-~"
_BARE = rf"((?:\([{_VISIBLE}]*+(?<!,)|[!#-&)-<>-z|}}~][{_VISIBLE}]*+(?<![,)]))?+)"
"""Only values that the tokenizer does not change: else a line would be read differently after its shape was learned.

The tokenizer strips a comma or an unopened bracket from the end of a value, splits values at white space, and may find
interpreted fields after a second `=`. Lines with such values are left to it, as are those with non-ASCII bytes in a bare value.
"""
_PLAIN = r"([!#-&*+\--<>-z|-~]*+)"
"""The bytes of most bare values: a faster subset of _BARE."""
_NUMBER = r"([0-9a-f]*+)"
"""The digits of numbers, which most plain values are: a smaller class, which is compiled faster."""
_DISTINCTIVE = frozenset(("syscall", "success", "items"))
"""Fields that distinguish kinds of event. They are near the beginning, so that a pattern of another kind fails early."""
_SELDOM_PLAIN = frozenset(("tty", "key", "subj", "obj"))
_fits_plain = re.compile(_PLAIN).fullmatch
_fits_number = re.compile(_NUMBER).fullmatch
_QUOTED = r'"([^\x00-\x1f"]*+)"'
_PATTERNS = {
    "b": _BARE,
    "q": _QUOTED,
    "e": _BARE,
    "E": _QUOTED,
    "{": r"(\{[^}\n]*+\})",
}


class Shape:
    """The fields of one kind of line. `index` maps each name to its first field; `enriched` does so for interpreted fields."""

    __slots__ = (
        "_raw_names",
        "arguments",
        "cut",
        "ends_in_bytes",
        "enriched",
        "escaped",
        "index",
        "names",
        "picks",
        "regular",
        "styles",
        "type",
    )

    def __init__(self, type: str, names: tuple[str, ...], styles: str, regular: bool) -> None:
        self.type = type
        self.names = names
        self.styles = styles
        self.regular = regular
        """Whether the line is exactly these fields with single spaces between them, so that a pattern can match it."""
        self.cut = not CUTS.isdisjoint(styles)
        """Whether the line ends inside a value."""
        self.ends_in_bytes = styles[-1:] == "b" and may_be_bytes(type, names[-1])
        """Whether the last value can be bytes in hexadecimal, so that a match may still be a cut line (`cuts.is_odd`)."""
        self.picks: dict[object, Any] = {}
        """The cache of `ingest.pyauparse.columns` for this shape."""
        self.index: dict[str, int] = {}
        self.enriched: dict[str, int] = {}
        for place, (name, style) in enumerate(zip(names, styles, strict=True)):
            target = self.enriched if style in "eE{" else self.index
            target.setdefault(name, place)

        raw = sum(style in "bq" for style in styles)
        simple = not styles[:raw].strip("bq") and len(set(names[:raw])) == raw and not set(styles) & _NESTED
        self._raw_names = names[:raw] if simple else None
        """The names before the separator when each occurs once and none is nested; else None."""
        self.escaped = [
            (place, read)
            for place in range(raw)
            if styles[place] == "b" and (read := reader(type, names[place])) is not None
        ]
        """The positions of the bare fields that may be hexadecimal text, each with its decoder."""

        arguments = [f"a{place}" for place in range(len(names) - 1)]
        self.arguments = str(len(arguments)) if list(names) == ["argc", *arguments] and not styles.strip("bq") else None
        """The value of `argc` in an EXECVE record that has every argument in order and unsplit; None for other records."""

    def decoded(self, values: tuple[str, ...]) -> dict[str, str] | None:
        """Every raw field as decoded text; None for a line with nested fields or two fields of one name."""
        if self._raw_names is None:
            return None
        found = dict(zip(self._raw_names, values, strict=False))
        for place, read in self.escaped:
            found[self.names[place]] = read(values[place])
        return found

    def pattern(self, example: tuple[str, ...] | None = None) -> str:
        """A regular expression for the fields of a line of this shape, one group each.

        With the values of an `example` the expression is faster and matches fewer lines: those of the same call with the same
        outcome whose values are plain, or numbers, where the example's are.
        """
        raw: list[str] = []
        enriched: list[str] = []
        for place, (name, style) in enumerate(zip(self.names, self.styles, strict=True)):
            value = _PATTERNS[style]
            if example is not None and style == "b":
                if self.type == "SYSCALL" and name in _DISTINCTIVE:
                    value = f"({re.escape(example[place])})"
                elif name not in _SELDOM_PLAIN and _fits_plain(example[place]):
                    value = _NUMBER if _fits_number(example[place]) else _PLAIN
                if (limit := limit_of(self.type, name)) is not None and name not in _DISTINCTIVE:
                    value = expression(limit, name, example[place]) or NO_NUMBER + value
            (raw if style in "bq" else enriched).append(f"{re.escape(name)}={value}")
        text = " ".join(raw)
        return text + (SEPARATOR + " ".join(enriched) if enriched else "")


@lru_cache(maxsize=4096)
def shape(type: str, names: tuple[str, ...], styles: str, regular: bool) -> Shape:
    """The shared Shape of these fields."""
    return Shape(type, names, styles, regular)
