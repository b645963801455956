"""Stories in which a server on the way reads a file that makes it run what the intruder wants: a web shell."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.script import Script
from tests.provenance.trace.servers import NEW, OUTSIDE, PEER, harm, server, story_of
from tests.provenance.trace.way_in.test_planted_files import traced

ALERT = "^bash /tmp/.x$"
SHELL = "/srv/up/s.php"
OTHER = "192.0.2.7"
READS = f"shopd → reads {SHELL}"
WRITES = f"shopd → writes {SHELL}"


def steps(story: str) -> list[str]:
    """The lines of a story's steps, without their times."""
    lines = story.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("Steps "))
    return [line.strip().partition("  ")[2] for line in lines[begin + 1 :] if line.startswith(" " * 11)]


def test_a_file_that_a_server_read_before_it_began_the_program_is_shown(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.opens("/srv/index.php", fd=8)
    shop.accepts(3, 9, PEER, 40_000)
    shop.opens("/etc/hosts", fd=9)
    shop.opens("/srv/index.php", fd=8)
    shop.opens(SHELL, fd=8)
    harm(shop)
    shop.opens("/srv/later.php", fd=8)
    story = story_of(tmp_path, script, ALERT)
    assert READS in story
    assert "index.php" not in story and "later.php" not in story and "/etc/hosts" not in story


def test_a_file_that_a_server_read_before_it_called_outside_itself_is_shown(tmp_path: Path) -> None:
    """A web shell need not start a program."""
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    shop.opens(SHELL, fd=8)
    shop.sockets(10)
    shop.connects(10, *OUTSIDE)
    shop.opens("/srv/later.php", fd=8)
    text, _ = traced(tmp_path, script)
    assert f"reads {SHELL}" in text and "later.php" not in text


def test_of_many_files_that_a_server_read_the_last_are_shown(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    for number in range(20):
        shop.opens(f"/srv/lib/{number}.php", fd=8)
    shop.opens(SHELL, fd=8)
    harm(shop)
    story = story_of(tmp_path, script, ALERT)
    assert f"shopd → reads /srv/lib/19.php, {SHELL}" in story
    assert "18.php" not in story


def test_the_peer_whose_file_the_server_runs_for_another_is_the_way_in(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    first, second = shop.forks(150), shop.forks(151)
    first.accepts(3, 9, OTHER, 50_000)
    first.opens(SHELL, NEW, fd=8, created=True)
    script.wait(600_000)
    second.accepts(3, 9, PEER, 40_000)
    second.opens(SHELL, fd=8)
    harm(second)
    story = story_of(tmp_path, script, ALERT)
    assert f"Way in     {OTHER}:50000" in story and f"{PEER} (external address) entered through shopd" in story
    shown = steps(story)
    assert shown[:4] == [
        f"{OTHER}:50000 enters through port 8080 of shopd (uid 0)",
        f"uid 0: {WRITES}",
        f"{PEER}:40000 enters through port 8080 of shopd (uid 0)",
        f"uid 0: {READS}",
    ]


def test_a_file_that_a_server_wrote_for_nobody_is_shown_without_its_writer(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.forks(150).opens("/srv/state", NEW, fd=8, created=True)
    second = shop.forks(151)
    second.accepts(3, 9, PEER, 40_000)
    second.opens("/srv/state", fd=8)
    harm(second)
    story = story_of(tmp_path, script, ALERT)
    assert "shopd → reads /srv/state" in story and "writes" not in story


def test_a_file_that_the_server_wrote_for_the_peer_and_reads_for_a_later_request_is_shown_both_times(
    tmp_path: Path,
) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    shop.opens("/srv/tmp/u1", NEW, fd=8, created=True)
    shop.opens("/srv/tmp/u1", fd=8)
    shop.renames("/srv/tmp/u1", SHELL)
    for number in (1, 2):
        script.wait(2_000)
        shop.accepts(3, 9, PEER, 40_000 + number)
        shop.opens(SHELL, fd=8)
        harm(shop, 200 + number)
    shown = steps(story_of(tmp_path, script, ALERT, "--all"))
    assert [line for line in shown if "shopd → " in line] == [
        "uid 0: shopd → writes /srv/tmp/u1",
        f"uid 0: {READS}",
        f"uid 0: {READS}",
    ]


def test_a_program_that_reads_a_file_under_its_later_name_is_shown_with_that_name(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    fetch = shop.forks(200)
    fetch.execs("/usr/bin/fetch", "fetch")
    fetch.opens("/srv/part", NEW, fd=8, created=True)
    fetch.renames("/srv/part", "/srv/archive.tar")
    shell = harm(shop, 201)
    shell.opens("/srv/archive.tar", fd=8)
    story = story_of(tmp_path, script, ALERT)
    assert "reads /srv/archive.tar" in story
    assert "Changed    /srv/part (later /srv/archive.tar)" in story


def test_a_file_that_the_server_wrote_for_an_inside_client_is_shown_with_that_client_and_its_doubt(
    tmp_path: Path,
) -> None:
    script = Script()
    shop = server(script, 8080)
    first, second = shop.forks(150), shop.forks(151)
    first.accepts(3, 9, "10.0.0.5", 50_000)
    first.opens(SHELL, NEW, fd=8, created=True)
    script.wait(600_000)
    second.accepts(3, 9, PEER, 40_000)
    second.opens(SHELL, fd=8)
    harm(second)
    story = story_of(tmp_path, script, ALERT)
    assert f"Way in     {PEER}:40000" in story
    shown = steps(story)
    assert shown[0].startswith("10.0.0.5:50000 enters through port 8080 of shopd (uid 0)")
    assert shown[1].startswith(f"uid 0: {WRITES}") and "may be another client's" in story
    assert shown[3] == f"uid 0: {READS}"
