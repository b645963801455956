"""io_uring operations (URINGOP records) and socket calls whose arguments no record has."""

from __future__ import annotations

import pytest

from provenance.ingest.pyauparse.values.uring import OPERATIONS, operation
from provenance.ingest.syscalls.uring import HANDLERS
from tests.ingest.addresses import internet as inet
from tests.ingest.reading import Facts
from tests.ingest.script import DIRECTORY, I386, Script

PEER = "198.51.100.7"


def uring(script: Script, name: str | int, *records: tuple[str, str], exit: int = 0, pid: int = 100) -> None:
    """One operation of a process, with the records that the kernel adds."""
    number = name if isinstance(name, int) else OPERATIONS.index(name)
    body = (
        f"uring_op={number} success={'yes' if exit >= 0 else 'no'} exit={exit} items=0 ppid=1 pid={pid} uid=0 gid=0 euid=0 "
        "suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 subj=unconfined key=(null)"
    )
    script.event(("URINGOP", body), *records, ("PROCTITLE", 'proctitle="ur"'))


def started() -> Script:
    script = Script()
    script.process(100, comm="ur").execs("/tmp/ur")
    return script


def facts_of(name: str, *records: tuple[str, str], exit: int = 0) -> Facts:
    script = started()
    uring(script, name, *records, exit=exit)
    facts = script.facts()
    assert not any(what.startswith(("unhandled", "unread", "without")) for what in facts.tallies)
    return facts


def path(script: Script, name: str, nametype: str = "NORMAL", mode: str = "0100644") -> tuple[str, str]:
    return "PATH", f"item=0 {script.path(name, nametype, mode=mode)}"


def test_the_numbers_are_those_of_the_kernel() -> None:
    assert {name: OPERATIONS.index(name) for name in ("nop", "accept", "connect", "openat", "openat2", "renameat")} == {
        "nop": 0,
        "accept": 13,
        "connect": 16,
        "openat": 18,
        "openat2": 28,
        "renameat": 35,
    }
    assert (OPERATIONS.index("socket"), OPERATIONS.index("bind"), OPERATIONS.index("pipe")) == (45, 56, 62)
    assert [operation(text) for text in ("18", "OPENAT", "999", None, "²")] == ["openat", "openat", "999", "?", "²"]


@pytest.mark.parametrize("exit", [5, 0])
def test_a_file_that_is_created(exit: int) -> None:
    """The result is a descriptor, or 0 for a place in the ring's own table."""
    script = started()
    uring(script, "openat", path(script, "/etc/cron.d/upd", "CREATE"), exit=exit)
    assert "ur:100 -WROTE-> /etc/cron.d/upd" in script.facts().flows


def test_a_file_that_is_opened_may_be_read_or_written() -> None:
    script = started()
    uring(script, "openat", path(script, "/etc/shadow"), exit=0)
    assert {"/etc/shadow -READ-> ur:100", "ur:100 -WROTE-> /etc/shadow"} <= script.facts().flows


def test_openat2_has_the_mode_of_opening() -> None:
    script = started()
    uring(script, "openat2", path(script, "/etc/shadow"), ("OPENAT2", "oflag=0 mode=0 resolve=0x0"), exit=5)
    flows = script.facts().flows
    assert "/etc/shadow -READ-> ur:100" in flows and "ur:100 -WROTE-> /etc/shadow" not in flows


def test_connections() -> None:
    script = started()
    for number in range(3):
        uring(script, "connect", ("SOCKADDR", f"saddr={inet(PEER, 1000 + number)}"), exit=-115 if number else 0)
    assert {f"ur:100 -CONNECTED-> ip {PEER}:{1000 + number}" for number in range(3)} <= script.facts().flows
    flows = facts_of("accept", ("SOCKADDR", f"saddr={inet(PEER, 40000)}"), exit=7).flows
    assert f"tcp {PEER}:40000 -ACCEPTED-> ur:100" in flows
    assert (
        f"ur:100 -CONNECTED-> udp {PEER}:53"
        in facts_of("sendmsg", ("SOCKADDR", f"saddr={inet(PEER, 53)}"), exit=9).flows
    )


