"""The process of an event: births, reused pids, adoption, containers, threads."""

from __future__ import annotations

import pytest

from provenance.ingest.deriver import Deriver
from provenance.ingest.rules import processes
from tests.ingest.script import DIRECTORY, O_WRONLY, Script
from tests.ingest.syscalls.stories_process import writes_relative

SIGCHLD, CLONE_THREAD, CLONE_NEWPID = 17, 0x10000, 0x20000000


def test_a_pid_after_its_exit_is_another_process() -> None:
    script = Script()
    sh = script.process(100)
    first = sh.forks(101)
    first.opens("/a")
    first.exits()
    second = sh.forks(101)
    second.opens("/b")
    assert script.facts().flows == {
        "sh:100 -SPAWNED-> sh:101",
        "/a -READ-> sh:101",
        "sh:100 -SPAWNED-> sh:101 (2)",
        "/b -READ-> sh:101 (2)",
    }


def test_a_pid_that_is_forked_again_is_another_process() -> None:
    """The first child was killed, and the same parent's next one got its number."""
    script = Script()
    sh = script.process(100)
    sh.forks(101).opens("/a")
    sh.forks(101).opens("/b")
    facts = script.facts()
    assert {"/a -READ-> sh:101", "sh:100 -SPAWNED-> sh:101 (2)", "/b -READ-> sh:101 (2)"} <= facts.flows
    assert facts.spans["/a -READ-> sh:101"] == [(2, 3)]


def test_a_pid_with_another_parent_is_another_process() -> None:
    """The first one was killed: no record tells of it."""
    script = Script()
    one, two = script.process(100, comm="one"), script.process(200, comm="two")
    one.opens("/x")
    one.forks(101).opens("/a")
    two.forks(101).opens("/b")
    flows = script.facts().flows
    assert {"one:100 -SPAWNED-> one:101", "two:200 -SPAWNED-> two:101", "/b -READ-> two:101"} <= flows


def test_a_child_whose_parent_ended_was_adopted() -> None:
    script = Script()
    sh = script.process(100)
    child = sh.forks(101)
    child.opens("/a")
    sh.exits()
    child.ppid = 1
    child.opens("/b", fd=4)
    assert {"/a -READ-> sh:101", "/b -READ-> sh:101"} <= script.facts().flows


def test_the_record_of_a_fork_may_come_first() -> None:
    script = Script()
    sh = script.process(100)
    child = sh.forks(101)
    sh.opens("/x", fd=4)
    child.opens("/a")
    assert script.facts().spans["sh:100 -SPAWNED-> sh:101"] == [(1, 1)]


def test_the_record_of_a_fork_may_come_last() -> None:
    """vfork: one child, one edge, both events behind it."""
    for exits in (False, True):
        script = Script()
        sh = script.process(100)
        sh.opens("/x")
        child = sh.child(101)
        child.execs("/bin/ls")
        if exits:
            child.exits()
        sh.call("vfork", exit=101)
        facts = script.facts()
        (edge,) = [flow for flow in facts.runs if facts.labels[flow.target] == "ls:101" and flow.kind.name == "SPAWNED"]
        assert (facts.number(edge.first), len(edge.evidence)) == (2, 24)


def test_a_fork_and_its_execve_are_one_node() -> None:
    """What the child did to prepare it (dup, close, open) is the program's."""
    script = Script()
    child = script.process(100).forks(101)
    child.opens("/in", fd=3)
    child.dups(3, 0)
    child.call("setuid", 33)
    child.execs("/bin/cat")
    facts = script.facts()
    assert facts.flows == {"sh:100 -SPAWNED-> cat:101", "/bin/cat -LOADED-> cat:101", "/in -READ-> cat:101"}
    assert facts.node("cat:101").attributes["argv"] == ["/bin/cat"]


def test_two_execves_are_two_images_of_one_incarnation() -> None:
    script = Script()
    child = script.process(100).forks(101)
    child.execs("/bin/env")
    child.execs("/bin/cat")
    facts = script.facts()
    assert "env:101 -EXECUTED-> cat:101" in facts.flows
    one, two = facts.node("env:101"), facts.node("cat:101")
    assert one.attributes["incarnation"] == two.attributes["incarnation"]
    assert one.attributes["end"] == two.first


def test_a_failed_execve_changes_nothing() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/x")
    sh.call("execve", exit=-2, paths=())
    sh.opens("/a", fd=4)
    assert script.facts().flows == {"/x -READ-> sh:100", "/a -READ-> sh:100"}


def test_a_failed_call_has_no_effect() -> None:
    script = Script()
    sh = script.process(100)
    for name in ("openat", "unlink", "rename", "kill", "ptrace", "connect", "mount", "setuid", "bpf", "io_uring_setup"):
        sh.call(name, 5, 5, exit=-13, paths=(script.path("/a"),))
    facts = script.facts()
    assert (facts.edges_and_notes, facts.blind) == (set(), [])


