"""Interpretation of the first four arguments of a system call: a0..a3 of SYSCALL, hexadecimal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from . import flags, readings
from .accounts import Accounts
from .architectures import architecture
from .numbers import number
from .syscalls import libaudit_name

Reader = Callable[[str], str]

_O_CREAT = 0o100
_F_SETFD, _F_SETOWN = 2, 8
_FD_CLOEXEC = 1
_PR_SET_PDEATHSIG, _PR_CAPBSET_READ, _PR_CAPBSET_DROP = 1, 23, 24
_SOL_SOCKET = 1


def _table(*rows: tuple[str, Reader]) -> dict[str, Reader]:
    return {name: reader for calls, reader in rows for name in calls.split()}


def _named(table: str, unknown: str) -> Reader:
    return lambda value: readings.named(value, table, unknown)


def _signal(value: str) -> str:
    return readings.signal(value, 16)


def _capability(value: str) -> str:
    return readings.capability(value, 16)


def _socket_type(value: str) -> str:
    found = number(value, 16)
    return value if found is None else readings.named(f"{found & 0xFF:x}", "socket_type", f"unknown-type({value})")


def _whence(value: str) -> str:
    found = number(value, 16)
    return value if found is None else readings.named(f"{found & 0xFF:x}", "seek", f"unknown-whence({value})")


def _clock(value: str) -> str:
    found = number(value, 16)
    if found is not None and found >= 7:
        return f"unknown-clk_id(0x{value})"
    return readings.named(value, "clock", "unknown-clk_id(0x{})")


def _command(table: str, unknown: str) -> Reader:
    """The reader of a command that is an int, printed as a signed number when it is unknown."""

    def read(value: str) -> str:
        found = number(value, 16)
        if found is None:
            return value
        signed = (found & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
        return readings.named(value, table, unknown.format(signed))

    return read


def _udp_option(value: str) -> str:
    found = number(value, 16)
    return {1: "UDP_CORK", 100: "UDP_ENCAP"}.get(found or 0, f"unknown-udpopt-name(0x{value})")


_DIRECTORY = readings.directory
_FIRST = _table(
    ("rt_sigaction", _signal),
    ("renameat renameat2 readlinkat mkdirat mknodat fchownat futimesat fchmodat faccessat faccessat2", _DIRECTORY),
    ("futimensat unlinkat utimensat linkat newfstatat openat openat2 name_to_handle_at", _DIRECTORY),
    ("clock_settime", _clock),
    ("personality", readings.personality),
    ("ptrace", _named("ptrace", "unknown-ptrace(0x{})")),
    ("prctl", _named("prctl", "unknown-prctl-option(0x{})")),
    ("unshare", flags.clone_flags),
    ("getrlimit setrlimit", _named("rlimit", "unknown-rlimit(0x{})")),
    ("socket", _named("family", "unknown-family(0x{})")),
    ("socketcall", _named("socketcall", "unknown-socketcall({})")),
    ("exit exit_group", readings.exit_status),
    ("bpf", _named("bpf", "unknown-bpf-cmd({})")),
)
_SECOND = _table(
    ("chmod fchmod creat mkdir", readings.short_mode),
    ("fcntl fcntl64", _command("fcntl", "unknown-fcntl-command({})")),
    ("getsockopt setsockopt", readings.socket_level),
    ("socket", _socket_type),
    ("setns", flags.clone_flags),
    ("sched_setscheduler", readings.scheduler),
    ("mknod", lambda value: readings.mode(value, 16)),
    ("access", flags.access_mode),
    ("epoll_ctl", _command("epoll_ctl", "unknown-epoll_ctl-operation({})")),
    ("kill tkill", _signal),
    ("umount2", flags.umount_flags),
    ("ioctl", readings.ioctl_request),
)
_THIRD = _table(
    ("fchmodat mkdirat mknodat", readings.short_mode),
    ("faccessat faccessat2", flags.access_mode),
    ("socket", _named("protocol", "unknown-proto({})")),
    ("sendmsg recvmsg", flags.message_flags),
    ("shmget", flags.shared_memory_flags),
    ("mmap", flags.mmap_protection),
    ("mprotect", flags.protection),
    ("readlinkat renameat renameat2 linkat", _DIRECTORY),
    ("lseek", _whence),
    ("clone clone2", flags.clone_flags),
    ("tgkill", _signal),
)
_FOURTH = _table(
    ("mmap", flags.mmap_flags),
    ("mount", flags.mount_flags),
    ("recv recvfrom recvmmsg send sendto sendmmsg", flags.message_flags),
)
_READERS = (_FIRST, _SECOND, _THIRD, _FOURTH)
_OPEN_FLAGS = frozenset(((1, "open"), (1, "mq_open"), (2, "openat"), (2, "open_by_handle_at")))


def _places(*rows: tuple[str, Iterable[int]]) -> frozenset[tuple[int, str]]:
    return frozenset((place, name) for calls, places in rows for name in calls.split() for place in places)


_USERS = _places(("setuid setfsuid", (0,)), ("setreuid", (0, 1)), ("setresuid", (0, 1, 2)), ("chown chown32", (1,)))
_GROUPS = _places(("setgid setfsgid", (0,)), ("setregid", (0, 1)), ("setresgid", (0, 1, 2)))
_OPTIONS = {
    0: _named("ip_option", "unknown-ipopt-name(0x{})"),
    6: _named("tcp_option", "unknown-tcpopt-name(0x{})"),
    17: _udp_option,
    41: _named("ip6_option", "unknown-ip6opt-name(0x{})"),
    263: _named("packet_option", "unknown-pktopt-name(0x{})"),
}
"""By the level of setsockopt(2): IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6, SOL_PACKET."""


def argument(
    place: int, value: str, arch: str | None, syscall: int | None, a: Sequence[str] | None, accounts: Accounts
) -> str:
    """The meaning of argument a`place`. `a` holds the raw a0..a3 of the record. An unknown meaning gives the number as
    `0x...`."""
    found = number(value, 16)
    if found is None:
        return value
    name = libaudit_name(arch, syscall) if arch is not None and syscall is not None else None
    if name is not None:
        if (place, name) in _USERS:
            return accounts.user(found)
        if (place, name) in _GROUPS:
            return accounts.group(found)
        if (place, name) in _OPEN_FLAGS:
            return flags.open_flags(value, arch)
        reader = _READERS[place].get(name) or _by_other_argument(place, name, arch, a, accounts)
        if reader is not None:
            return reader(value)
    return f"0x{value}"


def _by_other_argument(
    place: int, name: str, arch: str | None, a: Sequence[str] | None, accounts: Accounts
) -> Reader | None:
    """The reader of an argument whose meaning depends on the argument before it."""
    before = number(a[place - 1], 16) if a is not None and 0 < place <= len(a) else None
    if before is None:
        return None
    if place == 1 and name == "prctl":
        if before == _PR_SET_PDEATHSIG:
            return _signal
        return _capability if before in (_PR_CAPBSET_READ, _PR_CAPBSET_DROP) else None
    if place == 2 and name in ("open", "mq_open"):
        return readings.short_mode if before & _O_CREAT else None
    if place == 2 and name in ("fcntl", "fcntl64"):
        return _fcntl_argument(before, accounts)
    if place == 2 and name in ("getsockopt", "setsockopt"):
        return _socket_option(architecture(arch or "")) if before == _SOL_SOCKET else _OPTIONS.get(before)
    return None


def _fcntl_argument(command: int, accounts: Accounts) -> Reader | None:
    if command == _F_SETOWN:
        return lambda value: accounts.user(int(value, 16))
    if command == _F_SETFD:
        return lambda value: "FD_CLOEXEC" if int(value, 16) == _FD_CLOEXEC else f"0x{value}"
    return None


def _socket_option(machine: str | None) -> Reader:
    """The reader of SO_* options of asm-generic. On ppc, 16 to 21 differ: the table has them 100 higher."""

    def read(value: str) -> str:
        found = int(value, 16)
        other = machine in ("ppc", "ppc64") and 16 <= found <= 21
        return readings.named(
            f"{found + 100:x}" if other else value, "socket_option", f"unknown-sockopt-name(0x{value})"
        )

    return read
