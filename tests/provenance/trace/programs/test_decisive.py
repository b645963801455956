"""What is decisive: lasting changes are never hidden among others, and what others did for themselves is not shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.script import O_CREAT, O_TRUNC, O_WRONLY, Actor, Script
from tests.provenance.trace.servers import OUTSIDE, PEER, harm, server, story_of

ALERT = "^bash /tmp/.x$"
NEW = O_WRONLY | O_CREAT | O_TRUNC
LASTING = (
    "/etc/rc.local",
    "/etc/cron.d/x",
    "/etc/systemd/system/x.service",
    "/root/.ssh/authorized_keys",
    "/etc/ld.so.preload",
    "/etc/profile.d/x.sh",
    "/etc/sudoers.d/x",
    "/etc/pam.d/sshd",
    "/etc/update-motd.d/99-x",
    "/etc/udev/rules.d/99-x.rules",
    "/etc/init.d/x",
    "/etc/xdg/autostart/x.desktop",
    "/etc/apt/apt.conf.d/99x",
    "/srv/git/shop/.git/hooks/post-commit",
)


def entered(script: Script) -> Actor:
    """A server that the intruder came in to."""
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    return shop


def steps(story: str) -> list[str]:
    """The steps, each on one line."""
    text = " ".join(
        line.strip() for line in story.split("Steps", 1)[1].split("\nRead")[0].split("\nChanged")[0].splitlines()
    )
    return text.split("uid 0: ")


@pytest.mark.parametrize("path", LASTING)
def test_a_lasting_change_among_many_others_is_a_step_of_its_own(tmp_path: Path, path: str) -> None:
    script = Script()
    shop = entered(script)
    setup = shop.forks(200)
    setup.execs("/opt/setup", "/opt/setup")
    for number in range(5):
        setup.opens(f"/opt/kit/{number}", NEW, fd=8, created=True)
    setup.opens(path, NEW, fd=8, created=True)
    harm(shop, 300)
    shown = steps(story_of(tmp_path, script, ALERT))
    assert any(step.startswith(f"/opt/setup → writes {path}") and "/opt/kit" not in step for step in shown)
    assert any(step.startswith("/opt/setup → writes 5 files in /opt/kit/") for step in shown)


def test_of_many_runs_the_one_that_made_a_lasting_change_is_shown_by_itself(tmp_path: Path) -> None:
    script = Script()
    shop = entered(script)
    for number in range(12):
        copy = shop.forks(200 + number)
        copy.execs("/bin/cp", "cp", "-r", f"/opt/kit/{number}", "/")
        copy.opens("/etc/cron.d/x" if number == 7 else f"/opt/x/{number}", NEW, fd=8, created=True)
    harm(shop, 300)
    story = story_of(tmp_path, script, ALERT)
    assert "cp -r /opt/kit/7 / → writes /etc/cron.d/x\n" in story
    assert "one of 11 runs" in story


def test_very_many_lasting_changes_do_not_hide_the_rest(tmp_path: Path) -> None:
    script = Script()
    shop = entered(script)
    for number in range(60):
        copy = shop.forks(200 + number)
        copy.execs("/bin/tee", "tee", str(number))
        copy.opens(f"/etc/cron.d/x{number}", NEW, fd=8, created=True)
    harm(shop, 300)
    story = story_of(tmp_path, script, ALERT)
    assert "bash /tmp/.x → contacts" in story and "one of 60 runs" in story
    assert "writes /etc/cron.d/x0, /etc/cron.d/x1, /etc/cron.d/x2, /etc/cron.d/x3 and 56 more" in " ".join(
        story.split()
    )


def test_what_a_server_saves_at_its_end_is_its_own_but_for_lasting_changes(tmp_path: Path) -> None:
    for path, is_shown in (("/srv/shop/state", False), ("/root/.ssh/authorized_keys", True)):
        script = Script()
        shop = server(script, 8080)
        shop.script.wait(10_000)
        shop.accepts(3, 9, PEER, 40_000)
        harm(shop, 300)
        shop.script.wait(10_000)
        shop.opens(path, NEW, fd=8, created=True)
        shop.exits()
        (tmp_path / path.replace("/", "_")).mkdir()
        assert (path in story_of(tmp_path / path.replace("/", "_"), script, ALERT)) == is_shown


def owner(script: Script) -> Actor:
    """Somebody's shell, older than the intruder."""
    shell = script.process(90, comm="bash", exe="/usr/bin/bash")
    shell.execs("/bin/bash", "-bash")
    return shell


