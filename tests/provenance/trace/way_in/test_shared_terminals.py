"""Shared terminals: where no record shows who is connected to one, the older login is not the only candidate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.ingest.script import Actor, Script
from tests.provenance.trace.servers import OUTSIDE, story_of

_DOUBT = "somebody else may have typed at the terminal pts1 of session 3: no record shows who was connected to it"


def program(parent: Actor, pid: int, *argv: str, tty: str = "") -> Actor:
    """A program of whose birth no record tells."""
    child = replace(parent.child(pid), tty=tty or parent.tty)
    child.execs(f"/usr/bin/{argv[0].lstrip('-')}", *argv)
    return child


def logged_in(script: Script) -> Actor:
    """The shell of session 3. Only programs, connections and logins are recorded."""
    sshd = script.process(700, 500, "sshd", "/usr/sbin/sshd")
    sshd.execs("/usr/sbin/sshd", "sshd", "-D", "-R")
    message = 'op=login id=1000 exe="/usr/sbin/sshd" hostname=192.0.2.50 addr=192.0.2.50 terminal=ssh res=success'
    script.message("LOGIN", "pid=700 uid=0 old-auid=4294967295 auid=1000 tty=(none) old-ses=4294967295 ses=3 res=1")
    script.message("USER_LOGIN", f"pid=700 uid=0 auid=1000 ses=3 msg='{message}'")
    user = replace(sshd.child(701), uid=1_000, auid=1_000, ses=3)
    return program(user, 702, "-bash", tty="pts0")


def harm(shell: Actor) -> str:
    script = shell.script
    script.wait(3_600_000)
    tool = program(shell, 900, "bash", "/tmp/.x")
    tool.sockets(5)
    tool.connects(5, *OUTSIDE)
    return "^bash /tmp/.x$"


@pytest.mark.parametrize("is_daemon", [True, False])
def test_a_shell_in_a_multiplexer_may_take_commands_from_others(tmp_path: Path, is_daemon: bool) -> None:
    """A shell that the login's own shell started is his."""
    script = Script()
    shell = logged_in(script)
    program(shell, 720, "tmux", "new")
    opener = replace(shell, pid=721, ppid=1, tty="(none)") if is_daemon else shell
    inner = program(opener, 722, "-bash", tty="pts1" if is_daemon else "pts0")
    story = story_of(tmp_path, script, harm(inner))
    assert ("login: session 3 of uid 1000 from 192.0.2.50" in story, _DOUBT in story) == (True, is_daemon)


def test_a_login_shell_is_at_the_terminal_of_its_login(tmp_path: Path) -> None:
    script = Script()
    story = story_of(tmp_path, script, harm(logged_in(script)))
    assert "login: session 3 of uid 1000 from 192.0.2.50" in story and "may have typed" not in story


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_job_of_a_shared_queue_may_be_of_another_client(tmp_path: Path, is_shared: bool) -> None:
    """A worker takes jobs from a server on its host, to which a login's program connected; or that program did the harm."""
    script = Script()
    worker = script.process(600, 1, "worker", "/usr/bin/worker")
    worker.execs("/usr/bin/worker", "worker")
    worker.sockets(4)
    worker.connects(4, "127.0.0.1", 6379)
    shell = logged_in(script)
    client = program(shell, 720, "redis-cli", "llen", "jobs")
    client.sockets(4)
    client.connects(4, "127.0.0.1", 6379)
    story = story_of(tmp_path, script, harm(worker if is_shared else client))
    assert ("another client of 127.0.0.1:6379 may have" in story) == is_shared
    assert "login: session 3 of uid 1000 from 192.0.2.50" in story
