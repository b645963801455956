"""Stories in which the peer of the way in comes again after the alert, and the arrivals that are shown one by one."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.script import Script
from tests.provenance.trace.servers import PEER, harm, server, story_of

ALERT = "^bash /tmp/.x$"


def test_what_the_peer_did_by_a_later_connection_is_shown(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    first = shop.forks(200)
    first.accepts(3, 9, PEER, 40_000)
    harm(first, 250).exits()
    script.wait(5_000)
    again = shop.forks(201)
    again.accepts(3, 9, PEER, 40_001)
    wiper = again.forks(260)
    wiper.execs("/usr/bin/shred", "shred", "/var/log/shop.log")
    story = story_of(tmp_path, script, ALERT)
    assert f"{PEER}:40001 enters through port 8080 of shopd" in story
    assert "shred /var/log/shop.log" in story


def test_a_later_connection_of_the_peer_to_another_program_is_none_of_this_way_in(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    other = script.process(110, comm="maild", exe="/usr/sbin/maild")
    other.execs("/usr/sbin/maild", "maild")
    other.listens(3, "0.0.0.0", 25)
    shop.accepts(3, 9, PEER, 40_000)
    harm(shop, 200)
    other.accepts(3, 9, PEER, 40_002)
    assert "40002" not in story_of(tmp_path, script, ALERT)


def test_of_many_arrivals_the_first_the_last_and_the_way_in_are_shown(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    for number in range(4):
        shop.accepts(3, 9, PEER, 40_000 + number)
        script.wait(1_000)
    shop.accepts(3, 9, PEER, 40_004)
    harm(shop, 200)
    for number in range(5, 8):
        script.wait(1_000)
        shop.accepts(3, 9, PEER, 40_000 + number)
    story = story_of(tmp_path, script, ALERT)
    arrivals = [line.split(f"{PEER}:")[1] for line in story.splitlines() if " enters " in line]
    assert [line[:5] for line in arrivals] == ["40000", "40001", "40004", "40005", "40007"]
    assert "(3 times until" in arrivals[1] and "(2 times until" in arrivals[3]
