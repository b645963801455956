"""The interpretation of raw values, as libauparse's `auparse_interpret_field` (3.0.9) prints it.

Where libauparse reads a number from text that is not a number (`auid=?` as root), the text stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .values import flags, readings
from .values.accounts import Accounts
from .values.architectures import architecture
from .values.arguments import argument
from .values.keys import keys
from .values.numbers import number
from .values.saddr import saddr_text
from .values.syscalls import libaudit_name
from .values.text import decode, from_hex, printable, unquoted
from .values.tty import typed

_NO_ACCOUNTS = Accounts()
_USERS = frozenset(
    ("auid", "uid", "euid", "suid", "fsuid", "ouid", "oauid", "old-auid", "iuid", "id", "inode_uid", "sauid", "obj_uid")
)
_GROUPS = frozenset(("gid", "egid", "sgid", "fsgid", "ogid", "igid", "inode_gid", "obj_gid", "new_gid"))
_GROUP_RECORDS = frozenset(("ADD_GROUP", "GRP_MGMT", "DEL_GROUP"))
"""Record types whose `id` is that of a group."""
_ARGUMENTS = {"a0": 0, "a1": 1, "a2": 2, "a3": 3}
_CAPABILITIES = (
    *("cap_pi", "cap_pe", "cap_pp", "cap_pa", "cap_fi", "cap_fp", "fp", "fi", "pp", "pi", "pe", "pa"),
    *("old_pp", "old_pi", "old_pe", "old_pa", "new_pp", "new_pi", "new_pe"),
)
_READERS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(_CAPABILITIES, readings.capabilities),
    "exit": readings.exit_code,
    "perm": readings.rule_permissions,
    "perm_mask": readings.rule_permissions,
    "mode": readings.mode,
    "prom": readings.promiscuous,
    "old_prom": readings.promiscuous,
    "capability": readings.capability,
    "res": readings.success,
    "result": readings.success,
    "sig": readings.signal,
    "sigev_signo": readings.signal,
    "list": lambda value: readings.named(value, "list", "unknown-list({})", 10),
    "ses": readings.session,
    "family": lambda value: readings.named(value, "netfilter_protocol", "unknown-netfilter-protocol({})", 10),
    "icmptype": lambda value: readings.named(value, "icmp_type", "unknown-icmp-type({})", 10),
    "proto": readings.protocol,
    "per": readings.personality,
    "code": readings.seccomp,
    "flags": flags.mmap_flags,
    "hook": lambda value: readings.named(value, "inet_hook", "unknown-hook({})"),
    "action": lambda value: readings.named(value, "netfilter_action", "unknown-action({})"),
    "macproto": readings.ethernet,
    "ioctlcmd": readings.ioctl_request,
    "resp": readings.fanotify,
    "nl-mcgrp": readings.multicast_group,
    "resolve": flags.resolve_flags,
}
_BY_RECORD: dict[tuple[str, str], Callable[[str], str]] = {
    ("AVC", "saddr"): unquoted,
    ("NETFILTER_PKT", "saddr"): unquoted,
    ("PATH", "flags"): flags.lookup_flags,
    ("MQ_OPEN", "mode"): lambda value: readings.short_mode(value, 8),
    ("CRYPTO_KEY_USER", "fp"): unquoted,
}
"""Fields whose name has another meaning in one type of record."""


def interpret(
    record_type: str,
    name: str,
    value: str,
    arch: str | None = None,
    syscall: int | None = None,
    a: Sequence[str] | None = None,
    accounts: Accounts = _NO_ACCOUNTS,
) -> str:
    """The meaning of field `name` of a record. The value of an unknown field is returned without its quotes.

    `value` is the text as it stands in the log. `arch`, `syscall` and `a` (the raw a0..a3) come from the same record.
    `accounts` are those of the logged host: without them a user other than root is `unknown(1000)`. Several keys are joined
    by commas.
    """
    if value.startswith('"') or record_type == "TRUSTED_APP":
        return _text(record_type, name, value)
    reader = _BY_RECORD.get((record_type, name)) or _READERS.get(name)
    if reader is not None:
        return reader(value)
    if record_type != "EXECVE" and name in _ARGUMENTS:
        return argument(_ARGUMENTS[name], value, arch, syscall, a, accounts)
    if name in _USERS or name in _GROUPS:
        return _account(record_type, name, value, accounts)
    if name in _OF_EVENT:
        return _OF_EVENT[name](value, arch, syscall, a)
    return _text(record_type, name, value)


def _account(record_type: str, name: str, value: str, accounts: Accounts) -> str:
    found = 0xFFFFFFFF if value == "-1" else number(value)
    if found is None:
        return printable(unquoted(value))
    group = name in _GROUPS or (name == "id" and record_type in _GROUP_RECORDS)
    return accounts.group(found) if group else accounts.user(found)


def _arch(value: str, arch: str | None, syscall: int | None, a: Sequence[str] | None) -> str:
    return architecture(value) or f"unknown-elf-type({value})"


def _syscall(value: str, arch: str | None, syscall: int | None, a: Sequence[str] | None) -> str:
    found = number(value)
    if found is None or arch is None:
        return value
    name = libaudit_name(arch, found)
    if name is None:
        return f"unknown-syscall({value})"
    if name in ("socketcall", "ipc") and a:
        part = readings.named(a[0], name, "")
        return f"{name}({part})" if part else name
    return name


def _saddr(value: str, arch: str | None, syscall: int | None, a: Sequence[str] | None) -> str:
    return saddr_text(value, arch)


def _open_flags(value: str, arch: str | None, syscall: int | None, a: Sequence[str] | None) -> str:
    return flags.open_flags(value, arch)


_OF_EVENT: dict[str, Callable[[str, str | None, int | None, Sequence[str] | None], str]] = {
    "arch": _arch,
    "syscall": _syscall,
    "saddr": _saddr,
    "oflag": _open_flags,
}


def _text(record_type: str, name: str, value: str) -> str:
    if name == "data":
        return typed(bytes.fromhex(value)) if from_hex(value) is not None else value
    if value.startswith('"'):
        return printable(unquoted(value))
    if name == "key":
        return printable(",".join(keys(value))) or value
    text = decode(record_type, name, value)
    if name == "proctitle":
        text = text.replace("\0", " ")
    return printable(text)
