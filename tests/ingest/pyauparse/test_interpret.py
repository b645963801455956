"""Interpretations equal those of libauparse 3.0.9, except for listed differences."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.ingest.pyauparse.interpret import interpret
from provenance.ingest.pyauparse.values import flags, readings
from provenance.ingest.pyauparse.values.accounts import Accounts
from provenance.ingest.pyauparse.values.syscalls import syscall_number

RECORDED = Path(__file__).parent / "data" / "libauparse_interpretations.jsonl"
X86, I386, ARM, S390X, PPC = "c000003e", "40000003", "40000028", "80000016", "14"


def test_interpretations_equal_libauparse() -> None:
    differing: list[str] = []
    compared = 0
    for line in RECORDED.read_text("utf-8").split("\n")[:-1]:
        record = json.loads(line)
        raw = {name: value for name, value, _ in record["fields"]}
        call = int(raw["syscall"]) if "syscall" in raw else None
        arguments = [raw.get(f"a{place}", "") for place in range(4)]
        for name, value, expected in record["fields"]:
            compared += 1
            found = interpret(record["type"], name, value, raw.get("arch"), call, arguments)
            if found != expected:
                differing.append(f"{record['type']} {name}={value} ({call}): {found!r}, not {expected!r}")
    assert not differing
    assert compared > 4000


def _takes_text(reader: object, module: ModuleType) -> bool:
    """Whether it is a public function of the module that reads one number."""
    if not inspect.isfunction(reader) or reader.__module__ != module.__name__ or reader.__name__.startswith("_"):
        return False
    required = [one for one in inspect.signature(reader).parameters.values() if one.default is one.empty]
    return [one.annotation for one in required] == ["str"] and reader is not readings.exit_status


def of_call(name: str, value: str, arch: str, syscall: int, *a: str) -> str:
    return interpret("SYSCALL", name, value, arch, syscall, a)


@pytest.mark.parametrize(
    ("type", "name", "value", "libauparse", "text"),
    [
        ("DAEMON_END", "auid", "?", "root", "?"),
        ("USER_LOGIN", "id", '"nobody"', "root", "nobody"),
        ("PATH", "mode", "?", "000,000", "?"),
        ("USER_LOGIN", "uid", "4294967294", "unknown(-2)", "unknown(4294967294)"),
        ("ANOM_ABEND", "sig", "30", "IGPWR", "SIGPWR"),
        ("PATH", "name", "2F746D7000782F61", "/tmp", "/tmp\\000x/a"),
        ("SYSCALL", "comm", "002F746D70", "/tmp", "\\000/tmp"),
        ("SYSCALL", "comm", "ABC", "\N{LATIN CAPITAL LETTER A WITH DIAERESIS}", "ABC"),
        ("USER_AUTH", "op", '"add_rule"', '"add_rule"', "add_rule"),
        ("SYSCALL", "syscall", "59", "the name on the machine that reads the log", "59"),
    ],
)
def test_known_differences_from_libauparse(type: str, name: str, value: str, libauparse: str, text: str) -> None:
    """Numbers read into text, unsigned ones printed signed, misprints, text cut at a NUL, quotes left on."""
    assert interpret(type, name, value) == text
    assert text != libauparse


def test_open_flags_of_other_machines() -> None:
    """libauparse reads them all as x86's: O_DIRECTORY of arm as O_DIRECT."""
    assert of_call("a1", "4000", ARM, 5, "0", "4000", "0", "0") == "O_RDONLY|O_DIRECTORY"
    assert of_call("a1", "20000", PPC, 5, "0", "20000", "0", "0") == "O_RDONLY|O_DIRECT"
    assert of_call("a1", "4000", X86, 2, "0", "4000", "0", "0") == "O_RDONLY|O_DIRECT"
    assert interpret("MQ_OPEN", "oflag", "42") == "O_RDWR|O_CREAT"


def test_the_architecture_chooses_the_call() -> None:
    assert interpret("SYSCALL", "syscall", "11", X86) == "munmap"
    assert interpret("SYSCALL", "syscall", "11", I386) == "execve"
    assert interpret("SYSCALL", "syscall", "221", "c00000b7") == "execve"
    assert interpret("SYSCALL", "syscall", "221", "c00000f3") == "execve"
    assert interpret("SYSCALL", "syscall", "99999", X86) == "unknown-syscall(99999)"
    assert interpret("SYSCALL", "syscall", "59", "deadbeef") == "unknown-syscall(59)"
    assert of_call("syscall", "102", I386, 102, "3", "0", "0", "0") == "socketcall(connect)"
    assert interpret("SYSCALL", "arch", "40000028") == "arm"
    assert interpret("SYSCALL", "arch", "c00000f3") == "riscv64"
    assert interpret("SYSCALL", "arch", "deadbeef") == "unknown-elf-type(deadbeef)"


