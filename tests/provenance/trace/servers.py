"""Logs of a server through which a peer came in, and the stories that traces of them give."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.script import O_CREAT, O_TRUNC, O_WRONLY, Actor, Script
from tests.provenance.intake.logs import write_log
from tests.provenance.recordings.recordings import ingested, run

PEER = "198.51.100.23"
OUTSIDE = ("203.0.113.9", 8443)
NEW = O_WRONLY | O_CREAT | O_TRUNC


def story_of(folder: Path, script: Script, command: str, *options: str) -> str:
    """The story of the program with this command line, each part of it on one line."""
    store = ingested(folder / "s.db", [write_log(folder / "s.log", script.text())])
    code, output = run("backtrack", "--store", store, "--command", command, "--wide", *options)
    assert code == 0
    return output.split("\n\nThe trace: ", 1)[0]


def server(script: Script, *ports: int) -> Actor:
    """A server that listens."""
    shop = script.process(100, comm="shopd", exe="/usr/sbin/shopd")
    shop.execs("/usr/sbin/shopd", "shopd")
    for number, port in enumerate(ports):
        shop.listens(3 + number, "0.0.0.0", port)
    return shop


def harm(shop: Actor, pid: int = 200) -> Actor:
    """A shell of the server's that calls outside."""
    shell = shop.forks(pid)
    shell.execs("/bin/bash", "bash", "/tmp/.x")
    shell.sockets(5)
    shell.connects(5, *OUTSIDE)
    return shell
