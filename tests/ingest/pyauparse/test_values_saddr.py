"""Socket addresses (docs/audit-format.md#14-socket-addresses), in layouts packed here and in real logs."""

from __future__ import annotations

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.ingest.pyauparse.values.saddr import SocketAddress, parse_saddr, saddr_text

LITTLE, BIG = "c000003e", "80000016"
GARBAGE = "603B7B47FC7F0000"


def packed(family: int, body: bytes, arch: str = LITTLE) -> str:
    return (struct.pack("<H" if arch == LITTLE else ">H", family) + body).hex().upper()


@pytest.mark.parametrize("arch", [LITTLE, BIG])
@given(number=st.integers(0, 2**32 - 1), port=st.integers(0, 65535))
def test_ipv4(arch: str, number: int, port: int) -> None:
    value = packed(2, struct.pack(">HI8x", port, number), arch)
    ip = str(ipaddress.IPv4Address(number))
    assert parse_saddr(value, arch) == SocketAddress("inet", ip, port)
    assert parse_saddr(value) == SocketAddress("inet", ip, port), "the family alone tells the byte order"
    assert saddr_text(value, arch) == f"{{ saddr_fam=inet laddr={ip} lport={port} }}"


@given(number=st.integers(0, 2**128 - 1), port=st.integers(0, 65535))
def test_ipv6(number: int, port: int) -> None:
    value = packed(10, struct.pack(">HI16sI", port, 0, number.to_bytes(16, "big"), 0))
    address = ipaddress.IPv6Address(number)
    found = parse_saddr(value, LITTLE)
    assert found is not None
    assert (found.family, found.port) == ("inet6", port)
    assert ipaddress.ip_address(found.ip or "") == (address.ipv4_mapped or address)


def test_ipv4_in_ipv6_is_ipv4() -> None:
    value = "0A00115C00000000" + "00" * 10 + "FFFF" + "C633642D" + "00000000"
    assert parse_saddr(value, LITTLE) == SocketAddress("inet6", "198.51.100.45", 4444)
    assert saddr_text(value, LITTLE) == "{ saddr_fam=inet6 laddr=::ffff:198.51.100.45 lport=4444 }"


def test_a_link_local_address_has_its_interface() -> None:
    address = ipaddress.IPv6Address("fe80::1").packed
    for arch, number in ((LITTLE, struct.pack("<I", 3)), (BIG, struct.pack(">I", 3))):
        value = packed(10, struct.pack(">HI", 22, 0) + address + number, arch)
        assert parse_saddr(value, arch) == SocketAddress("inet6", "fe80::1%3", 22)


@pytest.mark.parametrize(
    ("value", "address", "text"),
    [
        ("0100", SocketAddress("unix"), "{ saddr_fam=local sockaddr len too short }"),
        ("010000", SocketAddress("unix"), "{ saddr_fam=local sockaddr len too short }"),
        ("0100" + "00" * 108, SocketAddress("unix"), "{ saddr_fam=local path= }"),
        (
            "0100" + b"/var/run/nscd/socket\0".hex() + GARBAGE,
            SocketAddress("unix", path="/var/run/nscd/socket"),
            "{ saddr_fam=local path=/var/run/nscd/socket }",
        ),
        (
            "0100" + b"\0/tmp/.X11-unix/X0".hex(),
            SocketAddress("unix", path="/tmp/.X11-unix/X0", abstract=True),
            "{ saddr_fam=local path=/tmp/.X11-unix/X0 }",
        ),
        (
            "0100" + b"\0a\0b\0\0\0".hex(),
            SocketAddress("unix", path="a\0b", abstract=True),
            "{ saddr_fam=local path=a }",
        ),
        (
            "0100" + b"/tmp/\xff\x1b".hex(),
            SocketAddress("unix", path="/tmp/\udcff\x1b"),
            "{ saddr_fam=local path=/tmp/\udcff\\033 }",
        ),
        (
            "100000002A00000000000000",
            SocketAddress("netlink", port=42),
            "{ saddr_fam=netlink nlnk-fam=16 nlnk-pid=42 }",
        ),
        ("1000", SocketAddress("netlink"), "{ saddr_fam=netlink len too short }"),
        (
            "11000003020000000100000600000000",
            SocketAddress("packet", interface=2),
            "{ saddr_fam=packet (unsupported) }",
        ),
        ("28000000" + "00040000" + "03000000" + "00000000", SocketAddress("vsock", "3", 1024), None),
        ("0200", SocketAddress("inet"), "{ saddr_fam=inet sockaddr len too short }"),
        ("0A000016", SocketAddress("inet6"), "{ saddr_fam=inet6 sockaddr6 len too short }"),
        ("00000000000000000000000000000000", SocketAddress("unspec"), "unknown-family(0)"),
        ("FF7F", SocketAddress("unknown(32767)"), "unknown-family(32767)"),
        ("02", None, "malformed-host(02)"),
        ("", None, ""),
        ("nonsense", None, "nonsense"),
    ],
)
def test_families(value: str, address: SocketAddress | None, text: str | None) -> None:
    assert parse_saddr(value, LITTLE) == address
    assert text is None or saddr_text(value, LITTLE) == text


