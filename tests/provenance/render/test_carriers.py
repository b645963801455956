"""Carriers: a program that only runs the command of another is not shown beside it if there is not room for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.script import Actor, Script
from tests.provenance.trace.programs.test_decisive import ALERT, entered
from tests.provenance.trace.servers import NEW, harm, story_of

SECRET = "/srv/home/.ssh/id_ed25519"


def becomes(actor: Actor, pid: int, uid: int, *argv: str) -> Actor:
    """A child that runs a program as another user."""
    child = actor.forks(pid)
    child.uid = uid
    child.execs(f"/usr/bin/{argv[0]}", *argv)
    return child


def told(tmp_path: Path, is_short: bool, *inner: str, reads: bool, effect: bool = False) -> str:
    """The story of user 33, who runs a command by sudo, find and a shell, as the only thing or beside much else."""
    script = Script()
    shop = entered(script)
    command = " ".join(inner)
    shell = becomes(shop, 200, 33, "sh", "-c", f"sudo -n find . -exec sh -c '{command}' \\; 2>&1")
    sudo = becomes(shell, 201, 33, "sudo", "-n", "find", ".", "-exec", "sh", "-c", command, ";")
    if effect:
        sudo.opens("/srv/effect", NEW, fd=8, created=True)
    find = becomes(sudo, 202, 0, "find", ".", "-exec", "sh", "-c", command, ";")
    last = becomes(find, 203, 0, *inner)
    if reads:
        last.opens(SECRET, fd=9)
    for number in range(40 if is_short else 0):
        copy = shop.forks(300 + number)
        copy.execs(f"/opt/t{number}", f"/opt/t{number}")
        copy.opens(f"/srv/x/{number}", NEW, fd=8, created=True)
    harm(shop, 400)
    return story_of(tmp_path, script, ALERT)


def test_where_there_is_room_every_program_is_shown(tmp_path: Path) -> None:
    story = told(tmp_path, False, "cat", SECRET, reads=True)
    for command in (
        "sh -c sudo -n find",
        "uid 33: sudo -n find . -exec sh",
        "uid 0: find . -exec",
        f"uid 0: cat {SECRET}",
    ):
        assert command in story


def test_a_change_of_rights_refers_to_what_it_ran(tmp_path: Path) -> None:
    """One of another account stays: it shows how the intruder got that account."""
    story = told(tmp_path, True, "cat", SECRET, reads=True)
    lines = [line.strip() for line in story.splitlines()]
    place = next(number for number, line in enumerate(lines) if "uid 33: sudo" in line)
    assert lines[place].endswith("uid 33: sudo -n find . -exec sh -c [the next step]")
    assert lines[place + 1].endswith(f"uid 0: cat {SECRET}")
    assert "sh -c sudo" not in story and "uid 0: find" not in story


def test_one_that_did_nothing_is_shown_by_the_change_of_rights_that_ran_it(tmp_path: Path) -> None:
    story = told(tmp_path, True, "ls", "/root", reads=False)
    assert "uid 33: sudo -n find . -exec sh -c ls /root ;" in story and "uid 0: ls /root" not in story


def test_one_that_did_something_itself_is_no_carrier(tmp_path: Path) -> None:
    assert "] → writes" not in (story := told(tmp_path, True, "cat", SECRET, reads=True, effect=True))
    assert "sudo -n find . -exec sh -c cat /srv/home/.ssh/id_ed25519 ; → writes /srv/effect" in story


@pytest.mark.parametrize("joint", [";", "&&", "|", ">"])
def test_a_shell_that_ran_another_command_too_is_no_carrier(tmp_path: Path, joint: str) -> None:
    script = Script()
    shop = entered(script)
    shell = becomes(shop, 200, 33, "sh", "-c", f"echo x {joint} sudo cat {SECRET}")
    becomes(becomes(shell, 201, 33, "sudo", "cat", SECRET), 202, 0, "cat", SECRET).opens(SECRET, fd=9)
    for number in range(40):
        copy = shop.forks(300 + number)
        copy.execs(f"/opt/t{number}", f"/opt/t{number}")
    harm(shop, 400)
    assert f"echo x {joint} sudo" in story_of(tmp_path, script, ALERT)
