"""The stored form of text and structures, which restores any untrusted text exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_ENCODE = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def pack_text(text: str) -> bytes:
    """Any Python text as bytes, lone surrogates (bytes that were not UTF-8) too; order is kept by code point."""
    return text.encode("utf-8", "surrogatepass")


def unpack_text(packed: bytes) -> str:
    """The text that `pack_text` was given."""
    return packed.decode("utf-8", "surrogatepass")


def pack_json(value: Mapping[Any, Any] | list[Any]) -> str:
    """A structure as ASCII JSON with its keys in order: equal structures give equal text."""
    return _ENCODE(value)


def unpack_json(packed: str) -> Any:
    """The structure that `pack_json` was given; tuples come back as lists."""
    return json.loads(packed)
