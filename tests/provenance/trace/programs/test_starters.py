"""Who started a program to which a file leads: no program of the story did."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.script import Script
from tests.provenance.trace.servers import NEW, OUTSIDE, PEER, server, story_of

RUN = "/srv/run.sh"


@pytest.mark.parametrize("starter", ["rotated", "cron"])
def test_a_step_names_the_program_that_started_a_changed_script(tmp_path: Path, starter: str) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    shop.opens(RUN, NEW, fd=8, created=True)
    script.wait(60_000)
    daemon = script.process(300, 1, "cron", "/usr/sbin/cron")
    daemon.execs("/usr/sbin/cron", "cron", "-f")
    parent = daemon
    if starter != "cron":
        parent = daemon.forks(301)
        parent.execs(f"/usr/sbin/{starter}", starter)
    shell = parent.forks(310)
    shell.execs("/bin/sh", "sh", "-c", RUN)
    run = shell.forks(311)
    run.execs("/bin/bash", "bash", RUN, paths=(RUN,))
    run.opens(RUN, fd=3)
    child = run.forks(312)
    child.execs("/usr/bin/nc", "nc", "x")
    child.opens(RUN, fd=3)
    child.sockets(5)
    child.connects(5, *OUTSIDE)
    story = story_of(tmp_path, script, "^nc x$")
    assert f"bash {RUN} (started by {starter})" in story
    assert "nc x (started by" not in story
