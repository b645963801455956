"""Entry candidates (docs/semantics.md#way-in): their order."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from provenance.ingest.clock import LAST, at_ms
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store import open_store
from provenance.store.interface import Direction
from provenance.trace.limits.address_owners import AddressOwners
from provenance.trace.result import Entry
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.walk import walk
from provenance.trace.way_in.entries import entries
from tests.ingest.script import Script
from tests.provenance.trace.graphs import flow
from tests.provenance.trace.servers import harm, story_of

OUTSIDE, OTHER, INSIDE = "198.51.100.23", "203.0.113.9", "10.0.0.7"
INIT, SERVER, SHELL, TOOL, SESSION, FILE = 1, 2, 3, 4, 5, 31
PEER, SECOND, THIRD = 11, 12, 13


def ranked(
    folder: Path,
    flows: list[Flow],
    peers: Mapping[int, str],
    recorded: tuple[str, ...] = (),
    until: int = LAST,
    child_of_server: bool = True,
    more: tuple[int, ...] = (),
    file_from: int = 0,
    same: int = 0,
) -> list[Entry]:
    """The entries of the backward slice from SHELL. `init` began before the log and began the server."""
    line = [flow(FlowKind.SPAWNED, INIT, SERVER, at_ms(10)), flow(FlowKind.SPAWNED, SERVER, SHELL, at_ms(5_000))]
    line = line if child_of_server else line[:1]
    entities = [
        _node(id, EntityKind.PROCESS, {"pid": id, "command": f"p{same if id == TOOL and same else id}"})
        for id in (INIT, SERVER, SHELL, TOOL, *more)
    ]
    entities.append(Entity(FILE, EntityKind.FILE, "web01", at_ms(file_from), {"path": "/var/log/last"}))
    entities += [
        _node(id, EntityKind.ENDPOINT, {"ip": ip, "port": 40_000 + id, "protocol": "tcp"}) for id, ip in peers.items()
    ]
    entities.append(_node(SESSION, EntityKind.SESSION, {"auid": 1000, "ses": 3, "address": OUTSIDE}))
    folder.mkdir(exist_ok=True)
    with closing(open_store(str(folder / "e.db"))) as store:
        with store.writer() as writer:
            writer.apply(Batch("web01", entities, flows=line + flows))
        return list(
            entries(walk(store, Direction.BACKWARD, {SHELL: until}, None, DEFAULT), AddressOwners({"known": recorded}))
        )


def _node(id: int, kind: EntityKind, attributes: dict[str, Any]) -> Entity:
    return Entity(id, kind, "web01", 1, attributes)


def accepted(peer: int, ms: int) -> Flow:
    return flow(FlowKind.ACCEPTED, peer, SERVER, at_ms(ms), at_ms(ms + 500))


def test_outside_comes_before_inside(tmp_path: Path) -> None:
    found = ranked(tmp_path, [accepted(PEER, 4_000), accepted(SECOND, 4_900)], {PEER: OUTSIDE, SECOND: INSIDE})
    assert [entry.node for entry in found[:2]] == [PEER, SECOND]
    assert "external" in found[0].reason and "private" in found[1].reason


def test_a_recorded_host_comes_last_of_the_peers(tmp_path: Path) -> None:
    peers = {PEER: OUTSIDE, SECOND: INSIDE, THIRD: "10.0.0.8"}
    found = ranked(tmp_path, [accepted(peer, 4_900) for peer in peers], peers, ("10.0.0.8",))
    assert [entry.node for entry in found[:3]] == [PEER, SECOND, THIRD]
    assert "a recorded host" in found[2].reason


def test_accepted_peers_rank_before_contacted_ones(tmp_path: Path) -> None:
    contacts = [
        flow(FlowKind.CONNECTED, SERVER, SECOND, at_ms(4_990), at_ms(5_000)),
        flow(FlowKind.RECEIVED, SECOND, SERVER, at_ms(4_990), at_ms(5_000)),
    ]
    found = ranked(tmp_path, [accepted(PEER, 3_000), *contacts], {PEER: OUTSIDE, SECOND: OTHER})
    assert [entry.node for entry in found[:2]] == [PEER, SECOND]
    assert "entered through" in found[0].reason and "was contacted by" in found[1].reason


def test_the_nearest_accept_is_the_entry(tmp_path: Path) -> None:
    found = ranked(
        tmp_path,
        [accepted(PEER, 1_000), accepted(SECOND, 4_950), accepted(THIRD, 3_000)],
        {PEER: OUTSIDE, SECOND: OTHER, THIRD: "203.0.113.77"},
    )
    assert [entry.node for entry in found[:3]] == [SECOND, THIRD, PEER]
    assert "50 ms before its first effect" in found[0].reason


def test_concurrent_children_of_a_server_do_not_count(tmp_path: Path) -> None:
    tool = flow(FlowKind.SPAWNED, SERVER, TOOL, at_ms(2_012))
    written = flow(FlowKind.WROTE, TOOL, SHELL, at_ms(2_020), at_ms(6_000))
    flows = [accepted(PEER, 2_000), accepted(SECOND, 4_998), tool, written]
    found = ranked(tmp_path, flows, {PEER: OUTSIDE, SECOND: OUTSIDE})
    assert "3.0 s before its first effect" in found[1].reason and "2 ms before" in found[0].reason
    assert [entry.node for entry in found[:2]] == [SECOND, PEER]


def test_later_events_are_no_candidates(tmp_path: Path) -> None:
    found = ranked(tmp_path, [accepted(PEER, 4_000), accepted(SECOND, 5_001)], {PEER: OUTSIDE, SECOND: OTHER})
    assert SECOND not in [entry.node for entry in found]


def test_a_login_session_has_an_origin(tmp_path: Path) -> None:
    found = ranked(tmp_path, [flow(FlowKind.LOGGED_IN, SESSION, SHELL, at_ms(5_001))], {})
    assert found[0].node == SESSION and OUTSIDE in found[0].reason


def test_loopback_is_no_way_in(tmp_path: Path) -> None:
    found = ranked(tmp_path, [accepted(PEER, 4_990)], {PEER: "127.0.0.1"})
    assert PEER not in [entry.node for entry in found]


def test_a_process_older_than_the_log_is_the_last_resort(tmp_path: Path) -> None:
    (only,) = ranked(tmp_path, [], {})
    assert only.node == INIT and only.edge is None and "came in to p2, or started it" in only.reason


def test_an_old_process_ranks_after_every_peer(tmp_path: Path) -> None:
    found = ranked(tmp_path, [accepted(PEER, 20)], {PEER: INSIDE}, (INSIDE,))
    assert [entry.node for entry in found] == [PEER, INIT]
    assert [entry.rank for entry in found] == [1, 2]


def test_the_contacted_peer_of_the_alert_is_no_cause(tmp_path: Path) -> None:
    """What came earlier, be it only a login or a process older than the log, is likelier; who came in at that moment may well
    be."""
    session = flow(FlowKind.LOGGED_IN, SESSION, SERVER, at_ms(20))
    received = flow(FlowKind.RECEIVED, PEER, SHELL, at_ms(6_000), at_ms(7_000))
    found = ranked(tmp_path / "a", [session, received], {PEER: OUTSIDE}, until=at_ms(6_000))
    assert [entry.node for entry in found] == [SESSION, INIT, PEER]
    came = flow(FlowKind.ACCEPTED, PEER, SHELL, at_ms(6_000))
    found = ranked(tmp_path / "b", [session, received, came], {PEER: OUTSIDE}, until=at_ms(6_000))
    assert found[0].node == PEER


def test_a_contacted_peer_from_which_the_trace_starts_is_no_cause_of_its_last_contact(tmp_path: Path) -> None:
    """An alert names the address that a shell called: that it was called is what there is to explain. What a program fetched
    from the same address before may explain it."""
    nodes = [_node(id, EntityKind.PROCESS, {"pid": id, "command": f"p{id}"}) for id in (INIT, SERVER, SHELL)]
    nodes.append(_node(PEER, EntityKind.ENDPOINT, {"ip": OUTSIDE, "port": 443, "protocol": "tcp"}))
    line = [flow(FlowKind.SPAWNED, INIT, SERVER, at_ms(10)), flow(FlowKind.SPAWNED, SERVER, SHELL, at_ms(5_000))]
    calls = [
        flow(kind, *ends, at_ms(6_000), at_ms(7_000))
        for kind, ends in ((FlowKind.CONNECTED, (SHELL, PEER)), (FlowKind.RECEIVED, (PEER, SHELL)))
    ]
    fetches = [
        flow(kind, *ends, at_ms(4_000), at_ms(4_500))
        for kind, ends in ((FlowKind.CONNECTED, (SERVER, PEER)), (FlowKind.RECEIVED, (PEER, SERVER)))
    ]
    for name, flows, first in (("called", calls, INIT), ("fetched", [*fetches, *calls], PEER)):
        with closing(open_store(str(tmp_path / f"{name}.db"))) as store:
            with store.writer() as writer:
                writer.apply(Batch("web01", nodes, flows=line + flows))
            found = entries(walk(store, Direction.BACKWARD, {PEER: LAST}, None, DEFAULT))
        assert found[0].node == first, name


def test_of_those_who_entered_the_start_the_last_before_its_time_is_the_way_in(tmp_path: Path) -> None:
    """An alert about a server's process: nothing on the way shows what each peer's arrival led to, but its time does."""
    flows = [flow(FlowKind.ACCEPTED, peer, SHELL, at_ms(ms)) for peer, ms in ((SECOND, 5_100), (PEER, 8_900))]
    flows.append(flow(FlowKind.ACCEPTED, THIRD, SHELL, at_ms(6_000)))
    peers = {PEER: OUTSIDE, SECOND: OTHER, THIRD: "192.0.2.7"}
    assert [one.node for one in ranked(tmp_path, flows, peers, until=at_ms(9_000))[:3]] == [PEER, THIRD, SECOND]


def test_the_accepted_peer_of_the_alert_is_the_way_in(tmp_path: Path) -> None:
    flows = [
        accepted(PEER, 4_000),
        flow(FlowKind.ACCEPTED, SECOND, SHELL, at_ms(5_500)),
        flow(FlowKind.ACCEPTED, THIRD, SHELL, at_ms(5_400)),
    ]
    peers = {PEER: OUTSIDE, SECOND: INSIDE, THIRD: OTHER}
    assert ranked(tmp_path / "requested", flows, peers, until=at_ms(5_500))[0].node == SECOND
    assert ranked(tmp_path / "later", flows, peers)[0].node == PEER


def test_a_process_without_events_is_not_called_old(tmp_path: Path) -> None:
    parent = Entity(TOOL, EntityKind.PROCESS, "web01", at_ms(5_000), {"pid": TOOL, "observed_only": True})
    shell = Entity(SHELL, EntityKind.PROCESS, "web01", at_ms(5_000), {"pid": SHELL})
    with closing(open_store(str(tmp_path / "e.db"))) as store:
        with store.writer() as writer:
            writer.apply(Batch("web01", [parent, shell], flows=[flow(FlowKind.SPAWNED, TOOL, SHELL, at_ms(5_000))]))
        (only,) = entries(walk(store, Direction.BACKWARD, {SHELL: LAST}, None, DEFAULT))
    assert "no records of its own" in only.reason and "before the log" not in only.reason


def test_a_later_process_is_not_older_than_the_log(tmp_path: Path) -> None:
    shell = Entity(SHELL, EntityKind.PROCESS, "web01", at_ms(5_000), {"pid": SHELL})
    with closing(open_store(str(tmp_path / "e.db"))) as store:
        with store.writer() as writer:
            writer.apply(Batch("web01", [shell], flows=[flow(FlowKind.SPAWNED, INIT, SHELL, at_ms(5_000))]))
        assert not entries(walk(store, Direction.BACKWARD, {SHELL: at_ms(4_999)}, None, DEFAULT))


@pytest.mark.parametrize(
    ("protocol", "port", "is_candidate"),
    [
        ("udp", 53, False),
        ("udp", 123, False),
        ("ip", 53, False),
        ("udp", 443, True),
        ("tcp", 53, True),
        ("udp", 530, True),
    ],
)
def test_a_resolver_or_time_server_is_no_way_in(tmp_path: Path, protocol: str, port: int, is_candidate: bool) -> None:
    """Every program asks one. A program that was sent datagrams from such a port without asking is another matter."""
    peer = {"ip": OUTSIDE, "port": port, "protocol": protocol}
    shell = _node(SHELL, EntityKind.PROCESS, {"pid": SHELL, "command": "sh"})
    for name, kind in (("requested", FlowKind.RECEIVED), ("unrequested", FlowKind.ACCEPTED)):
        with closing(open_store(str(tmp_path / f"{name}.db"))) as store:
            with store.writer() as writer:
                flows = [flow(kind, PEER, SHELL, at_ms(4_000), at_ms(4_500))]
                writer.apply(Batch("web01", [shell, _node(PEER, EntityKind.ENDPOINT, peer)], flows=flows))
            found = entries(walk(store, Direction.BACKWARD, {SHELL: LAST}, None, DEFAULT))
        assert (PEER in {entry.node for entry in found}) == (is_candidate or name == "unrequested")


POOL, POOLED, BACKEND = 6, 14, 7


def test_a_request_explains_later_queries_of_a_pooled_connection(tmp_path: Path) -> None:
    """Each request starts a program of its own, whose query goes over one connection that was open before all of them."""
    flows = [
        *_query(PEER, 21, 1_000),
        *_query(SECOND, 22, 4_900),
        *_query(THIRD, 23, 3_000),
        flow(FlowKind.PIPED, 21, POOL, at_ms(1_020), at_ms(4_990)),
        flow(FlowKind.PIPED, 22, POOL, at_ms(4_920), at_ms(4_990)),
        flow(FlowKind.PIPED, 23, POOL, at_ms(3_020), at_ms(4_990)),
        flow(FlowKind.SENT, POOL, POOLED, at_ms(500), at_ms(9_000)),
        flow(FlowKind.RECEIVED, POOLED, BACKEND, at_ms(500), at_ms(9_000)),
        flow(FlowKind.SPAWNED, BACKEND, SHELL, at_ms(5_000)),
    ]
    peers = {PEER: OUTSIDE, SECOND: OTHER, THIRD: "203.0.113.77", POOLED: "127.0.0.1"}
    found = ranked(tmp_path, flows, peers, child_of_server=False, more=(POOL, BACKEND, 21, 22, 23))
    assert [entry.node for entry in found[:3]] == [SECOND, THIRD, PEER]
    assert "100 ms before its first effect" in found[0].reason


def _query(peer: int, program: int, ms: int) -> list[Flow]:
    return [accepted(peer, ms), flow(FlowKind.SPAWNED, SERVER, program, at_ms(ms + 10))]


@pytest.mark.parametrize(("first", "gap"), [(100, "1.0 s"), (4_050, "50 ms")], ids=["older file", "new file"])
def test_a_daemons_own_records_explain_nothing(tmp_path: Path, first: int, gap: str) -> None:
    """A daemon's process for one connection adds to a file that the next one reads. A new file carries what came in."""
    flows = [
        accepted(PEER, 4_000)._replace(target=TOOL),
        flow(FlowKind.SPAWNED, INIT, TOOL, at_ms(20)),
        flow(FlowKind.WROTE, TOOL, FILE, at_ms(4_050), at_ms(4_060)),
        flow(FlowKind.READ, FILE, SERVER, at_ms(4_500), at_ms(4_600)),
    ]
    found = ranked(tmp_path, flows, {PEER: OUTSIDE}, file_from=first, same=SERVER)
    assert found[0].node == PEER and f"{gap} before its first effect" in found[0].reason


def test_a_daemon_that_nobody_is_recorded_to_have_come_in_to_is_named(tmp_path: Path) -> None:
    """Its parent is the system, which is nobody's way in."""
    script = Script()
    shop = script.process(100, ppid=1, comm="shopd", exe="/usr/sbin/shopd")
    shop.creates("/srv/x")
    harm(shop)
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert "no record shows who came in to shopd, or started it: its parent is the system (pid 1)" in story
    assert "pid 1 has no records" not in story
