"""Interpretation of single numbers: modes, capabilities, signals, codes. Text that is not a number is returned unchanged."""

from __future__ import annotations

from ..tables import names
from .errnos import errno_name, errno_text
from .numbers import number

_UNSET_SESSION = "4294967295"
_FILE_TYPE = 0o170000
_SPECIAL = ((0o4000, "suid"), (0o2000, "sgid"), (0o1000, "sticky"))
_PERMISSIONS = ((4, "read"), (2, "write"), (1, "exec"), (8, "attr"))
_AT_FDCWD = 0xFFFFFF9C
_SECCOMP_ACTION = 0x7FFF0000
_SIGNALS = 32
_RESET_ON_FORK = 0x40000000
_NO_RANDOMIZE = 0x40000


def named(value: str, table: str, unknown: str, base: int = 16) -> str:
    """The name of a number in `table`, else `unknown` with the value in its place `{}`."""
    found = number(value, base)
    if found is None:
        return value
    return names(table).get(found & 0xFFFFFFFF) or unknown.format(value)


def mode(value: str, base: int = 8) -> str:
    """`mode=0104755` as `file,suid,755`."""
    bits = number(value, base)
    if bits is None:
        return value
    kind = names("file_type").get(bits & _FILE_TYPE) or f"{(bits & _FILE_TYPE) >> 12:03o}"
    return ",".join([kind, *_special(bits), f"{bits & 0o777:03o}"])


def short_mode(value: str, base: int = 16) -> str:
    """The mode of chmod(2) and others: `suid,0755`."""
    bits = number(value, base)
    return value if bits is None else permissions(bits)


def permissions(bits: int) -> str:
    """Permission bits: `0644`, `suid,0755`."""
    return ",".join([*_special(bits), f"0{bits & 0o777:03o}"])


def _special(bits: int) -> list[str]:
    return [name for bit, name in _SPECIAL if bits & bit]


def rule_permissions(value: str) -> str:
    """The `perm=` of a watch; 0 means all permissions, as in the kernel."""
    bits = number(value)
    if bits is None:
        return value
    return ",".join(name for bit, name in _PERMISSIONS if (bits or 0xF) & bit)


def exit_code(value: str) -> str:
    """`exit=-13` as `EACCES(Permission denied)`."""
    found = number(value[1:]) if value.startswith("-") else None
    if not found:
        return value
    return f"{errno_name(found) or '(null)'}({errno_text(found)})"


def success(value: str) -> str:
    """`res=1` as `yes`."""
    found = number(value)
    return value if found is None else {0: "no", 1: "yes"}.get(found, "unset")


def fanotify(value: str) -> str:
    """`resp=` of FANOTIFY."""
    found = number(value)
    return value if found is None else {1: "allow", 2: "deny"}.get(found, "unknown")


def promiscuous(value: str) -> str:
    """`prom=` of ANOM_PROMISCUOUS."""
    found = number(value)
    return value if found is None else ("yes" if found else "no")


def session(value: str) -> str:
    """`ses=`."""
    return "unset" if value == _UNSET_SESSION else value


def capability(value: str, base: int = 10) -> str:
    """One capability by number."""
    return named(value, "capability", "unknown-capability({})" if base == 10 else "unknown-capability(0x{})", base)


def capabilities(value: str) -> str:
    """A set of capabilities in hexadecimal, as their names joined by commas."""
    bits = number(value, 16)
    if bits is None:
        return value
    return ",".join(name for place, name in names("capability").items() if bits >> place & 1) or "none"


def signal(value: str, base: int = 10) -> str:
    """A signal by number."""
    found = number(value, base)
    if found is None:
        return value
    name = names("signal").get(found) if found < _SIGNALS else None
    return name or f"unknown-signal({'0x' if base == 16 else ''}{value})"


def seccomp(value: str) -> str:
    """`code=` of SECCOMP: what was done to the process."""
    found = number(value, 16)
    if found is None:
        return value
    return names("seccomp").get(found & _SECCOMP_ACTION) or f"unknown-seccomp-code({value})"


def ethernet(value: str) -> str:
    """`macproto=` of NETFILTER_PKT."""
    found = number(value, 16)
    return value if found is None else {0x0800: "IP", 0x0806: "ARP"}.get(found, "UNKNOWN")


def multicast_group(value: str) -> str:
    """`nl-mcgrp=` of EVENT_LISTENER."""
    found = number(value, 16)
    return value if found is None else ("audit-netlink-multicast" if found == 1 else "audit-none")


def personality(value: str) -> str:
    """The execution domain of personality(2)."""
    bits = number(value, 16)
    if bits is None:
        return value
    name = names("personality").get(bits & 0xFF)
    if name is None:
        return f"unknown-personality(0x{value})"
    return f"{name}|~ADDR_NO_RANDOMIZE" if bits & _NO_RANDOMIZE else name


def scheduler(value: str) -> str:
    """The policy of sched_setscheduler(2)."""
    bits = number(value, 16)
    if bits is None:
        return value
    name = names("sched").get(bits & 0xF)
    if name is None:
        return f"unknown-scheduler-policy(0x{value})"
    return f"{name}|SCHED_RESET_ON_FORK" if bits & _RESET_ON_FORK else name


def directory(value: str) -> str:
    """The dirfd of the ...at(2) calls."""
    found = number(value, 16)
    if found is None:
        return value
    return "AT_FDCWD" if found & 0xFFFFFFFF == _AT_FDCWD else f"0x{value}"


def ioctl_request(value: str) -> str:
    """The request of ioctl(2)."""
    found = number(value, 16)
    if found is None:
        return value
    return names("ioctl").get(found & 0xFFFFFFFF) or f"0x{found & 0xFFFFFFFF:x}"


def protocol(value: str) -> str:
    """`proto=`: an IP protocol by decimal number."""
    return named(value, "protocol", "undefined protocol", 10)


def socket_level(value: str) -> str:
    """The level of setsockopt(2)."""
    found = number(value, 16)
    if found is None:
        return value
    if found == 1:
        return "SOL_SOCKET"
    return names("protocol").get(found) or named(value, "socket_level", "unknown-sockopt-level(0x{})")


def exit_status(value: str) -> str:
    """The status of exit(2)."""
    return {"0": "EXIT_SUCCESS", "1": "EXIT_FAILURE"}.get(value, "UNKNOWN")