def test_numbers_are_in_the_byte_order_of_the_machine() -> None:
    assert parse_saddr("001000000000002A00000000", BIG) == SocketAddress("netlink", port=42)
    assert parse_saddr("00280000" + "00000400" + "00000003" + "00000000", BIG) == SocketAddress("vsock", "3", 1024)
    assert parse_saddr("0001" + b"/run/x\0".hex() + GARBAGE, BIG) == SocketAddress("unix", path="/run/x")
    assert parse_saddr("0002005000000000", LITTLE) == SocketAddress("unknown(512)"), "arch decides when it is known"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("{ saddr_fam=inet laddr=192.0.2.1 lport=80 }", SocketAddress("inet", "192.0.2.1", 80)),
        ("{ fam=inet laddr=192.0.2.1 lport=80 }", SocketAddress("inet", "192.0.2.1", 80)),
        ("{ saddr_fam=inet6 laddr=::1 lport=22 }", SocketAddress("inet6", "::1", 22)),
        ("{ saddr_fam=inet6 laddr=::ffff:192.0.2.1 lport=22 }", SocketAddress("inet6", "192.0.2.1", 22)),
        ("{ saddr_fam=local path=/run/a b }", SocketAddress("unix", path="/run/a b")),
        ("{ fam=local path=/run/a }", SocketAddress("unix", path="/run/a")),
        ("{ saddr_fam=local path=@name }", SocketAddress("unix", path="name", abstract=True)),
        ("{ saddr_fam=local sockaddr len too short }", SocketAddress("unix")),
        ("{ saddr_fam=netlink nlnk-fam=16 nlnk-pid=7 }", SocketAddress("netlink", port=7)),
        ("{ saddr_fam=vsock (unsupported) }", SocketAddress("vsock")),
        ("inet host:192.0.2.1 serv:80", SocketAddress("inet", "192.0.2.1", 80)),
        ("local /dev/log", SocketAddress("unix", path="/dev/log")),
        ("netlink pid:0", SocketAddress("netlink", port=0)),
        ("unknown family(0)", SocketAddress("unspec")),
        ("unknown-family(99)", SocketAddress("unknown(99)")),
        ("(null)", None),
        ("?", None),
    ],
)
def test_interpreted_text(text: str, address: SocketAddress | None) -> None:
    assert parse_saddr(text) == address


@given(st.text(max_size=80) | st.binary(max_size=140).map(bytes.hex), st.sampled_from([None, LITTLE, BIG, "?"]))
def test_invalid_text_does_not_raise(value: str, arch: str | None) -> None:
    parse_saddr(value, arch)
    saddr_text(value, arch)
