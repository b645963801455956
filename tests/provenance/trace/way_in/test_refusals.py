"""Logins that a server refused to a peer before it let him in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.ingest.script import UNSET, Script
from tests.provenance.trace.servers import PEER
from tests.provenance.trace.way_in.test_planted_files import calls_out, login, traced

SSHD = "/usr/sbin/sshd"


def refuses(script: Script, pid: int, account: str, address: str, types: Sequence[str] = ("USER_AUTH",)) -> None:
    for type in types:
        how = (
            f'op=PAM:authentication grantors=? acct="{account}" exe="{SSHD}" hostname={address} addr={address} '
            "terminal=ssh res=failed"
        )
        script.message(type, f"pid={pid} uid=0 auid={UNSET} ses={UNSET} msg='{how}'")
    script.wait(1_000)


def test_refused_logins_of_the_peer_are_one_step_before_he_came_in(tmp_path: Path) -> None:
    script = Script()
    for number in range(5):
        refuses(script, 100 + number, "root", PEER, ("USER_AUTH", "USER_LOGIN"))
    refuses(script, 110, "kim", "192.0.2.9")
    for number, account in enumerate(("admin", "lee", "kim")):
        refuses(script, 120 + number, account, PEER)
    calls_out(login(script, 400, 14, 1000, PEER).child(420))
    text, _ = traced(tmp_path, script)
    (line,) = [line for line in text.splitlines() if "refuses" in line]
    assert f"sshd refuses 8 logins of root, admin and 2 other accounts from {PEER} (until 22:13:2" in line
    lines = text.splitlines()
    assert lines.index(line) + 1 == next(
        n for n, line in enumerate(lines) if n > 5 and "session 14" in line and PEER in line
    )


@pytest.mark.parametrize("case", ["another peer", "after he came in", "long before"])
def test_other_refusals_are_not_shown(tmp_path: Path, case: str) -> None:
    script = Script()
    if case != "after he came in":
        refuses(script, 100, "root", "192.0.2.9" if case == "another peer" else PEER)
    if case == "long before":
        script.wait(100_000_000)
    shell = login(script, 400, 14, 1000, PEER)
    if case == "after he came in":
        refuses(script, 100, "root", PEER)
    calls_out(shell.child(420))
    text, _ = traced(tmp_path, script)
    assert f"Way in     {PEER}," in text and "refuses" not in text
