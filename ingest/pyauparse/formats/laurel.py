"""LAUREL's JSON lines (threathunters-io/laurel, laurel(8), laurel-about(7)): one event a line, numbers as numbers.

Strings are percent-encoded: `%`, `+` and every byte that is no printable ASCII and no part of valid UTF-8 (laurel-about(7),
"Encoding of invalid UTF-8 strings and binary data"), socket addresses among them unless they were translated. With
`translate.drop-raw` the names in upper case stand for numbers that are gone; `enrich.prefix` stands before such names.
"""

from __future__ import annotations

import re
from typing import Any

from ..headers import Header
from .text import address, as_bytes, encoded, enriched

_ID = re.compile(r"(\d{1,12})\.(\d{1,3}):(\d{1,10})\Z", re.ASCII)
_MOST_SERIALS = 1 << 32
_HEX = frozenset(("a0", "a1", "a2", "a3", "arch"))
_TEXTS = frozenset(("name", "comm", "exe", "cwd", "key", "proctitle", "path", "acct", "ocomm", "cmd", "data", "file"))
"""Fields that the kernel quotes, or writes in hexadecimal."""
_FRAME = frozenset(("ID", "NODE", "PARENT_INFO", "COMMENT"))
_DIGITS = re.compile(r"(?:[0-9A-Fa-f]{2}){2,128}")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_INTERPRETED = re.compile(r"(?:^|[^A-Z-])(ARCH|SYSCALL|(?:A|E|S|FS|O|OA|I|OLD-A)?[UG]ID)\Z")
"""Fields that auditd interprets, with any prefix."""
_FIRST = ("ARCH", "SYSCALL")
"""Those that a call cannot do without; the names of users serve as `ausearch -i` has them."""


def recognises(value: dict[str, Any]) -> bool:
    """Whether a JSON object is a LAUREL event."""
    return isinstance(value.get("ID"), str) and _ID.match(value["ID"]) is not None


def read(value: dict[str, Any]) -> list[Header] | None:
    """The records of an event, as auditd would have written them; None when its serial or node can be none."""
    match = _ID.match(value["ID"])
    assert match is not None
    ms, serial = int(match[1]) * 1000 + int(match[2].ljust(3, "0")), int(match[3])
    node = value.get("NODE")
    if serial >= _MOST_SERIALS or not (node is None or isinstance(node, str)):
        return None
    if node is not None:
        node = decoded(node)
    headers: list[Header] = []
    for type, records in value.items():
        if type in _FRAME:
            continue
        listed = records if isinstance(records, list) else [records]
        headers.extend(
            Header(node, type, ms, serial, _body(type, record, value)) for record in listed if isinstance(record, dict)
        )
    return headers


def decoded(text: str) -> str:
    """A string without its percent-encoding; bytes that are not UTF-8 are surrogates."""
    return _bytes(text).decode("utf-8", "surrogateescape") if "%" in text else text


def _bytes(text: str) -> bytes:
    return _PERCENT.sub(lambda match: bytes((int(match[1], 16),)), as_bytes(text))


def _body(type: str, record: dict[str, Any], event: dict[str, Any]) -> str:
    """Fields as `name=value` text; what the kernel would have quoted is quoted or hexadecimal."""
    if type == "EXECVE" and (arguments := _arguments(record, event)) is not None:
        return " ".join(
            (f"argc={len(arguments)}", *(f"a{place}={encoded(text)}" for place, text in enumerate(arguments)))
        )
    names = _interpreted(record)
    parts: list[str] = []
    for name, value in names.items():
        if name.lower() not in record and (type != "SYSCALL" or name in _FIRST or name.endswith("UID")):
            parts.append(f"{name.lower()}={value}")
    for name, value in record.items():
        parts.extend(_field(type, name, value))
    if type == "SOCKADDR":
        parts = [f"saddr={_address(record)}"]
    return " ".join(parts) + enriched(names)


def _interpreted(record: dict[str, Any]) -> dict[str, str]:
    """The interpretations of numbers, by auditd's names for them."""
    found: dict[str, str] = {}
    for name, value in record.items():
        match = _INTERPRETED.search(name)
        if match is not None and isinstance(value, str):
            found.setdefault(match[1], decoded(value))
    return found


def _field(type: str, name: str, value: Any) -> list[str]:
    if name == "ARGV" and isinstance(value, list):
        words = [_plain(word) for word in value]
        if type == "PROCTITLE":
            return [f"proctitle={encoded(chr(0).join(words))}"]
        return [f"a{place}={word.removeprefix('0x')}" for place, word in enumerate(words)]
    if not name[:1].islower() or isinstance(value, dict):
        return []
    if value is None:
        return [f"{name}=(null)"]
    if isinstance(value, list):
        return [f"{name}={encoded(chr(1).join(_plain(one) for one in value))}"]
    text = _plain(value)
    if name == "mode" and text.startswith("0o"):
        return [f"mode=0{text[2:]}"]
    if name in _HEX:
        return [f"{name}={text.removeprefix('0x')}"]
    bare = not isinstance(value, str) or (name not in _TEXTS and text != "" and not set(text) & set(" \"'\n\x1d"))
    return [f"{name}={text if bare else encoded(text)}"]


def _plain(value: Any) -> str:
    return decoded(value) if isinstance(value, str) else str(value)


def _arguments(record: dict[str, Any], event: dict[str, Any]) -> list[str] | None:
    """The arguments of EXECVE. With `execve-argv = ["string"]` they are one string, joined by spaces; those of PROCTITLE,
    which can be cut and forged, part it where they are the same."""
    listed = record.get("ARGV")
    if isinstance(listed, list):
        return [_plain(word) for word in listed]
    joined = record.get("ARGV_STR")
    if not isinstance(joined, str):
        return None
    text = decoded(joined)
    title = event.get("PROCTITLE")
    shown = title.get("ARGV") if isinstance(title, dict) else None
    words = [_plain(word) for word in shown] if isinstance(shown, list) else []
    return words if " ".join(words) == text else text.split(" ")


def _address(record: dict[str, Any]) -> str:
    """The bytes of an address: raw where the record has them, else from what LAUREL or auditd made of them."""
    raw = record.get("saddr")
    if isinstance(raw, str) and _DIGITS.fullmatch(raw):  # as the kernel wrote it: the bytes of a family are no digits
        return raw.upper()
    if isinstance(raw, str) and raw:
        return _bytes(raw).hex().upper()
    for name, value in record.items():
        if name.upper().endswith("SADDR") and isinstance(value, dict):
            return address({key: _plain(one) for key, one in value.items()})
        if name.upper().endswith("SADDR") and isinstance(value, str):
            return decoded(value)
    return address(record)
