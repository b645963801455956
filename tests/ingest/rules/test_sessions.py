"""Descent by session number, if no record shows who started a process: each test with and without such a record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import FlowKind
from provenance.ingest.rules import sessions
from tests.ingest.reading import Facts, facts_of
from tests.ingest.script import Actor, Script

PEER = "198.51.100.23"
PAM = 'op=PAM:{} acct="{}" exe="{}" hostname={} addr={} terminal=ssh res=success'


def logged_in(script: Script, pid: int = 500, ses: int = 7, record: bool = True) -> Actor:
    """An sshd that serves one login, as it is without recorded forks: the session's processes are children of a copy of it."""
    sshd = script.process(pid, comm="sshd", exe="/usr/sbin/sshd")
    sshd.execs("/usr/sbin/sshd", "sshd", "-R")
    if record:
        script.message("LOGIN", f"pid={pid} uid=0 old-auid=4294967295 auid=1000 old-ses=4294967295 ses={ses} res=1")
    return replace(sshd, auid=1000, ses=ses)


def member(sshd: Actor, pid: int, ppid: int, comm: str = "bash", uid: int = 1000) -> Actor:
    return replace(sshd, pid=pid, ppid=ppid, comm=comm, exe=f"/usr/bin/{comm}", uid=uid)


def descents(facts: Facts) -> dict[str, str]:
    """Edges that rest on a session's number, and why."""
    return {
        f"{facts.labels[flow.source]} -> {facts.labels[flow.target]}": flow.detail["reason"]
        for flow in facts.runs
        if flow.kind is FlowKind.SPAWNED and flow.detail and flow.detail["confidence"] < 1
    }


def test_the_unknown_parent_of_a_program_descends_from_the_login_of_its_session() -> None:
    for record in (True, False):
        script = Script()
        sshd = logged_in(script, record=record)
        member(sshd, 502, 501).execs("/bin/bash", "-bash")
        facts = script.facts()
        assert descents(facts) == ({"sshd:500 -> ?:501": "by its session number"} if record else {})
        assert ("sshd:500" in facts.backward("bash:502")) == record


def test_a_record_of_user_space_names_a_member_too() -> None:
    script = Script()
    logged_in(script)
    script.message("CRED_ACQ", f"pid=501 uid=0 auid=1000 ses=7 msg='{PAM.format('setcred', 'a', 'x', PEER, PEER)}'")
    assert descents(script.facts()) == {"sshd:500 -> ?:501": "by its session number"}


def test_each_session_has_its_own_login() -> None:
    script = Script()
    one, two = logged_in(script, 500, 7), logged_in(script, 600, 8)
    member(two, 602, 601).execs("/bin/bash", "-bash")
    member(one, 702, 701, "zsh").execs("/bin/zsh", "-zsh")
    assert descents(script.facts()).keys() == {"sshd:600 -> ?:601", "sshd:500 -> ?:701"}


def test_a_process_older_than_the_login_does_not_descend_from_it() -> None:
    """init, and others that adopt the children of processes that ended."""
    for adopter in (1, 450):
        script = Script()
        sshd = logged_in(script)
        member(sshd, 502, adopter).execs("/usr/bin/top", "top")
        assert descents(script.facts()) == {"sshd:500 -> top:502": "by its session number"}


def test_pids_that_have_come_round() -> None:
    script = Script()
    sshd = logged_in(script, 4_194_000)
    member(sshd, 320, 310).execs("/bin/bash", "-bash")
    member(sshd, 330, 1, "top").execs("/usr/bin/top", "top")
    assert descents(script.facts()).keys() == {"sshd:4194000 -> ?:310", "sshd:4194000 -> top:330"}


def test_a_recorded_fork_overrides_the_session_number() -> None:
    script = Script()
    sshd = logged_in(script)
    replace(sshd, uid=0).forks(501).forks(502).execs("/bin/bash", "-bash")
    assert descents(script.facts()) == {}


def test_a_session_number_is_not_used_after_a_restart() -> None:
    script = Script()
    sshd = logged_in(script)
    script.wait(60_000)
    script.serial = 0
    member(sshd, 502, 501).execs("/bin/bash", "-bash")
    assert descents(script.facts()) == {}


def test_a_login_does_not_descend_from_itself() -> None:
    """cron's child gets its number by its first event; its parent is older than the log."""
    script = Script()
    job = replace(script.process(500, 400, comm="cron"), auid=0, ses=9)
    job.call("write", 7, exit=1, records=(("LOGIN", "pid=500 uid=0 auid=0 ses=9 res=1"),))
    job.opens("/etc/crontab")
    assert descents(script.facts()) == {}


def sudo(script: Script, kind: str = "USER_START", ends: bool = False) -> Script:
    """sudo with `use_pty`: its command is the child of a process that no record names."""
    sshd = logged_in(script)
    shell = member(sshd, 502, 501)
    shell.execs("/bin/bash", "-bash")
    program = member(sshd, 510, 502, "sudo")
    program.execs("/usr/bin/sudo", "sudo", "less", "/x")
    says = PAM.format("session_open", "root", "/usr/bin/sudo", "?", "?")
    text = {"USER_CMD": 'cwd="/" cmd=6C657373202F78 exe="/usr/bin/sudo" terminal=pts/0 res=success'}.get(kind, says)
    if kind:
        script.message(kind, f"pid=510 uid=1000 auid=1000 ses=7 msg='{text}'")
    if ends:
        script.message("USER_END", f"pid=510 uid=1000 auid=1000 ses=7 msg='{says}'")
    member(sshd, 512, 511, "less", uid=0).execs("/usr/bin/less", "less", "/x")
    return script


