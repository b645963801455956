"""The account of a step is that of the records of its acts, whether or not the rules record setuid."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from provenance.ingest.identity import EntityKind
from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.store.interface import Direction, Selector, Store
from provenance.text.accounts import account, accounts_text
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.trace import trace_from
from tests.ingest.script import O_WRONLY, Script

PEER = "198.51.100.88"


def stored(path: Path, script: Script) -> Store:
    log = path / "audit.log"
    log.write_bytes(b"".join(event.raw + b"\n" for event in script.parsed()))
    store = open_store(str(path / "s.db"))
    ingest(store, [str(log)])
    return store


def steps(store: Store, file: str) -> list[tuple[str, str]]:
    """The account and the text of each step of the backward trace of a file."""
    (node,) = store.find(Selector(file=file))
    trace = trace_from(store, Direction.BACKWARD, {node.id: 1 << 62}, None, None, DEFAULT)
    return [(step.account, step.text) for step in trace.chain]


def served(setuid: bool) -> Script:
    """A server whose copy gives up root, with and without a record of that, and then writes what its client sends."""
    script = Script()
    server = script.process(800, comm="ftpd", exe="/usr/sbin/ftpd")
    server.accepts(3, 5, PEER, 40001)
    child = server.forks(1900)
    child.opens("/etc/passwd", fd=4)
    child.uid = 1000
    if setuid:
        child.call("setresuid", 1000, 1000, 1000)
    child.opens("/srv/site/s.php", O_WRONLY, fd=6)
    return script


@pytest.mark.parametrize("setuid", [False, True])
def test_a_copy_that_gave_up_root_writes_as_the_user(tmp_path: Path, setuid: bool) -> None:
    with closing(stored(tmp_path, served(setuid))) as store:
        arrival, write = steps(store, "/srv/site/s.php")
        assert arrival[0] == "uid 0" and arrival[1].endswith("ftpd (uid 0)")
        assert write[0] == "uid 1000" and "writes /srv/site/s.php" in write[1]
        (child,) = store.find(Selector(pid=1900))
        assert accounts_text(child) == "uid 0, then uid 1000"
        assert account(child, 0) == account(child, child.first) == "uid 0"


@pytest.mark.parametrize("user", ["0", "1000"])
def test_a_process_is_found_by_each_of_its_accounts(tmp_path: Path, user: str) -> None:
    with closing(stored(tmp_path, served(False))) as store:
        found = store.find(Selector(frozenset((EntityKind.PROCESS,)), user=user))
        assert 1900 in {node.attributes["pid"] for node in found}


def test_a_program_that_becomes_root_has_both_accounts(tmp_path: Path) -> None:
    script = Script()
    shell = script.process(100, comm="sh", uid=1000)
    shell.execs("/bin/sh", "sh")
    shell.opens("/home/u/x")
    exploit = shell.forks(101)
    exploit.execs("/tmp/exploit", "/tmp/exploit")
    replace(exploit, uid=0, comm="exploit", exe="/tmp/exploit").opens("/etc/cron.d/x", O_WRONLY, fd=4)
    with closing(stored(tmp_path, script)) as store:
        assert steps(store, "/etc/cron.d/x")[-1][0] == "uid 1000, then uid 0"


def test_what_a_setuid_shell_does_is_shown_with_the_rights_that_it_uses(tmp_path: Path) -> None:
    """`bash -p` keeps the effective user that a setuid copy of it gave it; its real user stays."""
    script = Script()
    shell = script.process(100, comm="sh", uid=1000)
    shell.opens("/home/u/x")
    rooted = replace(shell.forks(101), euid=0)
    rooted.execs("/tmp/bash", "bash", "-p")
    rooted.opens("/etc/cron.d/x", O_WRONLY, fd=4)
    with closing(stored(tmp_path, script)) as store:
        assert steps(store, "/etc/cron.d/x")[-1][0] == "uid 1000 as root"


@pytest.mark.parametrize("euid", [None, 1000])
def test_root_that_takes_another_effective_user_for_a_while_stays_root(tmp_path: Path, euid: int | None) -> None:
    """sshd reads a user's keys so; it can have its rights back at any time."""
    script = Script()
    sshd = script.process(100, comm="sshd", exe="/usr/sbin/sshd")
    sshd.opens("/etc/ssh/sshd_config")
    replace(sshd, euid=euid).opens("/home/u/.ssh/authorized_keys", O_WRONLY)
    with closing(stored(tmp_path, script)) as store:
        (node,) = store.find(Selector(pid=100))
        assert accounts_text(node) == "uid 0"
