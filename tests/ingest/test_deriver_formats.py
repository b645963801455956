"""The same story gives the same facts in every format, except for facts that a format does not hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from provenance.ingest.pyauparse import Event
from provenance.ingest.pyauparse.values.saddr import parse_saddr
from tests.ingest.script import AARCH64, I386, O_RDWR, O_WRONLY, S390X, Script, derive, parse
from tests.ingest.syscalls import stories_files, stories_network, stories_process
from tests.ingest.syscalls.stories_process import Story

STORIES: dict[str, Story] = stories_process.STORIES | stories_files.STORIES | stories_network.STORIES
PEER = "198.51.100.7"
_FRAME = ("node", "type", "msg")
_NUMBERS = (
    "syscall",
    "exit",
    "items",
    "ppid",
    "pid",
    "uid",
    "auid",
    "euid",
    "ses",
    "item",
    "inode",
    "ouid",
    "fd0",
    "fd1",
)
_ADDRESSES = ("a0", "a1", "a2", "a3", "arch")


def interpreted(log: list[Event]) -> bytes:
    """As `ausearch -i` writes it."""
    lines: list[str] = []
    for event in log:
        date = datetime.fromtimestamp(event.ms // 1000, UTC).strftime("%m/%d/%Y %H:%M:%S")
        for record in event.records:
            fields = " ".join(f"{name}={value}" for name, value in record.interpreted.items() if name not in _FRAME)
            stamp = f"msg=audit({date}.{event.ms % 1000:03d}:{event.serial})"
            lines.append(f"node={event.node} type={record.type} {stamp} : {fields}")
    return "\n".join([*lines, ""]).encode()


def laurel(log: list[Event]) -> bytes:
    """As LAUREL writes it: an object an event, records of which there may be several as lists."""
    return b"".join(json.dumps(_laurel(event)).encode() + b"\n" for event in log)


def _laurel(event: Event) -> dict[str, object]:
    found: dict[str, object] = {"ID": f"{event.ms // 1000}.{event.ms % 1000:03d}:{event.serial}", "NODE": event.node}
    for type in dict.fromkeys(record.type for record in event.records):
        bodies = [_body(record.fields) for record in event.all(type)]
        found[type] = bodies if type == "PATH" else bodies[0]
    if event.argv is not None:
        found["EXECVE"] = {"argc": len(event.argv), "ARGV": event.argv}
    return found


def _body(fields: dict[str, str]) -> dict[str, object]:
    body: dict[str, object] = {}
    for name, value in fields.items():
        if name == "saddr":
            address = parse_saddr(value)
            assert address is not None
            if address.family == "unix":
                body["SADDR"] = {"saddr_fam": "local", "path": address.path}
            else:
                body["SADDR"] = {"saddr_fam": "inet", "addr": address.ip, "port": address.port}
        elif name in _ADDRESSES:
            body[name] = f"0x{value}"
        elif name not in _FRAME:
            body[name] = int(value) if name in _NUMBERS else value
    return body


@pytest.mark.parametrize("name", sorted(STORIES))
def test_ausearch_gives_the_facts_of(name: str) -> None:
    script = Script()
    expected = STORIES[name](script)
    assert derive(parse(interpreted(script.parsed()))).edges_and_notes == expected


@pytest.mark.parametrize("name", sorted(STORIES))
def test_laurel_gives_the_facts_of(name: str) -> None:
    script = Script()
    expected = STORIES[name](script)
    assert derive(parse(laurel(script.parsed()))).edges_and_notes == expected


def _auditbeat(call: str, result: str, exit: str, **more: object) -> bytes:
    """As the elastic stack keeps it: records merged, values by name."""
    _auditbeat.serial += 1  # type: ignore[attr-defined]
    document = {
        "@timestamp": "2023-11-14T22:13:20.004Z",
        "host": {"name": "web01"},
        "process": {
            "pid": 100,
            "parent": {"pid": 1},
            "name": "sh",
            "executable": "/bin/sh",
            "working_directory": "/home",
        },
        "user": {"id": "0", "audit": {"id": "1000"}},
        "auditd": {
            "message_type": "syscall",
            "sequence": _auditbeat.serial,  # type: ignore[attr-defined]
            "result": result,
            "session": "3",
            "data": {
                "arch": "x86_64",
                "syscall": call,
                "exit": exit,
                "a0": "ffffff9c",
                "a1": "7ffc0000",
                "a2": "1",
                "a3": "0",
            },
            **more,
        },
    }
    return json.dumps(document).encode() + b"\n"


_auditbeat.serial = 0  # type: ignore[attr-defined]


def test_auditbeat_gives_the_facts() -> None:
    path = {"name": "out", "inode": "7", "dev": "fe:00", "mode": "0100644", "nametype": "NORMAL", "item": "0"}
    peer = {"family": "ipv4", "addr": PEER, "port": "443"}
    log = _auditbeat("openat", "success", "3", paths=[path]) + _auditbeat("openat", "fail", "EACCES", paths=[path])
    log += _auditbeat(
        "connect",
        "fail",
        "EINPROGRESS",
        data={"arch": "x86_64", "syscall": "connect", "exit": "EINPROGRESS", "a0": "5", "socket": peer},
    )
    log += _auditbeat(
        "connect",
        "fail",
        "ECONNREFUSED",
        data={
            "arch": "x86_64",
            "syscall": "connect",
            "exit": "ECONNREFUSED",
            "a0": "6",
            "socket": {**peer, "port": "80"},
        },
    )
    facts = derive(parse(log))
    assert facts.flows == {
        "sh:100 -WROTE-> /home/out",
        f"sh:100 -CONNECTED-> ip {PEER}:443",
        f"ip {PEER}:443 -RECEIVED-> sh:100",
    }
    assert (facts.node("sh:100").attributes["auid"], facts.node("sh:100").attributes["ses"]) == (1000, 3)


def test_names_of_users_come_from_the_log() -> None:
    """Enriched by the daemon that wrote it, or interpreted; never from this machine."""
    script = Script()
    script.process(100, uid=33, auid=1000, ses=3).opens("/a")
    assert "user" not in script.facts().node("sh:100").attributes
    lines = script.text().decode().split("\n")
    enriched = "\n".join(f'{line}\x1dUID="www-data" AUID="alice"' if "SYSCALL" in line else line for line in lines)
    assert derive(parse(enriched.encode())).node("sh:100").attributes["user"] == "www-data"
    enriched = (
        interpreted(script.parsed())
        .decode()
        .replace(" uid=unknown(33) ", " uid=www-data ")
        .replace(" uid=33 ", " uid=www-data ")
    )
    assert derive(parse(enriched.encode())).node("sh:100").attributes["user"] == "www-data"


@pytest.mark.parametrize("arch", [I386, AARCH64, S390X])
def test_the_numbers_are_those_of_the_architecture(arch: str) -> None:
    script = Script(arch=arch)
    sh = script.process(100)
    sh.opens("/a", O_WRONLY)
    sh.sockets(4)
    if arch != S390X:
        sh.connects(4, PEER, 443, exit=-115)
    else:
        saddr = "0002" + (443).to_bytes(2, "big").hex() + "C6336407" + "0" * 16
        sh.call("connect", 4, 0, 16, exit=-115, records=(("SOCKADDR", f"saddr={saddr}"),))
    assert script.facts().flows == {
        "sh:100 -WROTE-> /a",
        f"sh:100 -CONNECTED-> tcp {PEER}:443",
        f"tcp {PEER}:443 -RECEIVED-> sh:100",
    }


def test_flags_come_second_in_the_clone_of_s390x() -> None:
    script = Script(arch=S390X)
    java = script.process(100, comm="java")
    java.call("clone", 0x3FF0000, 0x10000, exit=101)
    java.call("exit", exit=None)
    java.opens("/a")
    assert script.facts().flows == {"/a -READ-> java:100"}


def test_a_temporary_file_of_aarch64_has_no_name() -> None:
    """__O_TMPFILE with that architecture's O_DIRECTORY."""
    script = Script(arch=AARCH64)
    script.process(100).opens("/tmp", O_RDWR | 0o20040000, inode=77, mode="0100600")
    assert script.facts().flows == {"sh:100 -WROTE-> unnamed", "unnamed -READ-> sh:100"}


