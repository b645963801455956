"""Peers whose connections one process holds open at once: no record shows for whom it acts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.script import Script
from tests.provenance.trace.servers import PEER, harm, server, story_of

ALERT = "^bash /tmp/.x$"
SOCK_CLOEXEC = 0x80000
OTHER, PRIVATE = "192.0.2.7", "10.8.0.9"


@pytest.mark.parametrize("before", [300, 5_000])
def test_a_peer_that_was_connected_at_the_same_time_is_as_likely(tmp_path: Path, before: int) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    script.wait(before)
    shop.accepts(3, 10, OTHER, 50_000)
    harm(shop)
    story = story_of(tmp_path, script, ALERT)
    assert f"Way in     {OTHER}:50000" in story
    assert (
        f"Two candidates: {PEER} (external address) entered through shopd, {'5.0 s' if before > 999 else '308 ms'} before"
        in story
    )
    assert "and was connected at the same time" in story


@pytest.mark.parametrize("closed", [True, False])
def test_a_connection_that_stays_open_comes_before_one_that_was_closed(tmp_path: Path, closed: bool) -> None:
    """Visitors come and go while one stays connected, as with a web socket."""
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000, flags=SOCK_CLOEXEC)
    for number in range(3):
        shop.accepts(3, 10, f"192.0.2.{20 + number}", 50_000, flags=SOCK_CLOEXEC)
        if number < 2 or closed:
            shop.closes(10)
        script.wait(30_000)
    harm(shop)
    story = story_of(tmp_path, script, ALERT)
    first, second = (PEER, "192.0.2.22") if closed else ("192.0.2.22", PEER)
    assert f"Way in     {first}" in story
    assert f"Two candidates: {second} (external address) entered through shopd" in story


@pytest.mark.parametrize("how", ["closed", "closed by the next accept", "private", "later"])
def test_a_peer_that_was_not_connected_or_is_of_another_sort_is_no_candidate(tmp_path: Path, how: str) -> None:
    script = Script()
    shop = server(script, 8080)
    if how != "later":
        shop.accepts(3, 9, PRIVATE if how == "private" else PEER, 40_000)
        script.wait(5_000)
    if how == "closed":
        shop.closes(9)
    shop.accepts(3, 9 if how == "closed by the next accept" else 10, OTHER, 50_000)
    harm(shop)
    if how == "later":
        shop.accepts(3, 11, PEER, 40_000)
    story = story_of(tmp_path, script, ALERT)
    assert f"Way in     {OTHER}:50000" in story and "Two candidates" not in story


@pytest.mark.parametrize("first_called", [False, True])
def test_a_proxy_that_had_called_for_the_earlier_peer_calls_for_the_later_one(
    tmp_path: Path, first_called: bool
) -> None:
    script = Script()
    proxy, app = (script.process(pid, 99, name, f"/usr/sbin/{name}") for pid, name in ((100, "proxyd"), (200, "appd")))

    def calls(fd: int) -> None:
        proxy.sockets(fd)
        proxy.connects(fd, "127.0.0.1", 8080)
        app.accepts(3, fd, "127.0.0.1", 33_000 + fd)

    proxy.accepts(6, 9, PEER, 40_000)
    if first_called:
        calls(12)
    script.wait(2_000)
    proxy.accepts(6, 10, OTHER, 50_000)
    calls(13)
    harm(app)
    story = story_of(tmp_path, script, ALERT)
    assert f"Way in     {OTHER}:50000" in story
    assert ("and was connected at the same time" in story) != first_called
