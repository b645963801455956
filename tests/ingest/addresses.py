"""Socket addresses as SOCKADDR records hold them on a little-endian machine: ip(7), ipv6(7), unix(7)."""

from __future__ import annotations

import ipaddress


def internet(ip: str, port: int) -> str:
    """sockaddr_in or sockaddr_in6, by the address."""
    packed = ipaddress.ip_address(ip).packed
    head = port.to_bytes(2, "big")
    data = b"\2\0" + head + packed + bytes(8) if len(packed) == 4 else b"\12\0" + head + bytes(4) + packed + bytes(4)
    return data.hex().upper()


def mapped(ip: str, port: int) -> str:
    """An IPv4 peer as a socket of IPv6 sees it."""
    return internet(f"::ffff:{ip}", port)


def local(path: str) -> str:
    """sockaddr_un; a path that begins with `@` is an abstract name, none at all an unnamed socket."""
    if not path:
        return "0100"
    name = b"\0" + path[1:].encode() if path.startswith("@") else path.encode() + b"\0garbage of the stack"
    return (b"\1\0" + name).hex().upper()


def netlink() -> str:
    """sockaddr_nl of the kernel."""
    return (b"\20\0" + bytes(10)).hex().upper()
