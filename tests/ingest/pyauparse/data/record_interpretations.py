"""Writes libauparse_interpretations.jsonl: what libauparse says of made-up records, by its Python binding.

Run with a Python that has the binding (Debian's python3-audit): `python3 record_interpretations.py`. Each line of the
file is {"type": ..., "fields": [[name, value as in the log, interpretation]...]}. What libauparse gets wrong or does
not know is left out here and stands in test_interpret.py, with reasons.
"""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import auparse

CALLS = """
c000003e 0 1 2 8 9 10 13 16 17 21 41 42 43 44 45 46 47 54 55 56 59 62 72 80 82 83 85 90 91 92 93 94 101 105 106
c000003e 109 113 114 117 119 122 123 135 144 157 160 165 166 200 227 231 233 234 240 257 258 259 260 261 262 263
c000003e 264 265 266 267 268 269 272 280 299 303 304 307 308 316 321 322 437 439
40000003 3 4 5 11 15 21 33 37 52 54 55 91 102 117 120 125 180 192 221 295 359 364
80000016 3 4 5 11 37 40 52 54 55 90 120 125 288
"""
"""Architecture and numbers of calls, each recorded several times with arguments of these:"""
ARGUMENTS = """
0 1 2 3 4 5 6 7 8 9 a b c d e f 10 11 12 13 17 1d 29 39 64 80 100 107 1b6 1ed 1ff 241 242 401 3e8 4200 4206 5401
5413 8000 20000 80000 88000 90800 c0000 1200011 3d0f00 7e020080 10000000 ffffff9c ffffffffffffff9c ffffffff
"""
OF_USERS = frozenset((55, 72, 92, 94, 105, 106, 113, 114, 117, 119, 122, 123, 221))
"""Calls with a user or a group among their arguments, and arguments that mean the same one everywhere:"""
USERS = ("0", "c351", "ffffffff")
DEPENDING = """
40000003 102 1 0 0 0
40000003 102 3 0 0 0
40000003 102 63 0 0 0
40000003 117 b 0 0 0
40000003 117 15 0 0 0
c000003e 54 3 0 1 0
c000003e 54 3 1 2 0
c000003e 54 3 6 9 0
c000003e 54 3 11 64 0
c000003e 54 3 29 1a 0
c000003e 54 3 107 8 0
c000003e 54 3 f 2 0
c000003e 157 1 9 0 0
c000003e 157 17 15 0 0
c000003e 157 18 c 0 0
c000003e 157 4 0 0 0
"""
"""Calls of which one argument gives another its meaning."""
VALUES = {
    "decimal": "0 1 2 3 4 5 6 7 8 10 11 13 15 17 22 32 40 255",
    "mask": "0 1 2 3 8 10 20 40 800 1fff 80000 3fffffffff 0000003fffffffff 000001ffffffffff 0000000000000000",
    "mode": "0100644 0100755 040755 0104755 042775 0140777 010600 020620 060660 0120777 041777 0",
    "flags": "0 1 2 3 22 32 42 241 812 4022 20022 80000 88000 90800 c0000 400000",
    "text": '"/bin/sh" "" 2F746D702F6120622063 C3A9C3A9 1B5B41 28646561642920 (null) (none) ?',
    "user": "0 50001 4294967295",
    "exit": "-1 -2 -4 -9 -11 -13 -17 -22 -35 -38 -95 -98 -110 -111 -115 -133 0 3",
    "seccomp": "0x0 0x30000 0x50001 0x7ff00000 0x7ffc0000 0x7fff0000 7fc00000",
    "personality": "0 8 40000 40008 6 400000 10 ff",
    "ioctl": "5401 5413 4b3a 8912 0x5401",
    "session": "1 4294967295",
    "account": '"ana" 28696E76616C6964207573657229 nobody ?',
    "typed": '6C73202D6C0D 1B5B410D 03 22615C 7F08091B4F50 1B5B32347E C3A9 "exit"',
    "title": '"ls" 6C73002D6C 6C730A2D6C 2F62696E2F7368002D63006120622063',
    "argument": '"ab" 6120622063 top "3005" C3A9',
    "own": '1000 "a" 61C3A9',
    "address": "192.0.2.1 2001:db8::1",
    "plain": "17 abc (none) pts0 system_u:system_r:kernel_t:s0",
}
FIELDS = """
SYSCALL exit exit
SYSCALL personality per
SYSCALL plain ppid tty subj
SYSCALL session ses
ANOM_ABEND decimal sig sigev_signo
CAPSET mask cap_pi cap_pe cap_pp cap_pa cap_fi cap_fp fp fi pp pi pe pa
BPRM_FCAPS mask old_pp old_pi old_pe old_pa new_pp new_pi new_pe
PATH mode mode
PATH mask flags
PATH text path comm exe file name watch cwd cmd dir vm device cgroup ocomm grp sw
MQ_OPEN mode mode
MQ_OPEN flags oflag
MMAP flags flags
USER_AVC decimal res result prom old_prom capability perm perm_mask list resp
NETFILTER_PKT decimal family icmptype proto hook action macproto
NETFILTER_PKT address saddr
SECCOMP seccomp code
OPENAT2 mask resolve
EVENT_LISTENER decimal nl-mcgrp
AVC ioctl ioctlcmd
AVC text apparmor operation denied_mask info profile requested_mask
AVC address saddr
USER_LOGIN user auid uid euid suid fsuid ouid oauid old-auid iuid id inode_uid sauid obj_uid
USER_LOGIN user gid egid sgid fsgid ogid igid inode_gid obj_gid new_gid
ADD_GROUP user id
DEL_GROUP user id
GRP_MGMT user id
VIRT_RESOURCE text old-disk new-disk old-fs new-fs old-net new-net new-rng
USER_AUTH account acct
TTY typed data
PROCTITLE title proctitle
EXECVE argument a0 a1 a11 a1[0]
EXECVE decimal argc a1_len
TRUSTED_APP own title uid
KERN_MODULE text name
"""
"""Record type, values, names of fields."""
LEFT_OUT = frozenset(("q", "success"))
"""Fields that only hold the place where libauparse expects another."""