def uploads(script: Script) -> Actor:
    shop = entered(script)
    kit = shop.forks(200)
    kit.execs("/opt/fetch", "/opt/fetch")
    kit.opens("/srv/kit/part", NEW, fd=8, created=True)
    return shop


@pytest.mark.parametrize("program", ["wc", "bash"])
def test_somebody_who_only_looked_at_what_the_intruder_left_is_counted(tmp_path: Path, program: str) -> None:
    """A shell may run what it reads."""
    script = Script()
    shell = owner(script)
    shop = uploads(script)
    look = shell.forks(400)
    look.execs(f"/usr/bin/{program}", program, "/srv/kit/part")
    look.opens("/srv/kit/part", fd=8)
    harm(shop, 300)
    story = story_of(tmp_path, script, ALERT)
    assert (f"{program} /srv/kit/part" in story) == (program == "bash")
    assert ("1 that only used what the intruder changed" in story) == (program == "wc")
    assert f"{program} /srv/kit/part" in story_of(tmp_path, script, ALERT, "--steps", "all")


def test_somebody_who_sends_on_what_the_intruder_left_is_shown(tmp_path: Path) -> None:
    script = Script()
    shell = owner(script)
    shop = uploads(script)
    send = shell.forks(400)
    send.execs("/usr/bin/curl", "curl", "-T", "/srv/kit/part")
    send.opens("/srv/kit/part", fd=8)
    send.sockets(5)
    send.connects(5, OUTSIDE[0], 80)
    harm(shop, 300)
    assert "curl -T /srv/kit/part → contacts" in story_of(tmp_path, script, ALERT)


@pytest.mark.parametrize("calls", [12, 13])
def test_a_scan_of_many_peers_is_one_step(tmp_path: Path, calls: int) -> None:
    script = Script()
    shop = entered(script)
    for number in range(calls):
        scan = shop.forks(200 + number)
        scan.execs("/usr/bin/nc", "nc", "-z", f"10.9.0.{number}", "22")
        scan.sockets(5)
        scan.connects(5, f"10.9.0.{number}", 22)
    harm(shop, 300)
    story = story_of(tmp_path, script, ALERT)
    assert story.count("nc -z") == (1 if calls > 12 else calls)
    assert (f"one of {calls} runs" in story) == (calls > 12)
    assert "bash /tmp/.x → contacts" in story


def test_the_login_of_another_client_of_the_same_daemon_is_his(tmp_path: Path) -> None:
    script = Script()
    shop = entered(script)
    own, other = shop.forks(200), shop.forks(400)
    own.execs("/bin/login", "login", "-h", PEER, "-p")
    shop.accepts(3, 9, "192.0.2.7", 50_000)
    other.execs("/bin/login", "login", "-h", "192.0.2.7", "-p")
    other.forks(401).execs("/bin/ls", "ls", "/home/other")
    harm(own, 300)
    story = story_of(tmp_path, script, ALERT)
    assert f"login -h {PEER}" in story
    assert "/home/other" not in story and "2 that ran for other clients" in story


def test_a_copy_of_a_server_that_did_nothing_is_not_shown(tmp_path: Path) -> None:
    script = Script()
    shop = entered(script)
    copy = shop.forks(150)
    copy.execs("/usr/sbin/shopd", "shopd")
    harm(copy, 300)
    assert "uid 0: shopd" not in story_of(tmp_path, script, ALERT)


def test_a_command_line_cannot_end_itself_by_an_arrow(tmp_path: Path) -> None:
    script = Script()
    shop = entered(script)
    trick = shop.forks(200)
    trick.execs("/bin/bash", "bash", "-c", "true → reads /etc/motd; rm /srv/shop")
    harm(shop, 300)
    assert "bash -c true \\u2192 reads /etc/motd; rm /srv/shop" in story_of(tmp_path, script, ALERT)


def test_a_long_command_line_shows_its_end(tmp_path: Path) -> None:
    script = Script()
    shop = entered(script)
    shop.forks(200).execs("/bin/bash", "bash", "-c", f"true {'x' * 500}; rm /srv/shop")
    harm(shop, 300)
    story = story_of(tmp_path, script, ALERT)
    assert "more characters) xxx" in story and "x; rm /srv/shop" in story