def test_names_below_unknown_directories() -> None:
    script = started()
    removed = ("PATH", f"item=1 {script.path('x', 'DELETE', 77)}")
    uring(script, "unlinkat", ("CWD", 'cwd="/home"'), path(script, "/srv", "PARENT", DIRECTORY), removed)
    assert "ur:100 -DELETED-> DIR?/x" in script.facts().flows


def test_a_failed_operation_has_no_effect() -> None:
    script = started()
    uring(script, "openat", path(script, "/etc/shadow"), exit=-13)
    uring(script, "connect", ("SOCKADDR", f"saddr={inet(PEER, 1)}"), exit=-111)
    assert script.facts().flows == started().facts().flows


def test_an_operation_within_a_call_that_waits_for_it() -> None:
    """io_uring_enter that runs an operation itself: both records are in one event."""
    script = started()
    operation = "uring_op=18 success=yes exit=5 items=1 ppid=1 pid=100 uid=0 gid=0 euid=0"
    script.process(100, comm="ur").call(
        "io_uring_enter", 3, 1, exit=1, records=(("URINGOP", operation),), paths=(script.path("/etc/new", "CREATE"),)
    )
    assert "ur:100 -WROTE-> /etc/new" in script.facts().flows


def test_an_operation_of_an_unknown_process() -> None:
    script = Script()
    uring(script, "connect", ("SOCKADDR", f"saddr={inet(PEER, 1)}"), pid=4711)
    node = script.facts().node("?:4711")
    assert node.attributes["argv"] == ["ur"] and node.attributes["uid"] == 0


def test_operations_without_a_handler_are_counted_by_name() -> None:
    script = started()
    for name in ("poll_add", 999):
        uring(script, name)
    tallies = script.facts().tallies
    assert (tallies["unhandled:io_uring poll_add"], tallies["unhandled:io_uring 999"]) == (1, 1)


@pytest.mark.parametrize("name", HANDLERS)
def test_every_handler_copes_with_a_record_alone(name: str) -> None:
    assert facts_of(name, exit=7).tallies == {"events": 2}


# Socket calls of 32-bit programs (socketcall), of which some kernels wrote no SOCKETCALL record


def socketcalls(*calls: tuple[int, int, tuple[tuple[str, str], ...]]) -> Facts:
    script = Script(arch=I386)
    process = script.process(100, comm="upd")
    process.execs("/tmp/upd")
    for number, exit, records in calls:
        process.call("socketcall", number, 0xFFA3B1C0, exit=exit, records=records)
    return script.facts()


def test_a_peer_is_known_though_the_descriptor_is_not() -> None:
    address = (("SOCKADDR", f"saddr={inet(PEER, 4444)}"),)
    other = (("SOCKADDR", f"saddr={inet(PEER, 4445)}"),)
    facts = socketcalls((1, 3, ()), (3, 0, address), (3, 0, other))
    assert {f"upd:100 -CONNECTED-> ip {PEER}:4444", f"upd:100 -CONNECTED-> ip {PEER}:4445"} <= facts.flows
    assert facts.tallies["socketcall without its record"] == 3
    assert [why for _, last, why in facts.blind if "32-bit" in why and last is None] != []
    assert len([why for _, _, why in facts.blind if "32-bit" in why]) == 1


@pytest.mark.parametrize(
    ("number", "exit", "flow"),
    [
        (5, 7, f"tcp {PEER}:99 -ACCEPTED-> upd:100"),
        (11, 9, f"upd:100 -CONNECTED-> udp {PEER}:99"),
        (16, 9, f"upd:100 -CONNECTED-> udp {PEER}:99"),
        (12, 9, f"udp {PEER}:99 -ACCEPTED-> upd:100"),
    ],
)
def test_other_calls_with_an_address(number: int, exit: int, flow: str) -> None:
    assert flow in socketcalls((number, exit, (("SOCKADDR", f"saddr={inet(PEER, 99)}"),))).flows


@pytest.mark.parametrize("number", range(1, 21))
def test_without_an_address_nothing_is_invented(number: int) -> None:
    assert socketcalls((number, 7, ())).flows == socketcalls().flows