def test_arguments_of_the_old_mmap_are_in_memory() -> None:
    """What the registers hold is no protection: nothing is taken for code."""
    script = Script(arch=I386)
    sh = script.process(100)
    sh.opens("/a", fd=3)
    sh.call("mmap", 0xFFFF0000, 7, 7, 7, exit=0x7F000000, records=(("MMAP", "fd=3 flags=0x2"),))
    assert script.facts().flows == {"/a -READ-> sh:100"}


def test_calls_through_socketcall() -> None:
    """32-bit programs: the sub-call in a0, its arguments in SOCKETCALL; one that moves nothing moves nothing."""
    script = Script(arch=I386)
    sh = script.process(100)

    def call(number: int, *arguments: int, exit: int = 0, address: str = "") -> None:
        words = " ".join(f"a{place}={argument:x}" for place, argument in enumerate(arguments))
        saddr = (("SOCKADDR", f"saddr={address}"),) if address else ()
        sh.call("socketcall", number, exit=exit, records=(("SOCKETCALL", f"nargs={len(arguments)} {words}"), *saddr))

    call(1, 2, 1, 0, exit=3)
    call(3, 3, 0, 16, exit=-115, address="020001BB" + "C6336407" + "0" * 16)
    call(14, 3, 1, 2, 0, exit=0)
    call(1, 2, 1, 0, exit=4)
    call(3, 4, 0, 16, exit=-111, address="02000050" + "C6336407" + "0" * 16)
    facts = script.facts()
    assert facts.flows == {f"sh:100 -CONNECTED-> tcp {PEER}:443", f"tcp {PEER}:443 -RECEIVED-> sh:100"}
    assert facts.tallies == {"events": 5}
