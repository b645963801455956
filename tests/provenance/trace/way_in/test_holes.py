"""Ways in that a hole in the log makes possible: an accept or a pipe that no record shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.script import Actor, Script
from tests.provenance.trace.servers import OUTSIDE, PEER, harm, server, story_of
from tests.provenance.trace.way_in.test_planted_files import traced

ALERT = "^bash /tmp/.x$"
FROM = "203.0.113.55"


def loses(script: Script, events: int = 1) -> None:
    """Events that happen and that the log lacks."""
    script.serial += events


def arrives(script: Script) -> Actor:
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    script.wait(1_000)
    return shop


def test_an_unknown_peer_may_have_come_in_within_a_hole(tmp_path: Path) -> None:
    script = Script()
    shop = arrives(script)
    loses(script)
    harm(shop)
    story = story_of(tmp_path, script, ALERT)
    assert f"Way in     {PEER}:40000/tcp" in story
    assert (
        "Two candidates: an unknown peer may have entered shopd: serials are missing from the log until 0 ms" in story
    )


@pytest.mark.parametrize("when", ["none", "before the arrival", "after the harm"])
def test_a_hole_elsewhere_is_no_way_in(tmp_path: Path, when: str) -> None:
    script = Script()
    shop = server(script, 8080)
    if when == "before the arrival":
        loses(script)
    shop.accepts(3, 9, PEER, 40_000)
    shell = shop.forks(200)
    if when == "after the harm":
        loses(script)
    shell.execs("/bin/bash", "bash", "/tmp/.x")
    shell.sockets(5)
    shell.connects(5, *OUTSIDE)
    assert "unknown peer" not in story_of(tmp_path, script, ALERT)


@pytest.mark.parametrize("seconds", [30, 5_000])
def test_a_hole_of_any_length_may_hide_a_peer(tmp_path: Path, seconds: int) -> None:
    script = Script()
    shop = arrives(script)
    loses(script)
    script.wait(seconds * 1_000)
    harm(shop)
    assert "Two candidates: an unknown peer may have entered shopd" in story_of(tmp_path, script, ALERT)


def test_a_log_that_a_filter_made_may_lack_a_peer(tmp_path: Path) -> None:
    script = Script()
    shop = arrives(script)
    for _ in range(5):
        loses(script)
        shop.opens("/srv/page", fd=8)
        script.wait(5_000)
    harm(shop)
    assert "Two candidates: an unknown peer may have entered shopd" in story_of(tmp_path, script, ALERT)


@pytest.mark.parametrize("adjacent", [True, False])
def test_a_filter_hides_no_peer_between_adjacent_records(tmp_path: Path, adjacent: bool) -> None:
    script = Script()
    shop = server(script, 8080)
    for _ in range(5):
        loses(script)
        shop.opens("/srv/page", fd=8)
    shop.accepts(3, 9, PEER, 40_000)
    if not adjacent:
        shop.opens("/srv/page", fd=8)
    shell = shop.forks(200)
    loses(script)
    shell.execs("/bin/bash", "bash", "/tmp/.x")
    shell.sockets(5)
    shell.connects(5, *OUTSIDE)
    assert ("unknown peer" in story_of(tmp_path, script, ALERT)) != adjacent


def test_a_hole_before_a_proxy_called_may_hide_a_peer(tmp_path: Path) -> None:
    script = Script()
    proxy, app = (script.process(pid, 99, name, f"/usr/sbin/{name}") for pid, name in ((100, "proxyd"), (200, "appd")))
    proxy.accepts(6, 9, PEER, 40_000)
    loses(script)
    proxy.sockets(12)
    proxy.connects(12, "127.0.0.1", 8080)
    app.accepts(3, 7, "127.0.0.1", 33_000)
    harm(app, 300)
    assert "Two candidates: an unknown peer may have entered proxyd" in story_of(tmp_path, script, ALERT)


@pytest.mark.parametrize("lost", [0, 2])
def test_what_ran_beside_a_program_may_have_fed_it_through_a_pipe_in_a_hole(tmp_path: Path, lost: int) -> None:
    """Without a hole, a pipe would have been recorded."""
    script = Script()
    shell = arrives(script).forks(200)
    shell.execs("/bin/bash", "bash")
    loses(script, lost)
    fetch, run = shell.forks(201), shell.forks(202)
    fetch.execs("/usr/bin/curl", "curl", "-s", FROM)
    run.execs("/bin/bash", "bash", "/tmp/.x")
    fetch.sockets(5)
    fetch.connects(5, FROM, 80)
    run.sockets(5)
    run.connects(5, *OUTSIDE)
    story = story_of(tmp_path, script, ALERT)
    shown = f"{FROM} was contacted by curl, which ran beside bash /tmp/.x while serials are missing from the log"
    assert (shown in story) == bool(lost)


def test_a_process_whose_begin_is_in_a_hole_says_so(tmp_path: Path) -> None:
    script = Script()
    arrives(script)
    loses(script, 3)
    shell = script.process(200, 150, "bash", "/bin/bash")
    shell.execs("/bin/bash", "bash", "/tmp/.x")
    shell.sockets(5)
    shell.connects(5, *OUTSIDE)
    text, _ = traced(tmp_path, script)
    assert "what started it; serials are missing from the log just before" in text


@pytest.mark.parametrize("accepts", [True, False])
def test_a_log_without_accepts_hides_who_came_in_to_a_service_that_calls_outside(tmp_path: Path, accepts: bool) -> None:
    script = Script()
    shop = script.process(100, 99, "shopd", "/usr/sbin/shopd")
    if accepts:
        script.process(90, 1, "otherd", "/usr/sbin/otherd").accepts(3, 9, PEER, 40_000)
    shop.sockets(9)
    shop.connects(9, FROM, 21_000)
    harm(shop)
    story = story_of(tmp_path, script, ALERT)
    assert f"Way in     {FROM}:21000" in story
    assert ("Two candidates: an unknown peer may have entered shopd: no accepted connection" in story) != accepts


def test_the_peer_of_the_alert_is_no_second_candidate(tmp_path: Path) -> None:
    script = Script()
    script.process(90, 1, "otherd", "/usr/sbin/otherd").accepts(3, 9, PEER, 40_000)
    harm(script.process(100, 99, "shopd", "/usr/sbin/shopd"))
    text, _ = traced(tmp_path, script)
    assert f"{OUTSIDE[0]} (external address)" not in text
