"""Glob patterns of files and alerts: `*` (any text, slashes too), `?` and `[...]`, as in Python's `fnmatch`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from provenance.errors import UsageError
from provenance.ingest.hashes import is_hash
from provenance.store.patterns import LONGEST, Pattern, compile_translated

_MAGIC = re.compile(r"[*?[]")
_PARTS = re.compile(r"\*+|\[(?:!(?P<excluded>.[^]]*)|(?P<class>[^!][^]]*))\]|.", re.DOTALL)
_ANYTHING = r"\x{0}-\x{10FFFF}"


class Glob:
    """A path, or a glob pattern, which also matches itself as a path. The hashes among the names of a file never match.
    Raises UsageError for a pattern that is too long."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        magic = _MAGIC.search(pattern)
        self.plain = magic is None
        self.prefix = pattern if magic is None else pattern[: magic.start()]
        self._compiled = None if magic is None else compile_glob(pattern)

    def matches(self, path: str) -> bool:
        """Whether the pattern matches a name of a file that is a path."""
        found = path == self.pattern or (self._compiled is not None and self._compiled.fullmatch(path))
        return found and not is_hash(path)

    def fixed(self) -> str:
        """The longest text that every match contains, except the pattern itself."""
        outside = re.sub(r"\[!?\]?[^]]*\]", "*", self.pattern)
        return max(re.split(r"[*?[]", outside), key=len)


@lru_cache(maxsize=128)
def compile_glob(pattern: str) -> Pattern:
    """The pattern that matches what a glob does, case-sensitive. Raises UsageError for one that is too long."""
    if len(pattern) > LONGEST:
        raise UsageError(f"invalid glob pattern {pattern[:80]!r}...: it is longer than {LONGEST} characters")
    return compile_translated(f"(?s:{''.join(map(_translate, _PARTS.finditer(pattern)))})")


def _translate(part: re.Match[str]) -> str:
    if part["class"] is not None:
        return _class(part["class"], False)
    if part["excluded"] is not None:
        return _class(part["excluded"], True)
    return ".*" if part[0][0] == "*" else "." if part[0] == "?" else _escaped(part[0])


def _class(members: str, excluded: bool) -> str:
    """A class of characters; a range whose end is before its begin has none."""
    ranges = "".join(f"{_escaped(low)}-{_escaped(high)}" for low, high in _ranges(members) if low <= high)
    if not ranges:
        return f"[{'' if excluded else '^'}{_ANYTHING}]"
    return f"[{'^' if excluded else ''}{ranges}]"


def _ranges(members: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(members):
        is_range = members[place + 1 : place + 2] == "-" and place + 2 < len(members)
        yield members[place], members[place + 2] if is_range else members[place]
        place += 3 if is_range else 1


def _escaped(character: str) -> str:
    return character if character.isalnum() else rf"\x{{{ord(character):x}}}"