def test_threads_are_not_processes() -> None:
    script = Script()
    java = script.process(200, comm="java")
    java.call("clone", CLONE_THREAD | 0x3D0F00, exit=201)
    java.opens("/a")
    java.call("clone3", exit=202)
    java.opens("/b", fd=4)
    facts = script.facts()
    assert facts.flows == {"/a -READ-> java:200", "/b -READ-> java:200"}
    assert {node.attributes["pid"] for node in facts.nodes.values() if "pid" in node.attributes} == {1, 200}


def test_events_of_threads_after_exit_group() -> None:
    """Its serial can be higher than exit_group's; a new process of that pid is not born in the same moment."""
    script = Script()
    java = script.process(100, comm="sh").forks(200)
    java.opens("/a")
    java.exits()
    java.call("kill", 1, 9)
    assert script.facts().flows == {
        "sh:100 -SPAWNED-> sh:200",
        "/a -READ-> sh:200",
        "sh:200 -SIGNALLED-> ?:1",
    }


def test_a_clone_in_a_container_returns_an_inner_pid() -> None:
    """The child is known by the ppid of its first event, which is in the numbers of the host."""
    script = Script()
    runc = script.process(5000, comm="init")
    child = runc.forks(5001, call="clone", flags=SIGCHLD, seen_as=7)
    child.opens("/a")
    script.process(7, 2, comm="kworker").opens("/b")
    flows = script.facts().flows
    assert {"init:5000 -SPAWNED-> init:5001", "/a -READ-> init:5001", "/b -READ-> kworker:7"} <= flows
    assert not any("init" in flow and "kworker" in flow for flow in flows)


def test_a_parent_without_events_is_observed_only() -> None:
    script = Script()
    script.process(100, 77).opens("/a")
    facts = script.facts()
    assert facts.node("?:77").attributes["observed_only"] is True
    assert facts.node("sh:100").attributes["observed_only"] is False
    assert "?:77 -SPAWNED-> sh:100" in facts.flows


def test_an_observed_process_is_described_by_its_first_event() -> None:
    script = Script()
    script.process(100, 77).opens("/a")
    script.process(77, 1, comm="cron").opens("/b")
    facts = script.facts()
    assert facts.node("cron:77").attributes["observed_only"] is False
    assert "cron:77 -SPAWNED-> sh:100" in facts.flows


def test_the_target_of_a_signal_is_a_process() -> None:
    script = Script()
    script.process(100).call("kill", 321, 15)
    assert script.facts().flows == {"sh:100 -SIGNALLED-> ?:321"}


def test_signal_zero_and_groups_have_no_target() -> None:
    script = Script()
    sh = script.process(100)
    sh.call("kill", 321, 0)
    sh.call("kill", -321, 9)
    sh.call("kill", 0, 9)
    assert script.facts().flows == set()


def test_obj_pid_is_the_target_of_a_signal() -> None:
    """In a container the argument is a number of its own namespace; for a group it names many."""
    script = Script()
    sh = script.process(100)
    about = tuple(("OBJ_PID", f'opid={pid} oauid=-1 ouid=0 oses=-1 ocomm="x"') for pid in (400, 401))
    sh.call("kill", -7, 9, records=about)
    assert script.facts().flows == {"sh:100 -SIGNALLED-> ?:400", "sh:100 -SIGNALLED-> ?:401"}


def test_identity_of_a_process() -> None:
    script = Script()
    sh = script.process(100, uid=0, auid=1000, ses=3, tty="pts0")
    sh.opens("/a")
    sh.uid = 33
    sh.call("setuid", 33)
    found = script.facts().node("sh:100").attributes
    assert (found["uid"], found["auid"], found["ses"], found["tty"], found["exe"]) == (
        33,
        1000,
        3,
        "pts0",
        "/usr/bin/sh",
    )


def test_unset_logins_are_no_users() -> None:
    script = Script()
    script.process(100).opens("/a")
    found = script.facts().node("sh:100").attributes
    assert not found.keys() & {"auid", "ses", "tty"}


def test_namespaces_mark_a_process() -> None:
    script = Script()
    sh = script.process(100)
    sh.call("setns", 3, 0)
    sh.execs("/bin/bash")
    assert script.facts().node("bash:100").attributes["container"] == "setns 0x0"


def test_own_mounts_or_network_are_no_container() -> None:
    """Many services and sandboxes have those."""
    script = Script()
    sh = script.process(100)
    sh.call("setns", 3, 0x40000000)
    sh.call("unshare", 0x20000)
    facts = script.facts()
    assert "container" not in facts.node("sh:100").attributes
    assert facts.notes == ["NAMESPACE sh:100: setns 0x40000000", "NAMESPACE sh:100: unshare 0x20000"]
    sh.call("unshare", 0x20020000)
    assert script.facts().node("sh:100").attributes["container"] == "unshare 0x20020000"


def test_a_clone_into_a_new_pid_namespace_is_noted() -> None:
    script = Script()
    script.process(100).call("clone", CLONE_NEWPID | SIGCHLD, exit=101)
    assert script.facts().notes == ["NAMESPACE sh:100: clone 0x20000000"]


