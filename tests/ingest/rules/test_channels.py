"""Seven channel rules (the eighth is in test_ledgers): the facts with each rule, and the wrong facts without it."""

from __future__ import annotations

import pytest

from provenance.ingest.deriver import Deriver
from tests.ingest.script import AT_FDCWD, CHARACTER, DIRECTORY, O_CLOEXEC, O_RDWR, O_WRONLY, Actor, Script

PEER, OTHER = "198.51.100.7", "198.51.100.8"


# 1. Character devices carry nothing, but for the two ends of a terminal.


def test_two_holders_of_a_character_device_are_not_joined() -> None:
    """Every daemon holds /dev/null; as a file it would lead from each to each."""

    def story(mode: str) -> set[str]:
        script = Script()
        script.process(100, comm="one").opens("/dev/null", O_RDWR, mode=mode, rdev="01:03")
        script.process(200, comm="two").opens("/dev/null", O_RDWR, mode=mode, rdev="01:03")
        return script.facts().flows

    assert story(CHARACTER) == set()
    assert {"one:100 -WROTE-> /dev/null", "/dev/null -READ-> two:200"} <= story("0100666")


def test_a_terminal_carries_data_between_its_ends() -> None:
    """The master's writes are the slave's reads; no end reads its own writes."""
    script = Script()
    sshd = script.process(100, comm="sshd")
    sshd.opens("/dev/ptmx", O_RDWR, fd=5, mode=CHARACTER, rdev="05:02")
    child = sshd.forks(101)
    child.opens("/dev/pts/3", O_RDWR, fd=0, mode=CHARACTER, rdev="88:03")
    child.execs("/bin/bash")
    piped = {flow for flow in script.facts().flows if "PIPED" in flow}
    down, up = "pty /dev/pts/3", "pty /dev/pts/3 (2)"
    if f"sshd:100 -PIPED-> {down}" not in piped:
        down, up = up, down
    assert piped == {
        f"sshd:100 -PIPED-> {down}",
        f"{down} -PIPED-> bash:101",
        f"bash:101 -PIPED-> {up}",
        f"{up} -PIPED-> sshd:100",
    }


def _relay(own: str, parent: str = "(none)") -> set[str]:
    """What openpty(3) of a glibc since 2.27 leaves behind: the slave (4) is opened by an ioctl, which is not recorded."""
    script = Script()
    relay = script.process(100, comm="relay", tty=parent)
    relay.execs("/usr/bin/relay")
    relay.opens("/dev/ptmx", O_RDWR, fd=3, mode=CHARACTER, rdev="05:02")
    child = relay.forks(101)
    child.tty = own
    for number in (0, 1, 2):
        child.dups(4, number)
    child.execs("/bin/bash")
    return {flow for flow in script.facts().flows if "PIPED" in flow}


def test_a_terminal_whose_slave_no_record_opens_carries_data() -> None:
    """Else input typed in tmux, script or python's pty.spawn would reach no program."""
    for tty in ("pts3", "pts/3"):
        piped = _relay(tty)
        assert {flow.partition(" -")[0] for flow in piped} >= {"relay:100", "bash:101"}
        assert {flow.rpartition("> ")[2] for flow in piped} >= {"relay:100", "bash:101"}
        assert len(piped) == 4


def test_an_unknown_descriptor_is_no_terminal() -> None:
    """A pipe's or a file's, opened before the log began: the terminal is the parent's, or there is none."""
    assert _relay("(none)") == set()
    assert _relay("tty1") == set()
    assert _relay("pts0", parent="pts0") == set()


def _multiplexer(named: bool = True, stale: bool = False, helper: bool = False, close: bool = False) -> set[str]:
    """tmux: a server opens a master. With `named`, the record of its file in devpts is there. With `stale`, the number of the
    slave (4) names a file that was closed without a record. With `helper`, utempter gets a copy of the master."""
    script = Script()
    server = script.process(100, comm="server")
    server.execs("/usr/bin/server")
    if stale:
        server.opens("/etc/passwd", fd=4)
    if close:
        server.closes(9)
    paths = (script.path("/dev/ptmx", mode=CHARACTER, rdev="05:02"), script.path(None, "PARENT", 1, DIRECTORY))
    slave = script.path(None, "CREATE", 6, CHARACTER, "88:03")
    server.call("openat", AT_FDCWD, 0, O_RDWR | O_CLOEXEC, exit=3, paths=(*paths, slave) if named else paths[:1])
    if helper:
        utempter = server.forks(102)
        utempter.dups(3, 0)
        utempter.execs("/usr/bin/utempter")
        utempter.exits()
    shell = server.forks(101)
    shell.tty = "pts3"
    for number in (0, 1, 2):
        shell.dups(4, number)
    shell.execs("/bin/bash")
    return {flow.replace(" (2)", "*") for flow in script.facts().flows if "PIPED" in flow and "utempter" not in flow}


