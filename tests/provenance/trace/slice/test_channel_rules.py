"""Each rule of `ingest.rules.channels`: a trace that is correct with the rule, and wrong without it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.rules import channels, files, handover
from provenance.ingest.rules.channels import inherit
from provenance.ingest.state.objects import DescriptionKind
from provenance.ingest.syscalls import network
from provenance.store import open_store
from provenance.store.interface import Direction, Selector
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.walk import walk
from tests.ingest.script import CHARACTER, O_CREAT, O_RDWR, O_WRONLY, Script
from tests.provenance.intake.logs import ingest_into, write_log

PEER = "198.51.100.7"
Off = Callable[[pytest.MonkeyPatch], None]


def leads(folder: Path, script: Script, source: str, target: str) -> bool:
    """Whether the backward trace from a file or address holds the source; the forward trace must say the same."""
    folder.mkdir()
    ingest_into(folder / "s.db", [write_log(folder / "audit.log", script.text())])
    with closing(open_store(str(folder / "s.db"))) as store:
        causes, effects = ([node.id for node in store.find(_selector(name))] for name in (source, target))
        if not effects:
            return False
        (cause,), (effect,) = causes, effects
        back = cause in walk(store, Direction.BACKWARD, {effect: LAST}, None, DEFAULT).nodes
        forth = effect in walk(store, Direction.FORWARD, {cause: FIRST}, None, DEFAULT).nodes
    assert back == forth
    return back


def _selector(name: str) -> Selector:
    return Selector(file=name) if name.startswith("/") else Selector(remote_ip=name)


def character_devices() -> Script:
    script = Script()
    one = script.process(100, comm="one")
    one.opens("/etc/shadow")
    one.opens("/dev/null", O_RDWR, fd=4, mode=CHARACTER, rdev="01:03")
    two = script.process(200, comm="two")
    two.opens("/dev/null", O_RDWR, fd=4, mode=CHARACTER, rdev="01:03")
    two.opens("/srv/out", O_WRONLY | O_CREAT, fd=5, created=True)
    return script


def forks() -> Script:
    script = Script()
    parent = script.process(100)
    parent.pipes(5, 6)
    child = parent.forks(101)
    child.opens("/etc/shadow", fd=7)
    child.exits()
    parent.opens("/srv/out", O_WRONLY | O_CREAT, fd=8, created=True)
    return script


def leaks() -> Script:
    script = Script()
    shell = script.process(100)
    shell.opens("/srv/out", O_WRONLY | O_CREAT, fd=5, created=True)
    shell.execs("/bin/tool")
    shell.opens("/etc/shadow", fd=6)
    return script


def sessions() -> Script:
    script = Script()
    server = script.process(100, comm="server")
    server.accepts(3, 4, PEER, 40000)
    child = server.forks(101)
    child.dups(4, 0)
    child.dups(4, 1)
    child.execs("/bin/session")
    script.wait(1000)
    server.opens("/etc/shadow", fd=5)
    return script


def probes() -> Script:
    script = Script()
    resolver = script.process(100)
    resolver.opens("/etc/shadow", fd=5)
    resolver.sockets(3, type=2)
    resolver.connects(3, "0.0.0.0", 53)
    return script


def reused() -> Script:
    script = Script()
    shell = script.process(100)
    shell.opens("/srv/out", O_WRONLY | O_CREAT, fd=3, created=True)
    shell.opens("/etc/hosts", fd=3)
    shell.opens("/etc/shadow", fd=3)
    return script


def data() -> Script:
    script = Script()
    shell = script.process(100)
    shell.opens("/srv/out", O_WRONLY | O_CREAT, fd=3, created=True)
    shell.writes(3)
    shell.opens("/etc/shadow", fd=4)
    shell.exits()
    return script


def _inherit_standard(host: object, child: object, fds: dict[int, object]) -> None:
    inherit(host, child, {fd: entry for fd, entry in fds.items() if fd <= 2})  # type: ignore[arg-type, misc]


def _specified(_: str) -> SimpleNamespace:
    return SimpleNamespace(is_unspecified=False)


CASES: dict[str, tuple[Callable[[], Script], str, str, bool, Off]] = {
    "1 character devices": (
        character_devices,
        "/etc/shadow",
        "/srv/out",
        False,
        lambda patch: patch.setattr(files, "carries", lambda _: DescriptionKind.FILE),
    ),
    "2 fork": (
        forks,
        "/etc/shadow",
        "/srv/out",
        True,
        lambda patch: patch.setattr(channels, "inherit", _inherit_standard),
    ),
    "3 execve": (
        leaks,
        "/etc/shadow",
        "/srv/out",
        False,
        lambda patch: patch.setattr(channels, "STANDARD", range(1024)),
    ),
    "4 handing over": (
        sessions,
        "/etc/shadow",
        PEER,
        False,
        lambda patch: patch.setattr(handover, "hand_over", lambda *_, **__: None),
    ),
    "5 probing": (
        probes,
        "/etc/shadow",
        "0.0.0.0",
        False,
        lambda patch: patch.setattr(network, "ipaddress", SimpleNamespace(ip_address=_specified)),
    ),
    "6 a number used again": (
        reused,
        "/etc/shadow",
        "/srv/out",
        False,
        lambda patch: patch.setattr(channels, "_release", lambda *_: None),
    ),
    "7 records of data": (
        data,
        "/etc/shadow",
        "/srv/out",
        False,
        lambda patch: patch.setattr(channels, "data_moved", lambda *_: None),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_traces_with_and_without_the_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    story, source, target, truth, turn_off = CASES[rule]
    assert leads(tmp_path / "with", story(), source, target) is truth
    turn_off(monkeypatch)
    assert leads(tmp_path / "without", story(), source, target) is not truth
