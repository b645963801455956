"""Values of other formats as the kernel would have written them: text, addresses, fields."""

from __future__ import annotations

import ipaddress
from typing import Any


def encoded(value: str) -> str:
    """Text as the kernel would write it: quoted when it is printable, else hexadecimal."""
    data = as_bytes(value)
    if all(0x21 <= byte < 0x7F and byte != 0x22 for byte in data):
        return f'"{value}"'
    return data.hex().upper()


def as_bytes(value: str) -> bytes:
    """The bytes of a JSON text: half of a surrogate pair, which stands for no byte of a log, as Python's own encoding."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def address(value: dict[str, Any]) -> str:
    """A decoded socket address as sockaddr bytes in hexadecimal; what the format left as it was (`saddr`) where it has
    decoded nothing."""
    family = str(value.get("saddr_fam") or value.get("family") or value.get("address_family") or "")
    text = str(value.get("addr") or value.get("laddr") or "")
    try:
        port = int(value.get("port") or value.get("lport") or 0)
        if family in ("inet", "ipv4", "ipv6", "inet6"):
            ip = ipaddress.ip_address(text)
            if ip.version == 4:
                return (b"\x02\x00" + port.to_bytes(2, "big") + ip.packed + bytes(8)).hex().upper()
            return (b"\x0a\x00" + port.to_bytes(2, "big") + bytes(4) + ip.packed + bytes(4)).hex().upper()
        if family == "vsock":
            cid = int(value.get("cid") or 0)
            return (b"\x28\x00\x00\x00" + port.to_bytes(4, "little") + cid.to_bytes(4, "little")).hex().upper()
    except (ValueError, TypeError, OverflowError):
        return "?"
    if family in ("local", "unix"):
        path = as_bytes(str(value.get("path") or ""))
        return (b"\x01\x00" + path + b"\0").hex().upper()
    raw = value.get("saddr")
    return raw if isinstance(raw, str) and raw.isalnum() else "?"


def at(value: Any, *path: str) -> Any:
    """The value at the end of a path of names in a JSON value; None if there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def enriched(names: dict[str, str]) -> str:
    """Interpreted fields with the separator before them, as auditd writes them in ENRICHED logs."""
    parts = [f'{name}="{text}"' for name, text in names.items() if text and not set(text) & set('"\n\r\x1d')]
    return "\x1d" + " ".join(parts) if parts else ""
