"""The accounts of a process: each is that of its records, whether or not a record shows how it changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from provenance.ingest.pyauparse import Parser
from provenance.ingest.rules import identities
from tests.ingest.reading import Facts, facts_of
from tests.ingest.script import O_WRONLY, UNSET, Script


def accounts(facts: Facts, label: str) -> list[tuple[int, ...]]:
    """The accounts of a process: the number of the event from which it had each, uid and euid."""
    found: list[tuple[int, ...]] = []
    for text in facts.node(label).attributes.get("accounts", []):
        since, uid, euid, _ = text.split(" ", 3)
        found.append((facts.number(int(since)), int(uid), int(euid)))
    return found


def now(facts: Facts, label: str) -> tuple[object, ...]:
    return tuple(facts.node(label).attributes.get(name) for name in ("uid", "euid", "auid"))


@pytest.mark.parametrize("recorded", [False, True], ids=["rules without setuid", "rules with setuid"])
@pytest.mark.parametrize("fork", [False, True], ids=["fork not recorded", "fork recorded"])
def test_a_child_that_changes_its_user_has_the_one_of_its_records(recorded: bool, fork: bool) -> None:
    script = Script()
    server = script.process(100, comm="ftpd")
    server.opens("/etc/ftpd.conf")
    child = server.forks(101) if fork else replace(server, pid=101, ppid=100)
    child.opens("/etc/passwd")
    child.uid = 1000
    if recorded:
        child.call("setresuid", 1000, 1000, 1000)
    child.opens("/home/u/x", O_WRONLY, fd=4)
    facts = script.facts()
    changed = facts.spans["ftpd:101 -WROTE-> /home/u/x"][0][0] - recorded
    assert now(facts, "ftpd:101") == (1000, 1000, None)
    assert [entry[1:] for entry in accounts(facts, "ftpd:101")] == [(0, 0), (1000, 1000)]
    assert accounts(facts, "ftpd:101")[1][0] == changed
    assert facts.node("ftpd:101").attributes["users"] == ["0", "1000"]
    assert now(facts, "ftpd:100") == (0, 0, None)
    assert "accounts" not in facts.node("ftpd:100").attributes


def test_a_process_that_keeps_its_account_has_no_list() -> None:
    """setgid, capset and a new login uid are no change of account."""
    script = Script()
    sshd = script.process(100, comm="sshd")
    sshd.opens("/a")
    sshd.call("setgid", 1000)
    sshd.auid, sshd.ses = 1000, 3
    sshd.opens("/b", fd=4)
    facts = script.facts()
    assert now(facts, "sshd:100") == (0, 0, 1000)
    assert facts.node("sshd:100").attributes["ses"] == 3
    assert "accounts" not in facts.node("sshd:100").attributes


def test_what_an_execve_record_says_is_of_the_program_that_it_starts() -> None:
    """A setuid program: the record of the execve has its effective user already."""
    script = Script()
    bash = script.process(100, comm="bash", uid=1000)
    bash.opens("/home/u/.bashrc")
    child = bash.forks(101)
    child.opens("/dev/sda1")
    sudo = replace(child, euid=0)
    sudo.execs("/usr/bin/sudo", "sudo", "id")
    sudo.uid = 0
    sudo.opens("/etc/sudoers", fd=4)
    facts = script.facts()
    assert "accounts" not in facts.node("bash:100").attributes
    assert [entry[1:] for entry in accounts(facts, "sudo:101")] == [(1000, 0), (0, 0)]


def test_a_copy_that_only_prepared_an_execve_has_the_account_of_the_program() -> None:
    script = Script()
    cron = script.process(100, comm="cron")
    cron.opens("/etc/crontab")
    child = cron.forks(101)
    child.uid = 33
    child.call("setuid", 33)
    child.execs("/bin/sh", "sh", "-c", "id")
    facts = script.facts()
    assert now(facts, "sh:101") == (33, 33, None)
    assert accounts(facts, "sh:101") == [(facts.number(facts.node("sh:101").first), 33, 33)]


def test_a_login_uid_that_changes_is_another_account() -> None:
    script = Script()
    shell = script.process(100, comm="sh", auid=1000, ses=3)
    shell.opens("/a")
    script.message("LOGIN", "pid=100 uid=0 old-auid=1000 auid=1001 old-ses=3 ses=4 res=1")
    shell.auid, shell.ses = 1001, 4
    shell.opens("/b", fd=4)
    node = script.facts().node("sh:100")
    assert (node.attributes["auid"], node.attributes["ses"]) == (1001, 4)
    assert {"1000", "1001"} <= set(node.attributes["users"])


def test_accounts_do_not_depend_on_where_a_log_is_cut() -> None:
    script = Script()
    server = script.process(100, comm="nfsd")
    for step in range(12):
        server.uid = (0, 1000, 1001)[step // 2 % 3]
        server.auid = UNSET if step < 6 else 1000
        server.opens(f"/{step}", fd=step)
    whole = script.facts().node("nfsd:100")
    events = script.parsed()
    for cut in range(len(events)):
        deriver = Deriver("web01")
        for event in events[:cut]:
            deriver.push(event)
        batches = [deriver.take()]
        again, _ = checkpoint.load(checkpoint.save(deriver))
        for event in events[cut:]:
            again.push(event)
        found = facts_of([*batches, again.take(), again.conclude()]).node("nfsd:100")
        assert found.attributes == whole.attributes


def test_of_endless_changes_the_last_account_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "_ACCOUNTS_STORED", 4)
    script = Script()
    server = script.process(100, comm="smbd")
    for uid in range(9):
        server.uid = uid
        server.opens(f"/{uid}", fd=uid + 3)
    assert [entry[1] for entry in accounts(script.facts(), "smbd:100")] == [0, 1, 2, 8]


def test_interpreted_records_have_names_only() -> None:
    script = Script()
    server = script.process(100, comm="ftpd")
    server.opens("/a")
    server.uid = 1000
    server.opens("/b", O_WRONLY, fd=4)
    text = b"".join(event.raw for event in script.parsed())
    text = text.replace(b"uid=0 gid", b"uid=root gid").replace(b"uid=1000 gid", b"uid=deploy gid")
    text = text.replace(b"euid=0", b"euid=root").replace(b"euid=1000", b"euid=deploy")
    parser, deriver = Parser("web01"), Deriver("web01")
    for event in [*parser.feed(text), *parser.close()]:
        deriver.push(event)
    node = facts_of([deriver.take(), deriver.conclude()]).node("ftpd:100")
    assert node.attributes["user"] == "deploy"
    assert node.attributes["users"] == ["root", "deploy"]