def call(arch: str, number: str, arguments: list[str]) -> str:
    given = " ".join(f"a{place}={argument}" for place, argument in enumerate(arguments))
    return f"type=SYSCALL msg=audit(1.000:{{}}): arch={arch} syscall={number} success=yes exit=0 {given}"


def addresses() -> Iterator[str]:
    for path in (
        b"",
        b"\0",
        b"/run/x\0" + bytes(20),
        b"/run/x",
        b"\0name",
        b"\0a\0b",
        b"/tmp/\xc3\xa9\0",
        b"/a\x1b\x0ab\0",
    ):
        yield (struct.pack("<H", 1) + path).hex().upper()
    for number in (0, 0x7F000001, 0xA9FEA9FE, 0xFFFFFFFF):
        yield struct.pack("<HHI8x", 2, number & 0xFFFF, number).hex().upper()
    for address in (
        "0" * 32,
        "0" * 31 + "1",
        "20010db8" + "0" * 23 + "1",
        "0" * 20 + "ffffc6336401",
        "fe80" + "0" * 27 + "7",
    ):
        yield f"0A0001BB00000000{address.upper()}00000000"
    yield from ("1000", "100000000000000000000000", "10000000D204000000000000", "0200", "0A00", "FF7F", "0000" * 8)
    yield from ("2800" * 8, "11000003020000000100000600000000", "26006861736800000000")


def records() -> Iterator[str]:
    chosen = random.Random(3)
    for line in CALLS.strip().splitlines():
        arch, *numbers = line.split()
        for number in numbers:
            values = USERS if int(number) in OF_USERS else ARGUMENTS.split()
            for _ in range(4):
                yield call(arch, number, chosen.choices(values, k=4))
    for line in DEPENDING.strip().splitlines():
        arch, depending, *arguments = line.split()
        yield call(arch, depending, arguments)
    for line in FIELDS.strip().splitlines():
        type, kind, *names = line.split()
        for name in names:
            for value in VALUES[kind].split():
                yield f"type={type} msg=audit(1.000:{{}}): q=1 {name}={value}"
    for address in addresses():
        yield f"type=SOCKADDR msg=audit(1.000:{{}}): saddr={address}"


def interpreted(lines: list[str]) -> Iterator[dict[str, object]]:
    parser = auparse.AuParser(auparse.AUSOURCE_BUFFER, "\n".join(lines) + "\n")
    while parser.parse_next_event():
        fields = []
        parser.first_record()
        parser.first_field()
        while parser.next_field():
            if parser.get_field_name() not in LEFT_OUT:
                fields.append([parser.get_field_name(), parser.get_field_str(), parser.interpret_field()])
        yield {"type": parser.get_type_name(), "fields": fields}


if __name__ == "__main__":
    lines = [record.format(number) for number, record in enumerate(records(), start=1)]
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in interpreted(lines))
    Path(__file__).with_name("libauparse_interpretations.jsonl").write_text(text, encoding="utf-8")
