"""Shapes: the order, names and quoting of a record's fields, learned once and then matched by one regular expression.

A log has few shapes (a kernel writes each record type in one or two ways), so a line is tokenized slowly the first time
its shape is seen, and every later one costs a single match that yields all its values. A style is one character:
`q` a value in double quotes (kept without them), `b` a bare one, `e` one after the 0x1D separator that is bare, `E` one
there in quotes, `{` one there in braces.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from .values.text import reader

SEPARATOR = "\x1d"
_NESTED = frozenset("mij")
"""Styles of `msg='...'` and of the fields inside."""
_INK = "!#-<>-~"
_BARE = rf"((?:\([{_INK}]*+(?<!,)|[!#-&)-<>-z|}}~][{_INK}]*+(?<![,)]))?+)"
"""Only what the tokenizer keeps whole, else a line would be read otherwise after its shape was learned than before.

It takes a comma, or a bracket that nothing opened, off a value's end, parts values at white space, and may find interpreted
fields behind a second `=`: lines with such values are left to it, as are those with bytes beyond ASCII in a bare value.
"""
_PLAIN = r"([!#-&*+./-<>-z|}~-]*+)"
"""What most bare values are made of: those that _BARE takes, without the bytes that only some may have, which cost time."""
_TELLING = frozenset(("syscall", "success", "items"))
"""Fields that tell kinds of event apart. They stand near the beginning, so that a pattern of another kind fails early."""
_SELDOM_PLAIN = frozenset(("tty", "key", "subj", "obj"))
_fits_plain = re.compile(_PLAIN).fullmatch
_QUOTED = r'"([^\x00-\x1f"]*+)"'
_PATTERNS = {
    "b": _BARE,
    "q": _QUOTED,
    "e": _BARE,
    "E": _QUOTED,
    "{": r"(\{[^}\n]*+\})",
}


class Shape:
    """The fields of one kind of line. `index` finds the first field of a name; enriched ones stand in `enriched`."""

    __slots__ = (
        "_raw_names",
        "arguments",
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
        """Whether the line is exactly these fields with single spaces, so that a pattern can stand for it."""
        self.picks: dict[object, Any] = {}
        """What `ingest.pyauparse.columns` has learned of this shape."""
        self.index: dict[str, int] = {}
        self.enriched: dict[str, int] = {}
        for place, (name, style) in enumerate(zip(names, styles, strict=True)):
            target = self.enriched if style in "eE{" else self.index
            target.setdefault(name, place)

        raw = sum(style in "bq" for style in styles)
        simple = not styles[:raw].strip("bq") and len(set(names[:raw])) == raw and not set(styles) & _NESTED
        self._raw_names = names[:raw] if simple else None
        """The names before the separator when each is there once; None when it is not so simple."""
        self.escaped = [
            (place, read)
            for place in range(raw)
            if styles[place] == "b" and (read := reader(type, names[place])) is not None
        ]
        """Places of the bare fields that may be hexadecimal text, and what reads it."""

        whole = [f"a{place}" for place in range(len(names) - 1)]
        self.arguments = str(len(whole)) if list(names) == ["argc", *whole] and not styles.strip("bq") else None
        """What `argc` says in an EXECVE record that has every argument in one piece, in order; None of other records."""

    def decoded(self, values: tuple[str, ...]) -> dict[str, str] | None:
        """Every raw field as decoded text; None for a line with fields inside a field or two of one name."""
        if self._raw_names is None:
            return None
        found = dict(zip(self._raw_names, values, strict=False))
        for place, read in self.escaped:
            found[self.names[place]] = read(values[place])
        return found

    def pattern(self, example: tuple[str, ...] | None = None) -> str:
        """A regular expression for the fields of a line of this shape, one group each.

        With the values of an `example` it is a faster one, which takes fewer lines: those of the same call with the same
        outcome whose values are plain where the example's are.
        """
        raw: list[str] = []
        enriched: list[str] = []
        for place, (name, style) in enumerate(zip(self.names, self.styles, strict=True)):
            value = _PATTERNS[style]
            if example is not None and style == "b":
                if self.type == "SYSCALL" and name in _TELLING:
                    value = f"({re.escape(example[place])})"
                elif name not in _SELDOM_PLAIN and _fits_plain(example[place]):
                    value = _PLAIN
            (raw if style in "bq" else enriched).append(f"{re.escape(name)}={value}")
        text = " ".join(raw)
        return text + (SEPARATOR + " ".join(enriched) if enriched else "")


@lru_cache(maxsize=65536)
def shape(type: str, names: tuple[str, ...], styles: str, regular: bool) -> Shape:
    """The one Shape of these fields."""
    return Shape(type, names, styles, regular)
