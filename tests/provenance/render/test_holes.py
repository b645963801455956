"""Ways in that a hole in the log makes possible: an accept or a pipe that no record shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.script import Actor, Script
from tests.provenance.render.test_planted import traced
from tests.provenance.render.test_story import OUTSIDE, PEER, harm, server, story_of

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


def test_a_long_hole_is_that_of_a_filter(tmp_path: Path) -> None:
    script = Script()
    shop = arrives(script)
    for _ in range(5):
        loses(script)
        shop.opens("/srv/page", fd=8)
        script.wait(5_000)
    loses(script)
    harm(shop)
    assert "unknown peer" not in story_of(tmp_path, script, ALERT)


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
    told = f"{FROM} was contacted by curl, which ran beside bash /tmp/.x while serials are missing from the log"
    assert (told in story) == bool(lost)


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
