"""Ties between two alerts: which entities tie them and which do not, each on a small graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.incidents.hubs import CHILDREN, READERS
from provenance.incidents.links import MOST
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from tests.provenance.incidents.worlds import World, ties

INTRUDER, VISITOR = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def world() -> World:
    return World()


def shell(world: World, parent: int, second: float) -> int:
    """A program that is started by a fork and an execve."""
    copy = world.process(parent, second)
    image = world.process()
    world.flow(FlowKind.EXECUTED, copy, image, second + 0.01)
    return image


def test_cause_and_effect_belong_together(world: World, tmp_path: Path) -> None:
    init = world.process()
    script = shell(world, init, 1)
    download = shell(world, script, 2)
    dropped = world.file()
    world.flow(FlowKind.WROTE, download, dropped, 3)
    runs = shell(world, init, 10)
    world.flow(FlowKind.LOADED, dropped, runs, 11)
    store = world.store(tmp_path)
    assert ties(store, download, 3) & ties(store, runs, 12)
    assert ties(store, dropped, 4) & ties(store, script, 2)


def test_effects_of_one_cause_belong_together(world: World, tmp_path: Path) -> None:
    script = shell(world, world.process(), 1)
    one, other = shell(world, script, 2), shell(world, script, 50)
    store = world.store(tmp_path)
    assert ties(store, one, 3) & ties(store, other, 51)


def test_a_later_cause_is_no_tie(world: World, tmp_path: Path) -> None:
    init, file = world.process(), world.file()
    early, late = shell(world, init, 1), shell(world, init, 20)
    world.flow(FlowKind.READ, file, early, 2)
    world.flow(FlowKind.WROTE, late, file, 21)
    store = world.store(tmp_path)
    assert not ties(store, early, 3) & ties(store, late, 22)


def test_a_process_older_than_the_log_is_not_a_common_cause(world: World, tmp_path: Path) -> None:
    init = world.process()
    one, other = shell(world, init, 1), shell(world, init, 1.001)
    store = world.store(tmp_path)
    assert not ties(store, one, 2) & ties(store, other, 2)
    assert ties(store, init, 2) == set()


def test_requests_of_the_same_peer_are_tied_and_those_of_another_are_not(world: World, tmp_path: Path) -> None:
    service = shell(world, world.process(), 0.1)
    ran = []
    for number, ip in enumerate((INTRUDER, VISITOR, INTRUDER)):
        world.accepted(service, ip, 10 * number + 1)
        ran.append(shell(world, service, 10 * number + 1.2))
    store = world.store(tmp_path)
    first, second, third = (ties(store, node, 100) for node in ran)
    assert first & third
    assert not first & second
    assert not second & third


def test_an_action_long_after_a_request_is_not_tied_to_it(world: World, tmp_path: Path) -> None:
    service = shell(world, world.process(), 0.1)
    world.accepted(service, VISITOR, 1)
    world.accepted(service, INTRUDER, 2)
    requested, later = shell(world, service, 2.5), shell(world, service, 500)
    store = world.store(tmp_path)
    assert not ties(store, requested, 3) & ties(store, later, 501)


def test_a_pipe_to_a_service_counts_at_the_time_of_its_opening(world: World, tmp_path: Path) -> None:
    service, pipe = shell(world, world.process(), 0.1), world.entity(EntityKind.PIPE, type="pipe")
    world.accepted(service, INTRUDER, 1)
    world.flow(FlowKind.PIPED, service, pipe, 1.1, 60)
    ran = shell(world, service, 1.2)
    world.flow(FlowKind.PIPED, pipe, ran, 1.2, 60)
    world.accepted(service, VISITOR, 30)
    other = shell(world, service, 30.1)
    store = world.store(tmp_path)
    assert not ties(store, ran, 50) & ties(store, other, 50)


def test_sessions_of_a_login_service_are_not_tied(world: World, tmp_path: Path) -> None:
    service = shell(world, world.process(), 0.1)
    one, other = world.process(service, 1, ses=7), world.process(service, 2, ses=8)
    store = world.store(tmp_path)
    assert not ties(store, one, 3) & ties(store, other, 3)


def test_a_loop_is_not_a_common_cause_but_its_own_cause_is(world: World, tmp_path: Path) -> None:
    service = shell(world, world.process(), 0.1)
    world.accepted(service, VISITOR, 1)
    world.accepted(service, INTRUDER, 2)
    loop = shell(world, shell(world, service, 2.1), 3)
    calm = shell(world, world.process(), 3)
    swept = [world.process(loop, 4 + number) for number in range(CHILDREN + 1)]
    counted = [world.process(calm, 4 + number) for number in range(CHILDREN + 1)]
    store = world.store(tmp_path)
    assert ties(store, swept[0], 5) & ties(store, swept[40], 50)
    assert all("<" in tie for tie in ties(store, swept[0], 5) & ties(store, swept[40], 50))
    assert not ties(store, counted[0], 5) & ties(store, counted[40], 50)


@pytest.mark.parametrize(("readers", "tied"), [(READERS - 1, True), (READERS + 5, False)])
def test_a_file_ties_its_writer_to_few_readers_but_not_to_many(
    world: World, tmp_path: Path, readers: int, tied: bool
) -> None:
    init, file = world.process(), world.file()
    writer = shell(world, init, 1)
    world.flow(FlowKind.WROTE, writer, file, 2)
    reading = [shell(world, init, 3 + number) for number in range(readers)]
    for number, process in enumerate(reading):
        world.flow(FlowKind.READ, file, process, 4 + number)
    store = world.store(tmp_path)
    assert bool(ties(store, writer, 2) & ties(store, reading[0], 99)) is tied
    assert ties(store, file, 3) & ties(store, writer, 2), "an alert on the file itself is about who wrote it"


def test_a_ledger_does_not_tie_its_writers(world: World, tmp_path: Path) -> None:
    init, ledger = world.process(), world.file()
    one, other = shell(world, init, 1), shell(world, init, 20)
    for second, process in ((2, one), (21, other)):
        world.flow(FlowKind.READ, ledger, process, second)
        world.flow(FlowKind.WROTE, process, ledger, second)
    store = world.store(tmp_path)
    assert not ties(store, one, 30) & ties(store, other, 30)
    assert ties(store, ledger, 22) == ties(store, other, 22), "an alert on the ledger itself is about who wrote last"


def test_a_library_without_a_recorded_writer_is_no_tie(world: World, tmp_path: Path) -> None:
    init, library = world.process(), world.file()
    one, other = shell(world, init, 1), shell(world, init, 2)
    for process in (one, other):
        world.flow(FlowKind.READ, library, process, 3)
    store = world.store(tmp_path)
    assert not ties(store, one, 9) & ties(store, other, 9)
    assert ties(store, library, 9) == set()


def test_a_peer_outside_the_recorded_hosts_is_no_tie(world: World, tmp_path: Path) -> None:
    init, resolver = world.process(), world.peer("192.0.2.53")
    one, other = shell(world, init, 1), shell(world, init, 2)
    for second, process in enumerate((one, other), 3):
        world.flow(FlowKind.CONNECTED, process, resolver, second)
        world.flow(FlowKind.RECEIVED, resolver, process, second, second + 50)
    store = world.store(tmp_path)
    assert not ties(store, one, 40) & ties(store, other, 40)
    assert ties(store, resolver, 3.5) & ties(store, one, 3), "an alert on the peer is about who called it"


def test_an_incident_covers_the_next_host(world: World, tmp_path: Path) -> None:
    front = shell(world, world.process(), 0.1)
    world.accepted(front, VISITOR, 1)
    world.accepted(front, INTRUDER, 2)
    client = shell(world, front, 2.1)
    server = world.peer("10.0.0.2", "a", 22)
    world.flow(FlowKind.CONNECTED, client, server, 3)
    door = world.process(host="b")
    client_end = world.peer("10.0.0.1", "b", 50000)
    world.flow(FlowKind.REACHED, server, client_end, 3, 60, skew=1000)
    world.flow(FlowKind.ACCEPTED, client_end, door, 4)
    other = world.peer("10.0.0.9", "b", 50000)
    world.flow(FlowKind.ACCEPTED, other, door, 20)
    session, unrelated = world.process(door, 4.1, "b", 5), world.process(door, 20.1, "b", 6)
    store = world.store(tmp_path)
    assert ties(store, session, 5) & ties(store, client, 3)
    assert not ties(store, unrelated, 21) & ties(store, client, 3)
    assert not ties(store, unrelated, 21) & ties(store, session, 5)


def test_of_very_many_causes_the_nearest_are_used(world: World, tmp_path: Path) -> None:
    init = world.process()
    chain: list[int] = []
    for number in range(MOST + 50):
        process = shell(world, init, number)
        if chain:
            file = world.file()
            world.flow(FlowKind.WROTE, chain[-1], file, number + 0.2)
            world.flow(FlowKind.READ, file, process, number + 0.3)
        chain.append(process)
    store = world.store(tmp_path)
    found = ties(store, chain[-1], 1000)
    assert len(found) == MOST
    assert len(found & ties(store, chain[-2], 999)) == MOST - 1
    assert not found & ties(store, chain[0], 999)
