"""Ways in that took their time: a slow download, and a key that a peer wrote long after it had come in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ingest.script import Actor, Script
from tests.provenance.trace.servers import story_of

REGISTRY, OUTSIDE, KEYS = "203.0.113.50", "203.0.113.99", "/root/.ssh/authorized_keys"
PACKAGE, ALERT = "/home/dev/lib/setup.x", "interpreter setup"
TIMES = [100, 800, 3_000, 10_000, 60_000]


def logs_in(script: Script, peer: str) -> Actor:
    """The shell of a developer who logs in and types a command half a minute later."""
    sshd = script.process(400, comm="sshd", exe="/usr/sbin/sshd")
    sshd.listens(3, "0.0.0.0", 22)
    sshd.accepts(3, 4, peer, 5_001)
    shell = sshd.forks(500)
    shell.uid, shell.auid, shell.ses = 1_000, 1_000, 5
    shell.execs("/bin/bash", "-bash")
    script.wait(30_000)
    return shell


def fetches(actor: Actor, ms: int, file: str = PACKAGE) -> None:
    """A resolver is called, then the registry; the file is complete after twice the time."""
    actor.sockets(3, type=2)
    actor.connects(3, "10.0.0.53", 53)
    actor.sockets(4)
    actor.connects(4, REGISTRY, 443)
    actor.script.wait(ms)
    actor.creates(file, fd=5)
    actor.closes(5)
    actor.script.wait(ms)


def setup(actor: Actor, name: str) -> Actor:
    actor.execs("/usr/bin/interpreter", *ALERT.split(), name)
    if "/" in name:
        actor.opens(PACKAGE, fd=3)
    return actor


def by_manager(shell: Actor, ms: int) -> Actor:
    """A package manager runs the script of a package."""
    manager = shell.forks(510)
    manager.execs("/usr/bin/manager", "manager", "install")
    fetches(manager, ms)
    return setup(manager.forks(520), PACKAGE)


def by_worker(shell: Actor, ms: int) -> Actor:
    """A package manager has a worker that fetches, and talks with it by two pipes."""
    manager = shell.forks(510)
    manager.execs("/usr/bin/manager", "manager", "install")
    manager.pipes(5, 6)
    manager.pipes(7, 8)
    worker = manager.forks(511)
    worker.dups(5, 0)
    worker.dups(8, 1)
    worker.execs("/usr/lib/manager/https", "https")
    for fd in (5, 8):
        manager.closes(fd)
    fetches(worker, ms)
    return setup(manager.forks(520), PACKAGE)


def by_shell(shell: Actor, ms: int) -> Actor:
    """The developer's shell fetches a file, then runs it."""
    fetch = shell.forks(510)
    fetch.execs("/usr/bin/fetch", "fetch", "-o", PACKAGE)
    fetches(fetch, ms)
    fetch.exits()
    return setup(shell.forks(520), PACKAGE)


def by_pipeline(shell: Actor, ms: int) -> Actor:
    """`fetch | sh`: nothing is written to a file."""
    shell.pipes(5, 6)
    fetch, reader = shell.forks(510), shell.forks(511)
    fetch.dups(6, 1)
    reader.dups(5, 0)
    fetch.execs("/usr/bin/fetch", "fetch")
    reader.execs("/bin/sh", "sh")
    fetch.sockets(4)
    fetch.connects(4, REGISTRY, 443)
    shell.script.wait(ms)
    return setup(reader.forks(520), "-")


def typed_pipeline(shell: Actor, ms: int) -> Actor:
    """`fetch | sh` at a terminal: who types it lets the sender choose what is done."""
    shell.tty = "pts0"
    shell.execs("/bin/bash", "-bash")
    return by_pipeline(shell, ms)


def way_in(folder: Path, peer: str, ms: int, by: Callable[[Actor, int], Actor]) -> str:
    script = Script()
    program = by(logs_in(script, peer), ms)
    program.sockets(7)
    program.connects(7, OUTSIDE, 443)
    return story_of(folder, script, ALERT).partition("\nWay in")[2].partition("\nPath")[0]


@pytest.mark.parametrize("ms", TIMES)
@pytest.mark.parametrize("by", [by_manager, by_worker, by_shell, by_pipeline])
def test_however_long_a_download_took_its_sender_is_the_way_in(
    tmp_path: Path, by: Callable[[Actor, int], Actor], ms: int
) -> None:
    assert way_in(tmp_path, "10.0.0.5", ms, by).lstrip().startswith(f"{REGISTRY}:443")


@pytest.mark.parametrize("ms", TIMES)
@pytest.mark.parametrize("by", [by_manager, by_worker, typed_pipeline])
def test_what_its_sender_chose_to_run_comes_before_a_login_from_outside_in_doubt(
    tmp_path: Path, by: Callable[[Actor, int], Actor], ms: int
) -> None:
    found = way_in(tmp_path, "198.51.100.9", ms, by)
    assert found.lstrip().startswith(f"{REGISTRY}:443")
    assert "Two candidates: 198.51.100.9" in found


@pytest.mark.parametrize("by", [by_shell, by_pipeline])
def test_a_login_from_outside_comes_before_the_tools_that_it_fetched(
    tmp_path: Path, by: Callable[[Actor, int], Actor]
) -> None:
    assert way_in(tmp_path, "198.51.100.9", 3_000, by).lstrip().startswith("198.51.100.9:5001")


def test_a_program_that_the_login_brought_is_no_package_manager(tmp_path: Path) -> None:
    script = Script()
    shell = logs_in(script, "198.51.100.9")
    shell.creates("/usr/bin/manager", fd=3)
    program = by_manager(shell, 100)
    program.sockets(7)
    program.connects(7, OUTSIDE, 443)
    assert "Way in     198.51.100.9:5001" in story_of(tmp_path, script, ALERT)


@pytest.mark.parametrize("planter", ["198.51.100.9", "10.0.0.9"])
@pytest.mark.parametrize("ms", [20, 2_000, 300_000])
def test_who_wrote_a_key_is_the_way_in_and_the_login_a_step(tmp_path: Path, planter: str, ms: int) -> None:
    """However long the peer's program took to write it."""
    script = Script()
    queue = script.process(600, comm="queued", exe="/usr/bin/queued")
    queue.listens(3, "0.0.0.0", 6_379)
    sshd = script.process(400, comm="sshd", exe="/usr/sbin/sshd")
    sshd.listens(3, "0.0.0.0", 22)
    queue.accepts(3, 9, planter, 4_000)
    script.wait(ms)
    queue.creates(KEYS, fd=5)
    script.wait(5_000)
    sshd.accepts(3, 4, "192.0.2.200", 5_000)
    session = sshd.forks(410)
    session.execs("/usr/sbin/sshd", "sshd", "-R")
    session.opens(KEYS, fd=6)
    script.wait(100)
    setup(session.forks(411), "-").connects(7, OUTSIDE, 443)
    story = story_of(tmp_path, script, ALERT)
    assert f"Way in     {planter}:4000" in story
    assert ("Two candidates" in story) == (planter == "10.0.0.9")
    steps = [planter, f"writes {KEYS}", "192.0.2.200:5000 enters through port 22 of sshd", f"reads {KEYS}"]
    places = [story.partition("\nSteps")[2].find(step) for step in steps]
    assert -1 not in places and places == sorted(places)
