"""Ledgers of logins: what one login wrote there is not what the next one reads."""

from __future__ import annotations

import pytest

from tests.ingest.script import O_RDWR, Script

LASTLOG, SSHD = "/var/log/lastlog", "/usr/sbin/sshd"


def flows(path: str = LASTLOG, exe: str = SSHD, uid: int = 0, owner: int = 0) -> set[str]:
    """Two logins that each open a file to read it, and again to read and write it."""
    script = Script()
    for pid in (100, 200):
        program = script.process(pid, comm="login", exe=exe, uid=uid)
        program.opens(path, fd=5)
        program.opens(path, O_RDWR, fd=6)
    for event in script.events:
        event[:] = [line.replace("ouid=0", f"ouid={owner}") for line in event]
    return script.facts().flows


def test_a_login_does_not_read_what_another_wrote() -> None:
    assert flows() == {f"login:{pid} -WROTE-> {LASTLOG}" for pid in (100, 200)}


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/var/log/other"},
        {"exe": "/usr/bin/last"},
        {"exe": "/tmp/sshd"},
        {"uid": 1000},
        {"owner": 1000},
    ],
    ids=lambda other: "-".join(map(str, other.values())),
)
def test_any_other_reader_or_file_carries_data(other: dict[str, str | int]) -> None:
    """A name alone hides nothing: only root can make a program and a file look like these."""
    path = other.get("path", LASTLOG)
    assert f"{path} -READ-> login:200" in flows(**other)  # type: ignore[arg-type]
