"""The stored form of text in Neo4j, whose strings are Unicode and whose index entries are short.

It restores any Python text exactly. Text without lone surrogates (bytes that were not UTF-8) is stored unchanged; a lone
surrogate becomes U+FFFD and its four hexadecimal digits, and so does U+FFFD itself, so that the form is unambiguous.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

_ESCAPED = re.compile("[\ud800-\udfff\ufffd]")
_ESCAPE = re.compile("\ufffd([0-9a-f]{4})")
_INDEXED = 200
"""Characters of an indexed text, at most 4 bytes each: an index entry holds some 8,000 bytes
(https://neo4j.com/docs/cypher-manual/current/indexes/search-performance-indexes/managing-indexes/)."""
_DIGEST = 15
_ENCODE = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def pack_text(text: str) -> str:
    """Any text in a form that Neo4j can store."""
    if text.isascii():
        return text
    return _ESCAPED.sub(lambda found: f"\ufffd{ord(found[0]):04x}", text)


def unpack_text(packed: str) -> str:
    """The text that `pack_text` was given."""
    if "\ufffd" not in packed:
        return packed
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), packed)


def fits_index(packed: str) -> bool:
    """Whether a text may be the key of an index."""
    return len(packed) <= _INDEXED


def beginning(packed: str) -> str:
    """As much of a text as an index may hold."""
    return packed[:_INDEXED]


def short(text: str) -> str:
    """A text in a form that fits an index: itself when it is short, else its beginning and its digest."""
    packed = pack_text(text)
    return packed if fits_index(packed) else f"{packed[:100]}\ufffd~{digest(text)}"


def digest(*parts: object) -> str:
    """A key of 20 characters made from any parts."""
    content = "\0".join(f"{len(part)}:{part}" for part in map(str, parts)).encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(blake2b(content, digest_size=_DIGEST).digest()).decode("ascii")


def pack_json(value: Any) -> str:
    """A structure as ASCII JSON with its keys in order. Its texts are packed: JSON would make one character of two
    surrogates that happen to meet."""
    return _ENCODE(_each_text(value, pack_text))


def unpack_json(packed: str) -> Any:
    """The structure that `pack_json` was given; tuples come back as lists."""
    return _each_text(json.loads(packed), unpack_text)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {_each_text(key, change): _each_text(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_each_text(item, change) for item in value]
    return value
