"""Ways in through one AF_UNIX path to which several clients connect before any of them is accepted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.ingest.script import Actor, Script
from tests.provenance.trace.servers import PEER, harm, story_of

ALERT = "^bash /tmp/.x$"
OTHER = "192.0.2.7"
SOCKET = "/run/pool.sock"


def fronts(script: Script) -> tuple[Actor, Actor]:
    """Two processes of a web server that have both used the pool before."""
    one, other = (script.process(pid, 99, "shopd", "/usr/sbin/shopd") for pid in (100, 101))
    return one, other


def takes(worker: Actor) -> None:
    worker.call("accept", 3, 4096, 4096, exit=5, records=(("SOCKADDR", "saddr=0100"),))


def earlier_requests(script: Script, clients: tuple[Actor, Actor], worker: Actor) -> None:
    for number in range(4):
        clients[number % 2].accepts(3, 9, f"192.0.2.{50 + number}", 30_000 + number)
        clients[number % 2].connects_unix(7, SOCKET)
        takes(worker)
        script.wait(1_000)


def way_in(story: str) -> list[str]:
    lines = story.splitlines()
    return lines[next(number for number, line in enumerate(lines) if line.startswith("Way in")) :][:4]


def both_come_in(clients: Iterable[Actor]) -> None:
    """The intruder and then the other peer come in, and their requests wait in this order."""
    for client, ip, port in zip(clients, (PEER, OTHER), (40_000, 40_001), strict=True):
        client.accepts(3, 9, ip, port)
    for client in clients:
        client.connects_unix(7, SOCKET)


def two_clients(script: Script, before: int, after: int) -> None:
    """The intruder comes in before the other peer, and his request waits before the other's: so many of both are accepted before
    the harm, and so many after it."""
    clients, worker = fronts(script), script.process(300, 299, "pool", "/usr/sbin/pool")
    earlier_requests(script, clients, worker)
    both_come_in(clients)
    for _ in range(before):
        takes(worker)
    harm(worker)
    for _ in range(after):
        takes(worker)


def test_the_client_whose_turn_it_is_is_the_way_in(tmp_path: Path) -> None:
    """One process accepts in the order of the queue; the other peer came in later, so nearer to the harm."""
    script = Script()
    two_clients(script, before=1, after=1)
    shown = way_in(story_of(tmp_path, script, ALERT))
    assert shown[0].startswith(f"Way in     {PEER}:40000/tcp")
    assert shown[3].startswith("           or (rank ")


def test_a_client_whose_accept_no_record_shows_leaves_a_doubt(tmp_path: Path) -> None:
    script = Script()
    two_clients(script, before=1, after=0)
    shown = way_in(story_of(tmp_path, script, ALERT))
    assert shown[0].startswith(f"Way in     {PEER}:40000/tcp")
    assert shown[3].startswith(f"           Two candidates: {OTHER}")


def test_of_two_connections_that_a_process_holds_none_is_the_way_in_without_doubt(tmp_path: Path) -> None:
    script = Script()
    two_clients(script, before=2, after=0)
    shown = way_in(story_of(tmp_path, script, ALERT))
    assert shown[3].startswith("           Two candidates: ")


def test_two_workers_that_accept_at_once_leave_a_doubt(tmp_path: Path) -> None:
    script = Script()
    clients, worker = fronts(script), script.process(300, 299, "pool", "/usr/sbin/pool")
    earlier_requests(script, clients, worker)
    both_come_in(clients)
    takes(worker)
    takes(script.process(301, 299, "pool", "/usr/sbin/pool"))
    harm(worker)
    shown = way_in(story_of(tmp_path, script, ALERT))
    assert shown[0].startswith(f"Way in     {PEER}:40000/tcp")
    assert "local connection guessed, confidence 0.5" in shown[2]
    assert shown[3].startswith(f"           Two candidates: {OTHER}")


@pytest.mark.parametrize("after", [0, 1])
def test_the_turns_of_clients_of_a_loopback_port_are_those_of_the_queue(tmp_path: Path, after: int) -> None:
    """If the other accept is missing, the connection that was accepted may be the other client's."""
    script = Script()
    clients, java = fronts(script), script.process(300, 299, "java", "/usr/bin/java")

    def calls(client: Actor) -> None:
        client.sockets(7)
        client.connects(7, "127.0.0.1", 8080)

    for number in range(4):
        clients[number % 2].accepts(3, 9, f"192.0.2.{50 + number}", 30_000 + number)
        calls(clients[number % 2])
        java.accepts(3, 10, "127.0.0.1", 33_000 + number)
        script.wait(1_000)
    for client, ip, port in zip(clients, (PEER, OTHER), (40_000, 40_001), strict=True):
        client.accepts(3, 9, ip, port)
    for client in clients:
        calls(client)
    java.accepts(3, 10, "127.0.0.1", 33_100)
    harm(java)
    for _ in range(after):
        java.accepts(3, 11, "127.0.0.1", 33_101)
    shown = way_in(story_of(tmp_path, script, ALERT))
    assert shown[0].startswith(f"Way in     {PEER}:40000/tcp")
    assert shown[3].startswith("           or (rank " if after else f"           Two candidates: {OTHER}")
