"""Socket addresses: the bytes of `saddr=`, or what an enriched or interpreted log made of them.

Layouts: sockaddr_in(2 bytes family in the logged machine's byte order, port and address in network order), sockaddr_in6,
sockaddr_un (followed by stack garbage after the NUL; abstract names begin with NUL), sockaddr_nl, sockaddr_ll, sockaddr_vm.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

FAMILIES = {
    1: "unix",
    2: "inet",
    3: "ax25",
    4: "ipx",
    5: "appletalk",
    9: "x25",
    10: "inet6",
    16: "netlink",
    17: "packet",
    31: "bluetooth",
    38: "alg",
    40: "vsock",
}
_BIG_ENDIAN = frozenset(("80000016", "16", "80000015", "14", "8000002b", "2b", "8000002", "s390x", "s390", "ppc64", "ppc"))
_INTERPRETED = re.compile(r"(\w+)=(.*?)(?=\s+\w+=|\s*\}|\s*$)")


class SocketAddress(NamedTuple):
    """An address. `ip` has IPv4-mapped IPv6 as IPv4; `path` is without the abstract marker, which is `abstract`."""

    family: str
    ip: str | None = None
    port: int | None = None
    path: str | None = None
    abstract: bool = False


@lru_cache(maxsize=65536)
def parse_saddr(value: str, arch: str | None = None) -> SocketAddress | None:
    """The address behind a `saddr=` value: hexadecimal, or interpreted text in braces; None when it is neither."""
    if value.startswith("{") or "saddr_fam=" in value:
        return _interpreted(value)
    try:
        data = bytes.fromhex(value.strip('"'))
    except ValueError:
        return None
    if len(data) < 2:
        return None
    family = int.from_bytes(data[:2], "big" if (arch or "").lower() in _BIG_ENDIAN else "little")
    return _parsed(family, data)


def _parsed(family: int, data: bytes) -> SocketAddress:
    if family == 2 and len(data) >= 8:
        return SocketAddress("inet", str(ipaddress.IPv4Address(data[4:8])), int.from_bytes(data[2:4], "big"))
    if family == 10 and len(data) >= 24:
        return SocketAddress("inet6", _ipv6(data), int.from_bytes(data[2:4], "big"))
    if family == 1:
        return _unix(data[2:])
    if family == 40 and len(data) >= 12:
        port, cid = int.from_bytes(data[4:8], "little"), int.from_bytes(data[8:12], "little")
        return SocketAddress("vsock", str(cid), port)
    return SocketAddress(FAMILIES.get(family, str(family)))


def _ipv6(data: bytes) -> str:
    address = ipaddress.IPv6Address(data[8:24])
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    scope = int.from_bytes(data[24:28], "little") if address.is_link_local and len(data) >= 28 else 0
    return f"{address}%{scope}" if scope else str(address)


def _unix(data: bytes) -> SocketAddress:
    abstract = data[:1] == b"\0" and len(data) > 1
    name = data[1:] if abstract else data
    path = name.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return SocketAddress("unix", path=path or None, abstract=abstract and bool(path))


def _interpreted(value: str) -> SocketAddress | None:
    said = {name: text.strip() for name, text in _INTERPRETED.findall(value)}
    family = said.get("saddr_fam", "").replace("local", "unix")
    if family in ("inet", "inet6"):
        try:
            address = ipaddress.ip_address(said.get("laddr", said.get("addr", "")))
        except ValueError:
            return SocketAddress(family)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        port = said.get("lport", said.get("port", ""))
        return SocketAddress(family, str(mapped or address), int(port) if port.isdigit() else None)
    if family == "unix":
        path = said.get("path")
        return SocketAddress("unix", path=path.lstrip("@") if path else None, abstract=bool(path and path[0] == "@"))
    return SocketAddress(family) if family else None