def test_the_file_that_the_kernel_creates_in_devpts_names_the_slave_of_a_master() -> None:
    for named in (True, False):
        for helper in (True, False):
            ends = {end for flow in _multiplexer(named, helper=helper) for end in flow.split(" -PIPED-> ")}
            assert ends == {"server:100", "bash:101", "pty /dev/pts/3", "pty /dev/pts/3*"}


def test_a_number_that_a_slave_has_now_may_have_named_a_file() -> None:
    """Where close is not recorded; where it is, the number still names the file."""
    assert len(_multiplexer(stale=True)) == 4
    assert not any("bash:101" in flow for flow in _multiplexer(stale=True, close=True))


def test_the_holder_of_a_terminal_opened_by_name_reads_what_its_master_wrote() -> None:
    script = Script()
    script.process(100, comm="a").opens("/dev/pts/1", O_RDWR, mode=CHARACTER, rdev="88:01")
    script.process(200, comm="b").opens("/dev/pts/1", O_RDWR, mode=CHARACTER, rdev="88:01")
    script.process(300, comm="c").opens("/dev/pts/2", O_RDWR, mode=CHARACTER, rdev="88:02")
    nodes = {flow.partition("-> ")[2] for flow in script.facts().flows if "-PIPED-> pty" in flow}
    assert len({node for node in nodes if "/dev/pts/1" in node}) == 1
    assert len({node for node in nodes if "/dev/pts/2" in node}) == 1


# 2. Fork hands on every descriptor; between fork and execve they carry nothing.


def _serves(script: Script) -> tuple[Actor, Actor]:
    """A server with an accepted connection on 4 and its child."""
    server = script.process(100, comm="server")
    server.accepts(3, 4, PEER, 40000)
    return server, server.forks(101)


def test_a_child_uses_a_connection_above_two() -> None:
    """A session of sshd has its connection on 4: inheriting 0-2 alone would lose it."""
    script = Script()
    _, child = _serves(script)
    child.creates("/tmp/x", fd=5)
    child.exits()
    assert f"tcp {PEER}:40000 -ACCEPTED-> server:101" in script.facts().flows
    assert script.facts().spans[f"server:101 -SENT-> tcp {PEER}:40000"] == [(2, 4)]


def test_unused_descriptors_before_execve_are_no_channels() -> None:
    """Else the connection would be every helper's that a server starts."""
    script = Script()
    _, child = _serves(script)
    child.execs("/bin/date")
    assert f"tcp {PEER}:40000 -RECEIVED-> date:101" not in script.facts().flows


def test_a_child_with_effects_before_execve_has_used_its_descriptors() -> None:
    script = Script()
    _, child = _serves(script)
    child.call("kill", 1, 9)
    child.execs("/bin/date")
    assert f"tcp {PEER}:40000 -ACCEPTED-> server:101" in script.facts().flows


def test_a_child_keeps_descriptors_that_its_parent_closes_later() -> None:
    """The descriptors are those at the fork, whatever the parent does until its child is seen."""
    script = Script()
    sh = script.process(100)
    sh.opens("/a", fd=3)
    child = sh.forks(101)
    sh.closes(3)
    sh.opens("/b", fd=4)
    child.call("kill", 1, 9)
    child.exits()
    spans = script.facts().spans
    assert spans["/a -READ-> sh:101"] == [(2, 6)]
    assert "/b -READ-> sh:101" not in spans


# 3. Across execve, 0-2 are held and higher numbers are latent.


def _shell_opens(fd: int, flags: int = 0) -> Script:
    script = Script()
    child = script.process(100).forks(101)
    child.opens("/secret", flags, fd=9)
    child.dups(9, fd)
    child.execs("/bin/cat")
    return script


def test_the_standard_descriptors_pass_through_execve() -> None:
    """`cat < secret`: the shell opens, cat reads."""
    assert _shell_opens(0).facts().spans["/secret -READ-> cat:101"] == [(2, 4)]