def test_hostile_names_are_unchanged() -> None:
    script = Script()
    sh = script.process(100)
    sh.forks(150)
    sh.execs("/tmp/a\n-READ-> b\x1b[2J", "x y", 'quote"d', "", "\udcff\x00")
    argv = script.facts().node("a\n-READ-> b\x1b[2J:100").attributes["argv"]
    assert argv == ["x y", 'quote"d', "", "\udcff\x00"]


def test_a_reboot_with_new_serials() -> None:
    """What ran before is gone: the same pid is another process, and its descriptors are closed."""
    script = Script()
    for _ in range(5):
        script.process(900, comm="noise").call("umask")
    script.process(100).opens("/a", O_WRONLY)
    script.serial = 0
    script.wait(60_000)
    script.process(100).opens("/b", O_WRONLY)
    facts = script.facts()
    assert {"sh:100 -WROTE-> /a", "sh:100 (2) -WROTE-> /b"} <= facts.flows
    (first,) = [flow for flow in facts.runs if facts.labels[flow.target] == "/a"]
    assert (first.last - first.first) >> 20 == 0
    assert facts.tallies == {"events": 7}
    assert [why for _, _, why in facts.blind] == ["the machine or its audit system was restarted"]


def test_the_end_of_another_thread_after_exit_group_changes_nothing() -> None:
    script = Script()
    java = script.process(100, comm="sh").forks(200)
    ended = java.exits()
    java.exits()
    facts = script.facts()
    assert facts.number(facts.node("sh:200").attributes["end"]) == ended


def test_an_unknown_process_of_which_a_record_told_gets_its_parent_from_its_first_call() -> None:
    script = Script()
    script.process(100, comm="sh").call("kill", 300, 9)
    script.process(300, 100, comm="victim").opens("/a")
    facts = script.facts()
    assert {"sh:100 -SIGNALLED-> victim:300", "/a -READ-> victim:300"} <= facts.flows


@pytest.mark.parametrize("limit", ["_FORKS_KEPT", "_ENDED_KEPT"])
def test_of_very_many_children_the_oldest_are_forgotten(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork bomb cannot fill the memory; the newest children still have their recorded parent."""
    monkeypatch.setattr(processes, limit, 8)
    script = Script()
    sh = script.process(100)
    children = [sh.forks(pid) for pid in range(1001, 1031)]
    if limit == "_ENDED_KEPT":
        for child in children:
            child.opens("/a")
            child.exits()
    children[-1].call("kill", 100, 9)
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    assert len(deriver.host.forks) <= 8 and len(deriver.host.ended) <= 8
    flows = script.facts().flows
    assert {"sh:100 -SPAWNED-> sh:1030", "sh:1030 -SIGNALLED-> sh:100"} <= flows


@pytest.mark.parametrize(
    ("call", "arguments"), [("kill", (200, 0)), ("tgkill", (200, 201, 0)), ("pidfd_send_signal", (3, 0))]
)
def test_signal_0_reaches_nobody(call: str, arguments: tuple[int, ...]) -> None:
    """It only checks whether the process exists (kill(2))."""
    script = Script()
    script.process(200, comm="victim").opens("/a")
    about = ("OBJ_PID", 'opid=200 oauid=-1 ouid=0 oses=-1 ocomm="victim"')
    script.process(100).call(call, *arguments, records=(about,))
    assert script.facts().flows == {"/a -READ-> victim:200"}


def test_a_program_whose_path_has_no_name_is_found_by_its_inode() -> None:
    script = Script()
    script.process(100).creates("/tmp/x")
    script.process(200).execs("/tmp/x", paths=(script.path(None, inode=script.inode("/tmp/x")),))
    assert script.facts().flows == {"sh:100 -WROTE-> /tmp/x", "/tmp/x -LOADED-> x:200"}


UNNAMED = pytest.mark.parametrize("paths", [(), ("name=(null) inode=77 dev=fe:00",)], ids=["no PATH", "no name"])


@UNNAMED
def test_a_change_to_an_unknown_directory_leaves_the_known_one(paths: tuple[str, ...]) -> None:
    script = Script()
    sh = script.process(100)
    sh.call("chdir", paths=(script.path("/srv", mode=DIRECTORY),))
    sh.call("chdir", paths=paths)
    sh.call("fchdir", 9)
    writes_relative(sh)
    assert script.facts().flows == {"sh:100 -WROTE-> /srv/x"}


@UNNAMED
def test_a_change_to_an_unknown_root_leaves_the_known_one(paths: tuple[str, ...]) -> None:
    script = Script()
    sh = script.process(100)
    sh.call("chroot", paths=(script.path("/jail", mode=DIRECTORY),))
    sh.call("chroot", paths=paths)
    sh.opens("/etc/passwd")
    facts = script.facts()
    assert facts.flows == {"/jail/etc/passwd -READ-> sh:100"}
    assert facts.notes == ["CHROOT sh:100: changes its root to /jail"]
