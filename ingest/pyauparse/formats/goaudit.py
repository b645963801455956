"""go-audit's JSON (slackhq/go-audit, parser.go): one event an object, its records as the kernel wrote them."""

from __future__ import annotations

import re
from typing import Any

from ..headers import Header
from ..values.record_types import record_type
from .text import enriched, mapping

_STAMP = re.compile(r"(\d{1,12})\.(\d{1,3})", re.ASCII)
_USERS = re.compile(r"(?:^|\s)(?P<name>auid|uid|euid|suid|fsuid|ouid|iuid|oauid)=(?P<id>\d{1,10})(?=\s|$)")
_UNKNOWN = "UNKNOWN_USER"
_MOST_SERIALS = 1 << 32


def recognises(value: dict[str, Any]) -> bool:
    """Whether a JSON object is an event of go-audit."""
    return isinstance(value.get("messages"), list) and "sequence" in value and "timestamp" in value


def read(value: dict[str, Any]) -> list[Header] | None:
    """The records of an event; None when its time or serial can be none. `uid_map` has the names of its users."""
    stamp = _STAMP.fullmatch(str(value["timestamp"]))
    try:
        serial = int(value["sequence"])
    except (ValueError, TypeError, OverflowError):
        return None
    if stamp is None or not 0 <= serial < _MOST_SERIALS:
        return None
    ms = int(stamp[1]) * 1000 + int(stamp[2].ljust(3, "0"))
    users = {
        id: name for id, name in mapping(value.get("uid_map")).items() if isinstance(name, str) and name != _UNKNOWN
    }
    return [
        Header(None, record_type(str(message["type"])), ms, serial, _body(message["data"], users))
        for message in value["messages"]
        if isinstance(message, dict) and isinstance(message.get("data"), str) and _is_type(message.get("type"))
    ]


def _is_type(type: Any) -> bool:
    return (isinstance(type, int) and 0 < type < 100_000) or (isinstance(type, str) and type.isalnum())


def _body(data: str, users: dict[str, str]) -> str:
    body = data.strip(" \n\0")
    if "\x1d" in body or not users:
        return body
    names = {found["name"].upper(): users[found["id"]] for found in _USERS.finditer(body) if found["id"] in users}
    return body + enriched(names)