def test_a_number_above_two_is_a_leak_until_it_is_used() -> None:
    """A browser that a mail program starts does not read the mail."""
    script = Script()
    sh = script.process(100)
    sh.forks(150)
    sh.opens("/secret", fd=5)
    sh.execs("/bin/cat")
    assert script.facts().spans == {
        "/bin/cat -LOADED-> cat:100": [(3, 3)],
        "/secret -READ-> sh:100": [(2, 3)],
        "sh:100 -EXECUTED-> cat:100": [(3, 3)],
    }
    sh.dups(5, 0)
    sh.exits()
    assert script.facts().spans["/secret -READ-> cat:100"] == [(4, 5)]


def test_a_read_shows_the_use_of_a_leak() -> None:
    script = Script()
    sh = script.process(100)
    sh.forks(150)
    sh.opens("/secret", fd=5)
    sh.execs("/bin/cat")
    sh.reads(5)
    assert script.facts().spans["/secret -READ-> cat:100"] == [(4, 4)]


def test_with_recorded_closes_nothing_is_guessed() -> None:
    """The same story in a log that shows close: what was not closed is held."""
    script = Script()
    script.process(900).closes(77)
    sh = script.process(100)
    sh.forks(150)
    sh.opens("/secret", fd=5)
    sh.execs("/bin/cat")
    sh.exits()
    assert script.facts().spans["/secret -READ-> cat:100"] == [(4, 5)]


def test_close_on_exec_is_closed() -> None:
    for fd, flags in ((0, O_CLOEXEC), (5, O_CLOEXEC)):
        script = Script()
        sh = script.process(100)
        sh.forks(150)
        sh.opens("/secret", flags, fd=fd)
        sh.execs("/bin/cat")
        sh.reads(fd)
        assert "/secret -READ-> cat:100" not in script.facts().flows


def test_close_range_can_mark_for_execve() -> None:
    script = Script()
    script.process(900).closes(77)
    sh = script.process(100)
    sh.forks(150)
    sh.opens("/marked", fd=5)
    sh.opens("/kept", fd=4)
    sh.call("close_range", 5, 0xFFFFFFFFFFFFFFFF, 4)
    sh.execs("/bin/cat")
    flows = script.facts().flows
    assert "/kept -READ-> cat:100" in flows
    assert "/marked -READ-> cat:100" not in flows


def test_close_range_leaves_mappings() -> None:
    """They hold their file without a descriptor, whatever the argument for the last number is."""
    script = Script()
    sh = script.process(100)
    sh.opens("/shm", O_RDWR, fd=3)
    sh.call("mmap", 0, 4096, 1, 1, exit=0x7F0000000000, records=(("MMAP", "fd=3 flags=0x1"),))
    sh.call("close_range", 3, 0xFFFFFFFFFFFFFFFF, 0)
    script.process(200).opens("/x")
    sh.exits()
    assert script.facts().spans["/shm -READ-> sh:100"] == [(1, 5)]


def test_each_shared_mapping_keeps_its_own_file() -> None:
    """Also one that is made when an earlier one has outlived its descriptor."""
    script = Script()
    sh = script.process(100)
    sh.opens("/one", O_RDWR, fd=3)
    sh.opens("/two", O_RDWR, fd=4)
    for fd in (3, 4):
        sh.call("mmap", 0, 4096, 1, 1, exit=0x7F0000000000, records=(("MMAP", f"fd={fd} flags=0x1"),))
        sh.closes(fd)
    sh.exits()
    spans = script.facts().spans
    assert spans["/one -READ-> sh:100"] == [(1, 7)] and spans["/two -READ-> sh:100"] == [(2, 7)]


@pytest.mark.parametrize("records", [(), (("MMAP", "fd=-1 flags=0x22"),)])
def test_memory_without_a_file_loads_nothing(records: tuple[tuple[str, str], ...]) -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/shm", O_RDWR, fd=3)
    sh.call("mmap", 0, 4096, 5, 0x22, exit=0x7F0000000000, records=records)
    assert not [flow for flow in script.facts().flows if "LOADED" in flow]


def test_fcntl_sets_close_on_exec_and_dup2_clears_it() -> None:
    script = Script()
    sh = script.process(100)
    sh.forks(150)
    sh.opens("/kept", O_CLOEXEC, fd=3)
    sh.dups(3, 0)
    sh.opens("/closed", fd=1)
    sh.call("fcntl", 1, 2, 1)
    sh.execs("/bin/cat")
    flows = script.facts().flows
    assert "/kept -READ-> cat:100" in flows
    assert "/closed -READ-> cat:100" not in flows


# 4. A handed-over end is latent in the parent.


