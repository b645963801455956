"""Socket addresses: the bytes of `saddr=`, or their text in an enriched or interpreted log.

The first two bytes are the family, in the logged machine's byte order, as are the numbers of netlink, packet and vsock
addresses; internet ports and addresses are in network order. Layouts: unix(7), ip(7), ipv6(7), netlink(7), packet(7),
vsock(7).
"""

from __future__ import annotations

import re
import socket
from functools import lru_cache
from typing import Literal, NamedTuple

from ..tables import names
from .architectures import is_big_endian
from .text import from_hex, printable, unquoted

_MAPPED = bytes(10) + b"\xff\xff"
_UNIX_PATH_LENGTH = 108
_PART = re.compile(r"(\w+)[=:](\S+)")
_PATH = re.compile(r"\bpath=(.*?)\s*\}?\s*\Z", re.DOTALL)
_FAMILY = re.compile(r"\s*\{?\s*(?:(?:saddr_)?fam=)?([a-z]\w*)")
_CACHED = 65536
_NEWER = {27: "ib", 28: "mpls", 45: "mctp"}
"""Families of include/linux/socket.h that famtab of the audit user space lacks."""

Order = Literal["big", "little"]


class SocketAddress(NamedTuple):
    """A socket address. Parts that the family does not have, or that the kernel did not record, are None.

    `family`: `unix`, `inet`, `inet6`, `netlink`, `packet`, `vsock`, another name of famtab, `unspec` or `unknown(N)`.
    `ip`: an IPv4-mapped IPv6 address as IPv4, a link-local one with `%` and the interface's number; of `vsock` the
    context id. `port`: of `netlink` the port id, mostly the process id. `path`: of `unix`, without the NUL that marks
    an `abstract` name; None for a socket without a name. `interface`: the number of the interface of `packet`.
    """

    family: str
    ip: str | None = None
    port: int | None = None
    path: str | None = None
    abstract: bool = False
    interface: int | None = None


@lru_cache(maxsize=_CACHED)
def parse_saddr(value: str, arch: str | None = None) -> SocketAddress | None:
    """The address of a `saddr=` value, hexadecimal or interpreted text; None when it is neither.

    `arch` is as in the log and gives the byte order; without it, the order is the one that gives a valid family.
    """
    text = unquoted(value)
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return _interpreted(text)
    if len(data) < 2:
        return None
    order = _order(data, arch)
    family = int.from_bytes(data[:2], order)
    if family == 2:
        return _inet(data)
    if family == 10:
        return _inet6(data, order)
    if family == 1:
        return _unix(data)
    return _other(family, data, order)


def _order(data: bytes, arch: str | None) -> Order:
    """The byte order. Families are below 256, so that one of the two bytes is zero: the first on a big-endian machine."""
    big = is_big_endian(arch) if arch is not None else None
    if big is None:
        big = data[0] == 0
    return "big" if big else "little"


def _inet(data: bytes) -> SocketAddress:
    if len(data) < 8:
        return SocketAddress("inet")
    return SocketAddress("inet", socket.inet_ntoa(data[4:8]), data[2] << 8 | data[3])


def _inet6(data: bytes, order: Order) -> SocketAddress:
    if len(data) < 24:
        return SocketAddress("inet6")
    address = data[8:24]
    if address.startswith(_MAPPED):
        return SocketAddress("inet6", socket.inet_ntoa(address[12:]), data[2] << 8 | data[3])
    return SocketAddress("inet6", _ipv6(address, data[24:28], order), data[2] << 8 | data[3])


def _ipv6(address: bytes, scope: bytes, order: Order) -> str:
    text = socket.inet_ntop(socket.AF_INET6, address)
    link_local = address[0] == 0xFE and address[1] & 0xC0 == 0x80
    number = int.from_bytes(scope, order) if link_local or (address[0] == 0xFF and address[1] & 0xF == 2) else 0
    return f"{text}%{number}" if number else text


