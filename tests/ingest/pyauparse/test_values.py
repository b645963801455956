"""Hexadecimal text, keys, accounts, flags and typed text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.ingest.pyauparse.values.accounts import Accounts, accounts
from provenance.ingest.pyauparse.values.flags import open_flag_names
from provenance.ingest.pyauparse.values.keys import SEPARATOR, keys
from provenance.ingest.pyauparse.values.numbers import number
from provenance.ingest.pyauparse.values.text import decode, from_hex, printable, unquoted
from provenance.ingest.pyauparse.values.tty import typed


@pytest.mark.parametrize(
    ("type", "name", "value", "text"),
    [
        ("SYSCALL", "exe", "2F62696E2F7368", "/bin/sh"),
        ("SYSCALL", "comm", "(null)", "(null)"),
        ("SYSCALL", "pid", "3005", "3005"),
        ("EXECVE", "a2", "3005", "0\x05"),
        ("SYSCALL", "a2", "3005", "3005"),
        ("EXECVE", "a0", "top", "top"),
        ("EXECVE", "a1[0]", "6261", "ba"),
        ("EXECVE", "argc", "10", "10"),
        ("EXECVE", "a1_len", "10", "10"),
        ("PATH", "name", "(null)", "(null)"),
        ("PATH", "name", "2F746D702FE9", "/tmp/\udce9"),
        ("PATH", "name", "2F746D702FC3A9", "/tmp/é"),
        ("PATH", "name", "ABC", "ABC"),
        ("PATH", "inode", "6261", "6261"),
        ("USER_CMD", "cmd", "6C73202D6C", "ls -l"),
        ("PROCTITLE", "proctitle", "6C73002D6C", "ls\0-l"),
        ("TRUSTED_APP", "title", "6162", "6162"),
        ("TRUSTED_APP", "title", "6162AB", "ab\udcab"),
    ],
)
def test_the_field_decides_on_hexadecimal(type: str, name: str, value: str, text: str) -> None:
    assert decode(type, name, value) == text


@given(st.binary(min_size=1, max_size=60))
def test_no_byte_is_lost(data: bytes) -> None:
    text = from_hex(data.hex().upper())
    assert text is not None
    assert text.encode("utf-8", "surrogateescape") == data


@given(st.text(max_size=40))
def test_printable_text_has_no_control_character(text: str) -> None:
    assert all(character >= " " for character in printable(text))


def test_quotes() -> None:
    assert unquoted('"a b"') == "a b"
    assert unquoted('""') == ""
    assert unquoted('"') == '"'
    assert unquoted('"a') == '"a'


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('"exec"', ("exec",)),
        ("(null)", ()),
        ("65786563013634626974", ("exec", "64bit")),
        ('65786563013634626974"', ("exec", "64bit")),
        ("61", ("a",)),
        ("exec", ("exec",)),
    ],
)
def test_keys(value: str, found: tuple[str, ...]) -> None:
    assert keys(value) == found


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters=SEPARATOR), min_size=1), min_size=1))
def test_several_keys_are_split(names: list[str]) -> None:
    assert keys(SEPARATOR.join(names).encode().hex().upper()) == tuple(names)


def test_accounts_are_those_of_the_logged_host() -> None:
    host = accounts("root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/:\nbad line\n:x:7:\nx:x:-1:\n", "wheel:x:10:ana\n")
    assert host == Accounts({0: "root", 1000: "ana"}, {10: "wheel"})
    assert [host.user(uid) for uid in (0, 1000, 1001, 0xFFFFFFFF)] == ["root", "ana", "unknown(1001)", "unset"]
    assert [host.group(gid) for gid in (0, 10, 1000)] == ["root", "wheel", "unknown(1000)"]
    assert Accounts().user(0) == "root"


def test_open_flags_are_those_of_the_architecture() -> None:
    assert open_flag_names(0o2200000, "c000003e") == ["O_RDONLY", "O_DIRECTORY", "O_CLOEXEC"]
    assert open_flag_names(0o2040000, "c00000b7") == ["O_RDONLY", "O_DIRECTORY", "O_CLOEXEC"]
    assert open_flag_names(0o2040000, "c0000015") == ["O_RDONLY", "O_DIRECTORY", "O_CLOEXEC"]
    assert open_flag_names(0o1101) == ["O_WRONLY", "O_CREAT", "O_TRUNC"]
    assert open_flag_names(2) == ["O_RDWR"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"ls -l\r", '"ls -l",<ret>'),
        (b"\x1b[A\r", "<up>,<ret>"),
        (b"\x03", "<^C>"),
        (b'a"\\', r'"a\"\\"'),
        ("é".encode(), r'"\303\251"'),
        (b"", ""),
    ],
)
def test_typed_text(data: bytes, text: str) -> None:
    assert typed(data) == text


@given(st.binary(max_size=60))
def test_every_typed_byte_is_shown(data: bytes) -> None:
    assert typed(data).isascii()
    assert bool(typed(data)) == bool(data)


@pytest.mark.parametrize(
    ("text", "base", "found"),
    [
        ("17", 10, 17),
        ("0x11", 16, 17),
        ("1f", 10, None),
        ("-1", 10, None),
        ("1_0", 10, None),
        ("9", 8, None),
        (str(2**64), 10, None),
        ("f" * 16, 16, 2**64 - 1),
        ("1" * 5000, 10, None),
        ("١", 10, None),
        ("", 10, None),
    ],
)
def test_numbers_are_ascii_digits_of_64_bits(text: str, base: int, found: int | None) -> None:
    assert number(text, base) == found
