"""The tables against other sources: the running Python's errno, signal, socket and stat, and well-known numbers."""

from __future__ import annotations

import errno
import signal
import socket
import stat
import sys

import pytest

from provenance.ingest.pyauparse.tables import architectures, calls, names, sources, tty_keys
from provenance.ingest.pyauparse.values.architectures import architecture, is_big_endian
from provenance.ingest.pyauparse.values.errnos import errno_name, errno_number
from provenance.ingest.pyauparse.values.record_types import record_type
from provenance.ingest.pyauparse.values.syscalls import libaudit_name, syscall_name, syscall_number

EXECVE = {
    "c000003e": ("x86_64", 59),
    "40000003": ("i386", 11),
    "c00000b7": ("aarch64", 221),
    "40000028": ("arm", 11),
    "c00000f3": ("riscv64", 221),
    "c0000102": ("loongarch64", 221),
    "80000016": ("s390x", 11),
    "16": ("s390", 11),
    "80000015": ("ppc64", 11),
    "c0000015": ("ppc64le", 11),
    "14": ("ppc", 11),
    "28": ("armeb", 11),
}
linux = pytest.mark.skipif(sys.platform != "linux", reason="compares with the numbers of the Linux that runs the tests")


@pytest.mark.parametrize("arch", EXECVE)
def test_every_architecture_has_its_own_numbers(arch: str) -> None:
    name, number = EXECVE[arch]
    assert architecture(arch) == name
    assert syscall_name(arch, number) == "execve"
    assert syscall_number(arch, "execve") == number
    assert syscall_number(name, "openat2") == 437, "the calls since 5.1 have the same number everywhere"


@pytest.mark.parametrize("arch", EXECVE)
def test_a_name_leads_back_to_its_number(arch: str) -> None:
    table = calls()[{"ppc64le": "ppc64", "armeb": "arm"}.get(EXECVE[arch][0], EXECVE[arch][0])]
    assert len(table) > 300
    for name, number in table.items():
        assert syscall_number(arch, syscall_name(arch, number) or "") == number, name


def test_x32_calls_come_with_the_arch_of_x86_64() -> None:
    assert syscall_name("c000003e", 0x40000000 | 520) == "execve"
    assert syscall_name("c000003e", 0x40000000 | 1) == "write"
    assert syscall_number("c000003e", "execve") == 59


def test_calls_of_32_bits_differ() -> None:
    assert syscall_name("40000003", 102) == "socketcall"
    assert syscall_name("c000003e", 102) == "getuid"
    assert syscall_name("40000028", 0xF0002) == "cacheflush"
    assert syscall_name("16", 102) == "socketcall"


def test_libaudit_has_other_names_for_a_few_calls() -> None:
    assert (syscall_name("c000003e", 17), libaudit_name("c000003e", 17)) == ("pread64", "pread")
    assert syscall_number("c000003e", "pread") == syscall_number("c000003e", "pread64") == 17
    assert libaudit_name("c000003e", 59) == "execve"


def test_unknown_numbers_have_no_name() -> None:
    assert syscall_name("c000003e", 100_000) is None
    assert syscall_name("deadbeef", 59) is None
    assert syscall_name("?", 59) is None
    assert syscall_number("c000003e", "no such call") is None
    assert architecture("deadbeef") is None
    assert is_big_endian("nothing") is None


def test_byte_order() -> None:
    big = {arch for arch in EXECVE if is_big_endian(arch)}
    assert {EXECVE[arch][0] for arch in big} == {"s390x", "s390", "ppc64", "ppc", "armeb"}
    assert is_big_endian("s390x") and not is_big_endian("x86_64")


@linux
def test_errors_are_those_of_this_kernel() -> None:
    for number, name in names("errno").items():
        assert getattr(errno, name, number) == number == errno_number(name)
        assert errno_name(-number) == name
    assert set(errno.errorcode) <= set(names("errno"))
    assert errno_number("EWOULDBLOCK") == errno.EWOULDBLOCK
    assert errno_number("EACCES(Permission denied)") == errno.EACCES


@linux
def test_signals_are_those_of_this_kernel() -> None:
    table = {number: name for number, name in names("signal").items() if number}
    assert table == {int(number): number.name for number in signal.Signals if number < signal.SIGRTMIN}


@linux
def test_families_are_those_of_this_kernel() -> None:
    for number, name in names("family").items():
        found = getattr(socket, f"AF_{'UNIX' if name == 'local' else name.upper()}", None)
        assert found is None or found == number, name
    assert {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_VSOCK} <= set(names("family"))


def test_file_types_are_those_of_stat() -> None:
    assert names("file_type") == {
        stat.S_IFSOCK: "socket",
        stat.S_IFLNK: "link",
        stat.S_IFREG: "file",
        stat.S_IFBLK: "block",
        stat.S_IFDIR: "dir",
        stat.S_IFCHR: "character",
        stat.S_IFIFO: "fifo",
    }


def test_open_flags_differ_by_architecture() -> None:
    by_name = {table: {name: bit for bit, name in names(table).items()} for table in ("open", "open_arm", "open_ppc")}
    assert by_name["open"]["O_DIRECTORY"] == 0o200000
    assert by_name["open_arm"]["O_DIRECTORY"] == 0o40000
    assert by_name["open_ppc"]["O_DIRECT"] == 0o400000
    assert names("open_arm") == names("open_aarch64")


def test_the_tables_name_their_sources() -> None:
    for package in ("linux-libc-dev", "libc6-dev", "netbase", "audit"):
        assert package in sources()
    assert len(architectures()) > 40
    assert len(tty_keys()) > 300


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("SYSCALL", "SYSCALL"),
        ("UNKNOWN[1327]", "PROCTITLE"),
        ("1309", "EXECVE"),
        ("UNKNOWN[1336]", "URINGOP"),
        ("UNKNOWN[1339]", "DM_EVENT"),
        ("UNKNOWN[99999]", "UNKNOWN[99999]"),
    ],
)
def test_record_types_have_names(number: str, name: str) -> None:
    assert record_type(number) == name