def test_another_accounts_program_came_through_sudo() -> None:
    for kind in ("USER_START", "USER_CMD"):
        facts = sudo(Script(), kind).facts()
        assert "sudo:510 -> ?:511" in descents(facts)
        assert {"sudo:510", "bash:502", "sshd:500"} <= facts.backward("less:512")
    assert "sshd:500 -> ?:511" in descents(sudo(Script(), "").facts())
    assert "sshd:500 -> ?:511" in descents(sudo(Script(), ends=True).facts())


def test_a_program_of_the_logins_own_account_did_not() -> None:
    script = sudo(Script())
    sshd = Actor(script, 500, 1, "sshd", "/usr/sbin/sshd", auid=1000, ses=7)
    member(sshd, 522, 521, "date").execs("/usr/bin/date", "date")
    assert "sshd:500 -> ?:521" in descents(script.facts())


def test_a_daemon_is_a_copy_of_the_sessions_program_of_its_name() -> None:
    """ssh -M -f: its parent has ended, so that init is its parent; the connection that it goes on with is its parent's."""
    script = Script()
    sshd = logged_in(script)
    member(sshd, 502, 501).execs("/bin/bash", "-bash")
    ssh = member(sshd, 510, 502, "ssh")
    ssh.execs("/usr/bin/ssh", "ssh", "-M", "-f")
    ssh.connects(3, "203.0.113.9", 22)
    replace(ssh, pid=512, ppid=1).opens("/x", fd=5)
    facts = script.facts()
    assert descents(facts)["ssh:510 -> ssh:512"] == "by its session number and program"
    assert "?:1 -SPAWNED-> ssh:512" not in facts.flows
    assert "ssh:512 -SENT-> ip 203.0.113.9:22" in facts.flows


def serving(named: bool) -> Facts:
    """A server whose dup's no record shows, so that the connection that it serves is above 2 after its execve."""
    script = Script()
    listener = script.process(400, comm="sshd", exe="/usr/sbin/sshd")
    listener.accepts(3, 5, "192.0.2.7", 40000)
    listener.child(490).execs("/usr/sbin/sshd", "sshd", "-R")
    listener.accepts(3, 5, PEER, 40001)
    listener.child(500).execs("/usr/sbin/sshd", "sshd", "-R")
    if named:
        text = PAM.format("accounting", "alice", "/usr/sbin/sshd", PEER, PEER)
        script.message("USER_ACCT", f"pid=500 uid=0 auid=4294967295 ses=4294967295 msg='{text}'")
    return script.facts()


def test_a_server_that_names_its_peer_has_that_connection() -> None:
    facts = serving(True)
    assert f"tcp {PEER}:40001 -ACCEPTED-> sshd:500" in facts.flows
    assert f"tcp {PEER}:40001 -ACCEPTED-> sshd:400" not in facts.flows
    assert "tcp 192.0.2.7:40000 -RECEIVED-> sshd:500" not in facts.flows
    assert f"tcp {PEER}:40001 -ACCEPTED-> sshd:400" in serving(False).flows


def test_a_connect_is_of_a_socket_of_ones_own() -> None:
    """Where no socket() is recorded, a number that a fork left names what the process has made since."""
    script = Script()
    parent = script.process(100, comm="server")
    parent.connects(3, "0.0.0.0", 0)
    parent.accepts(4, 5, PEER, 40000)
    child = parent.child(101)
    child.execs("/usr/bin/curl", "curl")
    child.connects(3, "203.0.113.9", 443)
    child.connects(5, "203.0.113.9", 444)
    flows = script.facts().flows
    assert {flow for flow in flows if "203.0.113.9" in flow and "server" in flow} == set()
    assert "curl:101 -CONNECTED-> ip 203.0.113.9:444" in flows


def test_the_address_of_a_login_without_a_terminal_is_in_user_start() -> None:
    """USER_LOGIN comes only with a terminal; sudo's USER_START says nothing of the session's address, user and service."""
    for service, expected in (("/usr/sbin/sshd", True), ("/usr/bin/sudo", False)):
        script = Script()
        logged_in(script)
        pid = 500 if expected else 501
        text = PAM.format("session_open", "alice", service, PEER, PEER)
        script.message("USER_START", f"pid={pid} uid=0 auid=1000 ses=7 msg='{text}'")
        facts = script.facts()
        assert (f"login {PEER}:0 -LOGGED_IN-> session 7 of 1000" in facts.flows) == expected
        assert facts.node("session 7 of 1000").attributes.get("user") == ("alice" if expected else None)


def test_a_checkpoint_remembers_logins_and_sudo() -> None:
    events = sudo(Script()).parsed()
    for cut in range(1, len(events)):
        deriver = Deriver("web01")
        for event in events[:cut]:
            deriver.push(event)
        before = deriver.take()
        again, _ = checkpoint.load(checkpoint.save(deriver))
        for event in events[cut:]:
            again.push(event)
        assert descents(facts_of([before, again.take(), again.conclude()])).keys() == {
            "sshd:500 -> ?:501",
            "sudo:510 -> ?:511",
        }


def test_of_very_many_logins_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_KEPT", 8)
    script = Script()
    for number in range(30):
        sshd = logged_in(script, 500 + 10 * number, number + 1)
    member(sshd, 795, 793).execs("/bin/bash", "-bash")
    assert descents(script.facts()).keys() == {"sshd:790 -> ?:793"}
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    assert len(deriver.host.logins) <= 8
