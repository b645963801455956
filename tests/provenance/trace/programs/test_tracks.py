"""Tracks: who changes a log by hand is told, who writes one as always is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ingest.script import O_WRONLY, Actor, Script
from tests.provenance.trace.programs.test_decisive import ALERT, entered, steps
from tests.provenance.trace.servers import NEW, harm, story_of

_BY_HAND: dict[str, Callable[[Actor], object]] = {
    "truncate -s 0 /var/log/auth.log → writes": lambda tool: tool.opens("/var/log/auth.log", O_WRONLY, fd=8),
    "rm -rf /var/log/audit → deletes /var/log/audit/audit.log": lambda tool: tool.unlinks("/var/log/audit/audit.log"),
    "rm -f wtmp → deletes": lambda tool: tool.unlinks("/var/log/wtmp"),
    "bash /srv/.clean → writes /var/log/syslog": lambda tool: tool.opens("/var/log/syslog", NEW, fd=8),
    "bash /srv/.clean → deletes /root/.bash_history": lambda tool: tool.unlinks("/root/.bash_history"),
}


@pytest.mark.parametrize("step", _BY_HAND)
def test_a_log_that_was_changed_by_hand_is_told_among_much_else(tmp_path: Path, step: str) -> None:
    """Most programs use such files, so that other changes of them are routine."""
    script = Script()
    shop = entered(script)
    busy(shop)
    command = step.split(" → ")[0]
    tool = shop.forks(250)
    tool.execs(f"/usr/bin/{command.split(' ')[0]}", *command.split(" "))
    _BY_HAND[step](tool)
    busy(shop, 300)
    harm(shop, 400)
    shown = next(one for one in steps(story_of(tmp_path, script, ALERT)) if one.startswith(command))
    _, *named = step.split(" → ")[1].split(" ")
    assert all(name in shown for name in named)


def busy(shop: Actor, pid: int = 200) -> None:
    """Much that the intruder runs, and that changes files."""
    for number in range(30):
        copy = shop.forks(pid + number)
        copy.execs(f"/opt/t{number}", f"/opt/t{number}", "-x" * 30)
        copy.opens(f"/srv/x/{pid}{number}", NEW, fd=8, created=True)


@pytest.mark.parametrize(
    ("program", "path"),
    [("/usr/sbin/logrotate /etc/logrotate.conf", "/var/log/syslog"), ("/bin/bash", "/root/.bash_history")],
)
def test_who_writes_a_log_as_always_changes_none_by_hand(tmp_path: Path, program: str, path: str) -> None:
    script = Script()
    shop = entered(script)
    tool = shop.forks(200)
    tool.execs(program.split(" ")[0], *program.split(" "))
    tool.opens(path, O_WRONLY, fd=8)
    harm(shop, 400)
    assert f"writes {path}" not in story_of(tmp_path, script, ALERT, "--steps", "all")


def test_a_file_that_was_run_is_named_before_others_that_were_written(tmp_path: Path) -> None:
    script = Script()
    shop = entered(script)
    kit = shop.forks(200)
    kit.execs("/opt/kit", "/opt/kit")
    for path in ("/srv/a/1", "/srv/b/2", "/srv/c/3", "/tmp/.x", "/srv/d/4"):
        kit.opens(path, NEW, fd=8, created=True)
    shell = harm(shop, 300)
    shell.opens("/tmp/.x", fd=9)
    assert "/opt/kit → writes /tmp/.x, /srv/a/1 and 3 more" in story_of(tmp_path, script, ALERT)
