"""Look-ups of values in the JSON that a product sent. None raises, whatever the types are; a missing value is None."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TECHNIQUE = re.compile(r"(?<![0-9A-Za-z])t\d{4}(?:\.\d{3})?(?!\d)", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
_EVENT = re.compile(r"audit\((\d{1,11}\.\d{3}):(\d{1,10})\)")
_DEEP = 8
_ABSENT = re.compile(r"\s*(?:-|\?|N/A|\(null\)|null|(?:<NA>\s*)+)?\s*", re.IGNORECASE)
"""The texts that products write for a missing value: Falco `<NA>`, others a dash, `N/A`, nothing or blanks."""


def at(value: Any, path: str) -> Any:
    """The value at a path of keys joined by dots. A key may contain dots (`{"a.b": {"c": 1}}` has the path `a.b.c`). Of a list
    the first item is used, unless the path gives the number of another."""
    if not path:
        return value
    if isinstance(value, list):
        head, _, rest = path.partition(".")
        if head.isdecimal() and len(head) < 6:
            return at(value[int(head)], rest) if int(head) < len(value) else None
        return at(value[0], path) if value else None
    if not isinstance(value, Mapping):
        return None
    if path in value:
        return value[path]
    parts = path.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        head = ".".join(parts[:cut])
        if head in value:
            found = at(value[head], ".".join(parts[cut:]))
            if found is not None:
                return found
    return None


def first(value: Any, *paths: str) -> Any:
    """The value at the first of several paths that has one; of a list its first item."""
    for path in paths:
        found = at(value, path)
        while isinstance(found, list) and found:
            found = found[0]
        if not is_absent(found):
            return found
    return None


def is_absent(value: Any) -> bool:
    """Whether a value stands for one that the product did not have."""
    if isinstance(value, str):
        return _ABSENT.fullmatch(value) is not None
    return value is None or value == []


def every(value: Any, *paths: str) -> list[Any] | None:
    """All texts and integers at several paths and in lists there, in order, without duplicates; None without any."""
    found: list[Any] = []
    for path in paths:
        held = at(value, path)
        for item in held if isinstance(held, list) else [held]:
            if isinstance(item, (str, int)) and not is_absent(item) and item not in found:
                found.append(item)
    return found or None


def as_text(value: Any) -> str:
    """A text unchanged, a number as text, the empty text for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def grade(value: Any, medium: float, high: float, critical: float) -> Any:
    """The severity of a number, given the least number of each severity. A value that is not a number is returned
    unchanged."""
    number = float(value) if _NUMBER.fullmatch(as_text(value).strip()) else None
    if number is None:
        return value
    steps = ((critical, "critical"), (high, "high"), (medium, "medium"))
    return next((name for least, name in steps if number >= least), "low")


def techniques(*values: Any) -> list[str] | None:
    """The ids of ATT&CK techniques in texts and lists of texts, in order; None without any."""
    found = (match.upper() for value in values for text in _strings(value) for match in _TECHNIQUE.findall(text))
    return list(dict.fromkeys(found)) or None


def event_in(text: Any) -> str | None:
    """The audit event of a raw audit record, as `SECONDS.MS:SERIAL`; None without one."""
    match = _EVENT.search(text) if isinstance(text, str) else None
    return f"{match[1]}:{match[2]}" if match else None


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, Mapping)) and depth < _DEEP:
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(item, depth + 1)