@pytest.mark.parametrize(
    ("call", "place", "value", "text"),
    [
        ("mmap", 2, "0", "PROT_NONE"),
        ("mmap", 3, "22", "MAP_PRIVATE|MAP_ANONYMOUS"),
        ("clone", 2, "0", "0x0"),
        ("shmget", 2, "3b6", "IPC_CREAT|0666"),
        ("shmget", 2, "780", "IPC_CREAT|IPC_EXCL|0600"),
        ("personality", 0, "40008", "PER_LINUX32|~ADDR_NO_RANDOMIZE"),
        ("personality", 0, "ff", "unknown-personality(0xff)"),
        ("sched_setscheduler", 1, "40000001", "SCHED_FIFO|SCHED_RESET_ON_FORK"),
        ("sched_setscheduler", 1, "f", "unknown-scheduler-policy(0xf)"),
        ("openat", 0, "ffffff9c", "AT_FDCWD"),
        ("openat", 0, "3", "0x3"),
        ("ioctl", 1, "5401", "TCGETS"),
        ("ioctl", 1, "ffff", "0xffff"),
        ("setsockopt", 1, "1", "SOL_SOCKET"),
        ("setsockopt", 1, "6", "tcp"),
        ("setsockopt", 1, "107", "SOL_PACKET"),
        ("setsockopt", 1, "fff", "unknown-sockopt-level(0xfff)"),
    ],
)
def test_arguments_by_their_call(call: str, place: int, value: str, text: str) -> None:
    arguments = ["0"] * 4
    arguments[place] = value
    number = syscall_number(X86, call)
    assert number is not None
    assert of_call(f"a{place}", value, X86, number, *arguments) == text


@pytest.mark.parametrize(
    ("type", "name", "value", "text"),
    [
        ("PATH", "flags", "1", "follow"),
        ("PATH", "flags", "5", "follow,continue"),
        ("PATH", "flags", "0", "none"),
        ("PATH", "flags", "80000", "0x80000"),
        ("CONFIG_CHANGE", "perm", "0", "read,write,exec,attr"),
        ("CONFIG_CHANGE", "perm", "10", "write,attr"),
        ("MMAP", "flags", "0x2", "MAP_PRIVATE"),
        ("OPENAT2", "resolve", "0x8", "RESOLVE_BENEATH"),
    ],
)
def test_flags_and_permissions_of_records(type: str, name: str, value: str, text: str) -> None:
    assert interpret(type, name, value) == text


@pytest.mark.parametrize(
    "reader", [one for module in (flags, readings) for one in vars(module).values() if _takes_text(one, module)]
)
@pytest.mark.parametrize("value", ["?", "1_0", "g", "١"])
def test_text_that_is_no_number_stays_as_it_is(reader: Callable[[str], str], value: str) -> None:
    assert reader(value) == value


def test_byte_order_of_addresses() -> None:
    assert interpret("SOCKADDR", "saddr", "00020050C0000201" + "00" * 8, S390X) == (
        "{ saddr_fam=inet laddr=192.0.2.1 lport=80 }"
    )


def test_users_have_the_given_names() -> None:
    host = Accounts({1000: "ana"}, {1000: "staff"})
    assert interpret("SYSCALL", "uid", "1000") == "unknown(1000)"
    assert interpret("SYSCALL", "uid", "1000", accounts=host) == "ana"
    assert interpret("SYSCALL", "gid", "1000", accounts=host) == "staff"
    assert interpret("ADD_GROUP", "id", "1000", accounts=host) == "staff"
    assert interpret("ADD_USER", "id", "1000", accounts=host) == "ana"
    assert interpret("SYSCALL", "a0", "3e8", X86, 105, ("3e8", "0", "0", "0"), host) == "ana"
    assert interpret("LOGIN", "old-auid", "-1", accounts=host) == "unset"


def test_several_keys_are_joined() -> None:
    assert interpret("SYSCALL", "key", "65786563013634626974") == "exec,64bit"
    assert interpret("SYSCALL", "key", "(null)") == "(null)"


values = st.text(max_size=60) | st.from_regex(r'"?[0-9A-Fa-fx]{0,40}"?', fullmatch=True)
FIELDS = """
a0 a1 a2 a3 acct addr arch cap_fp capability cmd code comm data exit family flags icmptype id ioctlcmd key list mode
nl-mcgrp oflag per perm proctitle proto res resolve resp saddr ses sig subj syscall uid
"""


@given(
    st.sampled_from(["SYSCALL", "EXECVE", "AVC", "TRUSTED_APP", "TTY", "PATH", "SOCKADDR"]),
    st.sampled_from(sorted(FIELDS.split())),
    values,
    st.none() | st.sampled_from([X86, I386, S390X, "?"]),
    st.none() | st.integers(-1, 600),
    st.none() | st.lists(values, max_size=4),
)
def test_any_text_has_an_interpretation(
    type: str, name: str, value: str, arch: str | None, syscall: int | None, a: list[str] | None
) -> None:
    interpret(type, name, value, arch, syscall, a)
