"""The sizes of a request of GraphQL, checked before anything walks through it: the event loop parses and coerces it."""

from __future__ import annotations

import re
from typing import Any

LONGEST_QUERY = 100_000
"""The most characters of a document."""
MOST_VALUES = 10_000
"""The most values in the JSON of a request: its variables, with the items of lists and the keys of objects."""
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A string of JSON; one without an end reaches to the end, so that its quotes begin no others."""
_MARKS = (b",", b":", b"[", b"{")


def too_many_values(body: bytes) -> bool:
    """Whether JSON holds more than MOST_VALUES values, by its marks outside of strings; it may be invalid JSON."""
    if _marks(body) <= MOST_VALUES:
        return False
    return _marks(_STRING.sub(b"", body)) > MOST_VALUES


def query_too_long(message: Any) -> bool:
    """Whether the document in the body of a request, or in the payload of a message, is longer than LONGEST_QUERY."""
    query = message.get("query") if isinstance(message, dict) else None
    return isinstance(query, str) and len(query) > LONGEST_QUERY


def _marks(body: bytes) -> int:
    return sum(map(body.count, _MARKS))
