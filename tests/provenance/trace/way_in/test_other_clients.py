"""Stories of servers that many clients use: what they do for others is counted, and not shown as what the intruder did."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.script import O_CREAT, O_TRUNC, O_WRONLY, Actor, Script
from tests.provenance.intake.logs import write_log
from tests.provenance.recordings.recordings import ingested, run
from tests.provenance.trace.servers import OUTSIDE, PEER, harm, server, story_of

VISITOR = "192.0.2.7"
ALERT = "^bash /tmp/.x$"


def serves(shop: Actor, ip: str, port: int, pid: int, *argv: str) -> Actor:
    """A connection, and the program that the server runs for it at once; then a pause."""
    shop.accepts(3, 9, ip, port)
    child = shop.forks(pid)
    child.execs(f"/usr/bin/{argv[0]}", *argv)
    shop.script.wait(2_000)
    return child


def test_what_a_server_ran_at_once_for_others_and_again_and_again_is_counted(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    serves(shop, PEER, 40_000, 200, "wc", "/srv/own")
    for number in range(3):
        serves(shop, VISITOR, 50_000 + number, 300 + number, "wc", f"/srv/visitor{number}")
    shop.accepts(3, 9, PEER, 40_001)
    harm(shop, 400)
    story = story_of(tmp_path, script, ALERT)
    assert "wc /srv/own" in story
    assert "/srv/visitor" not in story
    assert "left out: 3 that ran for other clients" in story
    assert "wc /srv/visitor1" in story_of(tmp_path, script, ALERT, "--steps", "all")


def test_what_a_server_ran_for_another_only_once_is_shown(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    serves(shop, PEER, 40_000, 200, "wc", "/srv/own")
    serves(shop, VISITOR, 50_000, 300, "id")
    shop.accepts(3, 9, PEER, 40_001)
    harm(shop, 400)
    story = story_of(tmp_path, script, ALERT)
    assert "id" in story.split() and "other clients" not in story


def test_a_program_that_calls_another_host_is_shown_whoever_came_in_before_it(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    serves(shop, PEER, 40_000, 200, "wc", "/srv/own")
    for number in range(2):
        caller = serves(shop, VISITOR, 50_000 + number, 300 + number, "curl", f"http://{OUTSIDE[0]}/{number}")
        caller.sockets(5)
        caller.connects(5, OUTSIDE[0], 80)
    shop.accepts(3, 9, PEER, 40_001)
    harm(shop, 400)
    assert "curl http://203.0.113.9/1" in story_of(tmp_path, script, ALERT)


def test_what_began_soon_after_the_intruder_came_in_may_be_his(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    serves(shop, PEER, 40_000, 200, "wc", "/srv/own")
    for number in range(3):
        shop.accepts(3, 9, PEER, 41_000 + number)
        serves(shop, VISITOR, 50_000 + number, 300 + number, "wc", f"/srv/visitor{number}")
    shop.accepts(3, 9, PEER, 40_001)
    harm(shop, 400)
    story = story_of(tmp_path, script, ALERT)
    assert "other clients" not in story
    assert story.count("may be another client's") == 3 and "wc /srv/own\n" in story


def test_a_copy_that_took_anothers_connection_works_for_him(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    note = script.process(90, comm="noted", exe="/usr/sbin/noted")
    note.execs("/usr/sbin/noted", "noted")
    own = shop.forks(200)
    own.accepts(3, 9, PEER, 40_000)
    own.opens("/srv/notes", O_WRONLY | O_CREAT | O_TRUNC, fd=6, created=True)
    harm(own, 250)
    other = shop.forks(201)
    other.accepts(3, 9, VISITOR, 50_000)
    other.opens("/srv/notes", fd=6)
    lister = other.forks(260)
    lister.execs("/usr/bin/ls", "ls", "/srv/visitor")
    story = story_of(tmp_path, script, ALERT)
    assert "ls /srv/visitor" not in story and "other clients" in story


def test_another_client_of_a_server_on_the_path_only_used_what_he_changed(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    store = script.process(101, comm="stored", exe="/usr/sbin/stored")
    store.execs("/usr/sbin/stored", "stored")
    store.listens(3, "127.0.0.1", 6379)
    shop.accepts(3, 9, PEER, 40_000)
    shop.sockets(10)
    shop.connects(10, "127.0.0.1", 6379)
    store.accepts(3, 9, "127.0.0.1", 33_000)
    harm(store, 200)
    reader = script.process(500, comm="bash", exe="/bin/bash").forks(501)
    reader.execs("/usr/bin/store-cli", "store-cli", "size")
    reader.sockets(4)
    reader.connects(4, "127.0.0.1", 6379)
    store.accepts(3, 10, "127.0.0.1", 33_001)
    assert "store-cli size" not in story_of(tmp_path, script, ALERT)


def test_a_forward_story_leaves_out_what_the_server_ran_for_others(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    serves(shop, PEER, 40_000, 200, "wc", "/srv/own")
    shop.accepts(3, 9, PEER, 40_001)
    shop.pipes(10, 11)
    shell = harm(shop, 400)
    shell.writes(11)
    shop.reads(10)
    script.wait(2_000)
    for number in range(3):
        serves(shop, VISITOR, 50_000 + number, 300 + number, "wc", f"/srv/visitor{number}")
    store = ingested(tmp_path / "f.db", [write_log(tmp_path / "f.log", script.text())])
    code, story = run("forward", "--store", store, "--command", ALERT, "--wide")
    assert code == 0
    story = story.split("\n\nThe trace: ", 1)[0]
    assert "bash /tmp/.x" in story and "/srv/visitor" not in story and "shopd" not in story
    assert "left out: 3 that ran for other clients" in story
    _, every = run("forward", "--store", store, "--command", ALERT, "--wide", "--steps", "all")
    assert "wc /srv/visitor1" in every.split("\n\nThe trace: ", 1)[0]


def test_what_was_uploaded_is_shown_before_what_the_intruder_only_ran(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    shop.renames("/tmp/upload1", "/srv/www/x.php")
    script.wait(2_000)
    shop.accepts(3, 9, PEER, 40_001)
    for number in range(4):
        shop.forks(300 + number).execs(f"/usr/bin/tool{number}", f"tool{number}", "-a")
    harm(shop, 400)
    cleaner = shop.forks(500)
    cleaner.execs("/usr/bin/rm", "rm", "/srv/www/x.php")
    cleaner.unlinks("/srv/www/x.php")
    story = story_of(tmp_path, script, ALERT, "--steps", "5")
    assert "shopd → renames /tmp/upload1 to /srv/www/x.php" in story and "tool1" not in story


def test_a_job_of_a_table_that_uses_nothing_of_the_intruders_may_be_from_before(tmp_path: Path) -> None:
    script = Script()
    cron = script.process(90, comm="cron", exe="/usr/sbin/cron")
    cron.execs("/usr/sbin/cron", "cron")
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    planter = shop.forks(200)
    planter.execs("/bin/bash", "bash", "-c", "plant")
    planter.creates("/srv/.r", 5)
    planter.creates("/etc/cron.d/refresh", 6)
    script.wait(2_000)
    cron.opens("/etc/cron.d/refresh", fd=5)
    report = cron.forks(300)
    report.execs("/usr/bin/grep", "grep", "item", "/srv/prices")
    job = cron.forks(301)
    job.execs("/bin/bash", "bash", "/srv/.r")
    job.opens("/srv/.r", fd=7)
    own = job.forks(302)
    own.execs("/bin/bash", "bash", "/tmp/.x")
    own.sockets(5)
    own.connects(5, *OUTSIDE)
    story = story_of(tmp_path, script, ALERT)
    assert "grep item /srv/prices (may be a job from before)" in story
    assert story.count("may be a job from before") == 1


def test_a_program_that_calls_another_host_is_shown_before_one_that_calls_its_own(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    for pid, name, ip in ((300, "local", "127.0.0.1"), (301, "caller", OUTSIDE[0])):
        child = shop.forks(pid)
        child.execs(f"/usr/bin/{name}", name, "-a")
        child.sockets(5)
        child.connects(5, ip, 5432)
    harm(shop, 400)
    cleaner = shop.forks(500)
    cleaner.execs("/usr/bin/rm", "rm", "/srv/x")
    cleaner.unlinks("/srv/x")
    story = story_of(tmp_path, script, ALERT, "--steps", "4")
    assert "caller -a" in story and "local -a" not in story
