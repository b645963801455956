"""LAUREL's JSON lines (threathunters-io/laurel, `man laurel`): each line is one event, with decoded values and JSON numbers."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from ..headers import Header

_ID = re.compile(r"(\d{1,12})\.(\d{1,3}):(\d{1,10})\Z", re.ASCII)
_MOST_SERIALS = 1 << 32
_HEX = frozenset(("a0", "a1", "a2", "a3", "arch"))
_FRAME = frozenset(("ID", "NODE", "PARENT_INFO", "COMMENT"))


def recognises(value: dict[str, Any]) -> bool:
    """Whether a JSON object is a LAUREL event."""
    return isinstance(value.get("ID"), str) and _ID.match(value["ID"]) is not None


def read(value: dict[str, Any]) -> list[Header] | None:
    """The records of an event, as auditd would have written them; None when its serial or node is invalid."""
    match = _ID.match(value["ID"])
    assert match is not None
    ms, serial = int(match[1]) * 1000 + int(match[2].ljust(3, "0")), int(match[3])
    node = value.get("NODE")
    if serial >= _MOST_SERIALS or not (node is None or isinstance(node, str)):
        return None
    headers: list[Header] = []
    for type, records in value.items():
        if type in _FRAME:
            continue
        listed = records if isinstance(records, list) else [records]
        headers.extend(
            Header(node, type, ms, serial, body(type, record)) for record in listed if isinstance(record, dict)
        )
    return headers


def body(type: str, record: dict[str, Any]) -> str:
    """The fields of a record as `name=value` text, with values quoted or in hexadecimal where the kernel would do so."""
    parts: list[str] = []
    for name, value in record.items():
        if name == "ARGV" and isinstance(value, list):
            if type == "PROCTITLE":
                parts.append(f"proctitle={encoded(chr(0).join(map(str, value)))}")
            else:
                parts.append(f"argc={len(value)}")
                parts.extend(f"a{place}={encoded(str(argument))}" for place, argument in enumerate(value))
        elif isinstance(value, dict) and name in ("SADDR", "saddr"):
            parts.append(f"saddr={address(value)}")
        elif name.isupper() and isinstance(value, str):
            continue
        elif name in _HEX:
            parts.append(f"{name}={str(value).removeprefix('0x')}")
        elif isinstance(value, list):
            parts.append(f"{name}={encoded(chr(1).join(map(str, value)))}")
        elif isinstance(value, (int, float)) or value is None or _is_plain(name, str(value)):
            parts.append(f"{name}={'(null)' if value is None else value}")
        else:
            parts.append(f"{name}={encoded(str(value))}")
    if type == "SOCKADDR" and "saddr" not in record and "SADDR" not in record:
        parts = [f"saddr={address(record)}"]
    return " ".join(parts)


def _is_plain(name: str, value: str) -> bool:
    quoted = name in ("name", "comm", "exe", "cwd", "key", "proctitle", "path", "acct")
    return not quoted and value != "" and not set(value) & set(" \"'\n\x1d")


def encoded(value: str) -> str:
    """Text as the kernel would write it: quoted when it is printable, else hexadecimal."""
    data = as_bytes(value)
    if all(0x21 <= byte < 0x7F and byte != 0x22 for byte in data):
        return f'"{value}"'
    return data.hex().upper()


def as_bytes(value: str) -> bytes:
    """The bytes of a JSON text. Half of a surrogate pair, which no byte of a log decodes to, is encoded with `surrogatepass`."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def address(value: dict[str, Any]) -> str:
    """A decoded socket address as sockaddr bytes."""
    family = str(value.get("saddr_fam") or value.get("family") or "")
    text = str(value.get("addr") or value.get("laddr") or "")
    try:
        port = int(value.get("port") or value.get("lport") or 0)
        if family in ("inet", "ipv4", "ipv6", "inet6"):
            ip = ipaddress.ip_address(text)
            if ip.version == 4:
                return (b"\x02\x00" + port.to_bytes(2, "big") + ip.packed + bytes(8)).hex().upper()
            return (b"\x0a\x00" + port.to_bytes(2, "big") + bytes(4) + ip.packed + bytes(4)).hex().upper()
    except (ValueError, TypeError, OverflowError):
        return "?"
    if family in ("local", "unix"):
        path = as_bytes(str(value.get("path") or ""))
        return (b"\x01\x00" + path + b"\0").hex().upper()
    return "?"
