"""States for tests: those of recorded logs, and one with objects of every kind."""

from __future__ import annotations

import lzma
from dataclasses import replace
from functools import cache

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from provenance.ingest.pyauparse import Parser
from provenance.ingest.state.objects import FileNode
from tests.conftest import ROOT
from tests.ingest.script import CHARACTER, O_RDWR, O_WRONLY, Script

RECORDINGS = ROOT / "tests" / "recordings"


def state_of(lines: bytes, host: str = "web01") -> Deriver:
    """A deriver that has read lines."""
    parser, deriver = Parser(host), Deriver(host)
    for event in [*parser.feed(lines), *parser.close()]:
        deriver.push(event)
    deriver.take()
    return deriver


@cache
def recorded(name: str, host: str) -> bytes:
    """The checkpoint in the middle of a recording."""
    lines = lzma.decompress((RECORDINGS / name / f"{host}.log.xz").read_bytes())
    return checkpoint.save(state_of(lines[: lines.index(b"\n", len(lines) // 2) + 1], host), b"held\n")


def everything() -> Deriver:
    """A state with something in every table: pseudo-terminals, sockets with peers and without, what a child may take, a fork
    whose child is not known yet, arguments, a session and who began it, sudo, a file without inode, bytes that are no text."""
    script = Script()
    sh = script.process(100, comm="sh", auid=1000, ses=4)
    sh.execs("/bin/sh", "sh", "-c", "x")
    sh.opens("/tmp/\udcff", O_WRONLY, fd=3)
    sh.opens("/dev/ptmx", O_RDWR, fd=6, mode=CHARACTER, rdev="05:02")
    sh.opens("/dev/pts/0", O_RDWR, fd=7, mode=CHARACTER, rdev="88:00")
    sh.opens("/dev/ptmx", O_RDWR, fd=8, mode=CHARACTER, rdev="05:02")
    sh.sockets(9, type=2)
    sh.sends_to(9, "198.51.100.2", 53)
    sh.opens("/b", fd=4)
    sh.reads(4)
    sh.closes(4)
    sh.forks(200)
    sh.forks(201).closes(3)
    server = script.process(300, comm="server")
    server.accepts(3, 4, "198.51.100.1", 40000)
    child = server.forks(301)
    child.dups(4, 5)
    child.closes(4)
    server.closes(4)
    replace(server, uid=33).opens("/as/www-data")
    script.process(500).call("clone", 0x10000, exit=501)
    script.serial += 3
    script.process(400).exits()
    service = script.process(500, comm="sshd")
    service.opens("/d")
    service.accepts(5, 6, "198.51.100.3", 40001)
    script.message("DAEMON_START", "op=start ver=3.0.9 auid=4294967295 pid=90 uid=0 ses=4294967295 res=success")
    script.message("LOGIN", "pid=500 uid=0 old-auid=4294967295 auid=1000 old-ses=4294967295 ses=5 res=1")
    shell = replace(service.forks(502), uid=1000, auid=1000, ses=5)
    shell.execs("/bin/sh", "sh", "-c", "id")
    script.message("USER_START", 'pid=500 uid=0 auid=1000 ses=5 msg=\'acct="kim" exe="/usr/sbin/sshd" res=success\'')
    script.message("USER_CMD", "pid=501 uid=0 auid=1000 ses=5 msg='cmd=78 exe=\"/usr/bin/sudo\" res=success'")
    deriver = Deriver("web\udcff01")
    for event in script.parsed():
        deriver.push(event)
    deriver.add_corrupt("audit.log", 1, b"no record")
    node = FileNode(5, "", -1, 1)
    node.paths, node.owner = {"/without/inode": [1, 2]}, 10**30
    deriver.host.paths["/without/inode"] = node
    deriver.host.blind("tested", 1, 2)
    deriver.host.session(1000, 4)
    deriver.host.daemon_ended = -(10**30)
    deriver.take()
    return deriver
