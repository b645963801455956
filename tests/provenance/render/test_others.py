"""Stories of servers that many clients use: what they do for others is counted and not shown as the intruder's."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.script import O_CREAT, O_TRUNC, O_WRONLY, Actor, Script
from tests.provenance.render.test_story import OUTSIDE, PEER, harm, server, story_of

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


def test_what_a_server_ran_for_another_only_once_is_told(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    serves(shop, PEER, 40_000, 200, "wc", "/srv/own")
    serves(shop, VISITOR, 50_000, 300, "id")
    shop.accepts(3, 9, PEER, 40_001)
    harm(shop, 400)
    story = story_of(tmp_path, script, ALERT)
    assert "id" in story.split() and "other clients" not in story


def test_a_program_that_calls_another_host_is_told_whoever_came_in_before_it(tmp_path: Path) -> None:
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
    assert "other clients" not in story_of(tmp_path, script, ALERT)


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
