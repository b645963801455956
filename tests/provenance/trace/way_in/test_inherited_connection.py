"""A worker's program that was begun with the worker's connection: its beginning is the effect of the visitor who caused it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.script import Script
from tests.provenance.trace.servers import PEER, harm, story_of

ALERT = "^bash /tmp/.x$"
SOCK_CLOEXEC = 0x80000


@pytest.mark.parametrize("flags", [0, SOCK_CLOEXEC])
def test_the_last_visitor_of_a_proxy_is_the_way_in_whether_the_worker_hands_its_socket_on(
    tmp_path: Path, flags: int
) -> None:
    script = Script()
    worker = script.process(700, comm="gunicorn", exe="/usr/bin/gunicorn")
    worker.listens(5, "127.0.0.1", 8000)
    proxy = script.process(600, comm="nginx", exe="/usr/sbin/nginx")
    proxy.listens(6, "0.0.0.0", 80)
    for number, visitor in enumerate(("192.0.2.7", "192.0.2.8", PEER)):
        proxy.accepts(6, 10, visitor, 40_000 + number, flags=SOCK_CLOEXEC)
        proxy.sockets(11)
        proxy.connects(11, "127.0.0.1", 8000)
        worker.accepts(5, 9, "127.0.0.1", 51_000 + number, flags=flags)
        script.wait(20)
        if visitor == PEER:
            harm(worker)
        worker.closes(9)
        proxy.closes(11)
        proxy.closes(10)
        script.wait(1_500)
    story = story_of(tmp_path, script, ALERT)
    assert f"Way in     {PEER}:40002" in story
    assert "Two candidates" not in story