def test_standard_descriptors_of_the_parent_remain_its_own() -> None:
    """A shell whose input is the connection: its children have it too, and it goes on reading."""
    script = Script()
    sh = script.process(100)
    sh.accepts(3, 0, PEER, 40000)
    child = sh.forks(101)
    child.execs("/bin/id")
    sh.exits()
    spans = script.facts().spans
    assert spans[f"tcp {PEER}:40000 -ACCEPTED-> sh:100"] == [(1, 4)]
    assert spans[f"sh:100 -SENT-> tcp {PEER}:40000"] == [(1, 4)]


# 5. A probing connect sends nothing.


def test_a_probing_connect_is_no_connection() -> None:
    """Resolvers connect datagram sockets to no address, to learn of routes."""
    script = Script()
    sh = script.process(100)
    for fd, ip in ((3, "0.0.0.0"), (4, "::")):
        sh.sockets(fd, domain=2 if ip == "0.0.0.0" else 10, type=2)
        sh.connects(fd, ip, 53)
    assert script.facts().flows == set()
    sh.sockets(5, type=1)
    sh.connects(5, "0.0.0.0", 80)
    assert "sh:100 -CONNECTED-> tcp 0.0.0.0:80" in script.facts().flows, "a stream goes to this host itself"


# 6. A number used again closes what it named before.


def test_a_reused_number_closes_its_old_channel() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", fd=3)
    sh.opens("/b", O_WRONLY, fd=3)
    assert script.facts().spans == {"/a -READ-> sh:100": [(1, 2)], "sh:100 -WROTE-> /b": [(2, 2)]}


def test_dup_onto_a_number_closes_its_old_channel() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", fd=3)
    sh.opens("/b", fd=4)
    sh.dups(3, 4)
    sh.closes(3)
    sh.closes(4)
    assert script.facts().spans == {"/a -READ-> sh:100": [(1, 5)], "/b -READ-> sh:100": [(2, 3)]}


def test_dup_onto_itself_changes_nothing() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", fd=3)
    sh.dups(3, 3)
    sh.closes(3)
    sh.dups(3, 3)
    assert script.facts().spans == {"/a -READ-> sh:100": [(1, 3)]}


def test_dup_of_an_unknown_descriptor_closes_the_target() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", fd=3)
    sh.dups(8, 3)
    assert script.facts().spans == {"/a -READ-> sh:100": [(1, 2)]}


# 7. Data records win.


def test_recorded_transfers_are_the_flow_in_their_direction() -> None:
    """The interval would say that the file may have been written all the while."""
    script = Script()
    sh = script.process(100)
    sh.opens("/a", O_RDWR, fd=3)
    sh.writes(3)
    script.process(200).opens("/b", fd=3)
    sh.closes(3)
    spans = script.facts().spans
    assert spans["sh:100 -WROTE-> /a"] == [(2, 2)]
    assert spans["/a -READ-> sh:100"] == [(1, 4)]


def test_a_read_at_the_end_of_the_file_moves_nothing() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", fd=3)
    sh.reads(3, count=0)
    sh.closes(3)
    assert script.facts().spans["/a -READ-> sh:100"] == [(1, 3)]


# What descriptions that several hold have in common.


def test_nothing_passes_through_a_socket_before_it_is_connected() -> None:
    """The child inherited it unconnected and its parent connects: for both it begins then."""
    script = Script()
    sh = script.process(100)
    sh.sockets(3, type=2)
    child = sh.forks(101)
    child.call("umask")
    sh.connects(3, PEER, 53)
    child.exits()
    assert script.facts().spans[f"udp {PEER}:53 -RECEIVED-> sh:101"] == [(4, 5)]


def test_a_new_peer_of_a_shared_socket_is_the_peer_of_all_its_holders() -> None:
    script = Script()
    sh = script.process(100)
    sh.sockets(3, type=2)
    sh.connects(3, PEER, 53)
    child = sh.forks(101)
    child.call("kill", 1, 9)
    sh.connects(3, OTHER, 53)
    child.exits()
    spans = script.facts().spans
    assert spans[f"sh:101 -SENT-> udp {PEER}:53"] == [(3, 5)]
    assert spans[f"sh:101 -SENT-> udp {OTHER}:53"] == [(5, 6)]


def test_the_last_of_several_numbers_closes() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", fd=3)
    sh.call("dup", 3, exit=4)
    sh.closes(3)
    sh.opens("/b", fd=5)
    sh.closes(4)
    assert script.facts().spans["/a -READ-> sh:100"] == [(1, 5)]


def test_open_channels_at_the_end_are_provisional() -> None:
    script = Script()
    script.process(100).opens("/a")
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    assert [flow.open for flow in deriver.take().flows] == [False]
    assert [flow.open for flow in deriver.conclude().flows] == [True]