def _unix(data: bytes) -> SocketAddress:
    """An AF_UNIX address. A path ends at its NUL, and stack garbage follows; of an abstract name only trailing NULs are cut."""
    abstract = len(data) > 3 and data[2] == 0
    name = data[3:].rstrip(b"\0") if abstract else data[2:].partition(b"\0")[0]
    return SocketAddress("unix", path=name.decode("utf-8", "surrogateescape") or None, abstract=abstract and bool(name))


def _other(family: int, data: bytes, order: Order) -> SocketAddress:
    if family == 16 and len(data) >= 8:
        return SocketAddress("netlink", port=int.from_bytes(data[4:8], order))
    if family == 17 and len(data) >= 8:
        return SocketAddress("packet", interface=int.from_bytes(data[4:8], order))
    if family == 40 and len(data) >= 12:
        return SocketAddress("vsock", str(int.from_bytes(data[8:12], order)), int.from_bytes(data[4:8], order))
    unnamed = _NEWER.get(family, f"unknown({family})") if family else "unspec"
    return SocketAddress(names("family").get(family, unnamed))


_PORT = re.compile(r"[0-9]{1,10}")
"""A port, or the number of a netlink or vsock peer."""


def _interpreted(text: str) -> SocketAddress | None:
    """`{ saddr_fam=inet laddr=192.0.2.1 lport=80 }`, older `{ fam=...`, and oldest `inet host:192.0.2.1 serv:80`."""
    if text.startswith(("unknown", "SADDR=unknown")):
        number = re.search(r"\((\d+)\)", text)
        return SocketAddress(f"unknown({number[1]})" if number is not None and number[1] != "0" else "unspec")
    match = _FAMILY.match(text)
    if match is None:
        return None
    if match[1] in ("local", "unix"):
        return _interpreted_unix(text)
    if match[1] not in names("family").values():
        return None
    fields = dict(_PART.findall(text))
    port = fields.get("lport") or fields.get("serv") or fields.get("nlnk-pid") or fields.get("pid") or ""
    ip = fields.get("laddr") or fields.get("host")
    if ip is not None and ip.lower().startswith("::ffff:") and "." in ip:
        ip = ip[7:]
    return SocketAddress(match[1], ip, int(port) if _PORT.fullmatch(port) else None)


def _interpreted_unix(text: str) -> SocketAddress:
    match = _PATH.search(text) or re.match(r"\s*local (\S+)\s*\Z", text)
    path = match[1] if match is not None else ""
    return SocketAddress("unix", path=path.removeprefix("@") or None, abstract=len(path) > 1 and path[0] == "@")


def saddr_text(value: str, arch: str | None = None) -> str:
    """The text that libauparse prints for a raw `saddr=`: `{ saddr_fam=inet laddr=192.0.2.1 lport=80 }`."""
    if from_hex(value) is None:
        return unquoted(value)
    data = bytes.fromhex(value)
    if len(data) < 2:
        return f"malformed-host({value})"
    order = _order(data, arch)
    family = int.from_bytes(data[:2], order)
    name = names("family").get(family)
    if name is None:
        return f"unknown-family({family})"
    return f"{{ saddr_fam={name} {_details(name, data, order)} }}"


def _details(name: str, data: bytes, order: Order) -> str:
    if name == "local":
        return _unix_details(data)
    if name == "inet":
        if len(data) < 16:
            return "sockaddr len too short"
        return f"laddr={socket.inet_ntoa(data[4:8])} lport={data[2] << 8 | data[3]}"
    if name == "inet6":
        if len(data) < 28:
            return "sockaddr6 len too short"
        return f"laddr={_ipv6(data[8:24], data[24:28], order)} lport={data[2] << 8 | data[3]}"
    if name == "netlink":
        if len(data) < 12:
            return "len too short"
        return f"nlnk-fam=16 nlnk-pid={int.from_bytes(data[4:8], order)}"
    return "(unsupported)"


def _unix_details(data: bytes) -> str:
    if len(data) < 4:
        return "sockaddr len too short"
    name = data[3:] if data[2] == 0 else data[2:]
    path = name[:_UNIX_PATH_LENGTH].partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return f"path={printable(path)}"
