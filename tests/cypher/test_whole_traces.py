"""Traces in Cypher alone equal those of the tracer: on every recording, and on generated histories of two hosts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from provenance.ingest.clock import FIRST, LAST, at_ms
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Selector
from provenance.store.neo4j import Neo4jStore
from provenance.trace.result import Trace
from provenance.trace.slice.anchor import Anchor, Selection, anchors
from provenance.trace.trace import merged, trace
from tests.cypher.cases import Case, case_on, printed
from tests.cypher.conftest import Recorded
from tests.provenance.recordings.recordings import Recording, discovered
from tests.provenance.store.neo4j.servers import LINES, running
from tests.provenance.trace.plain import exact

WITHIN = [kind for kind in FlowKind if kind is not FlowKind.REACHED]
DATAGRAMS = (2, 3, 101, 102)
"""Peers that are reached by datagrams."""
HOSTS = {id: host for host, ids in (("a", range(1, 30)), ("b", range(101, 130))) for id in ids}


@pytest.fixture(scope="module", params=discovered(), ids=lambda recording: recording.name)
def recording(request: pytest.FixtureRequest) -> Recording:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="module", params=LINES)
def case(request: pytest.FixtureRequest, recorded: Recorded, recording: Recording) -> Case:
    return recorded(request.param, recording)


def alert(recording: Recording) -> dict[str, Any]:
    """The alert of the recording's truth, in terms of a selection."""
    truth = recording.truth["alert"]
    ip, _, port = truth["remote"].rpartition(":")
    at = round(truth["time"] * 1000) if "time" in truth else None
    return {"host": truth["host"], "command": truth["process"], "ip": ip, "port": int(port), "at": at}


def anchored(case: Case, truth: Mapping[str, Any]) -> Anchor:
    selector = Selector(None, truth["host"], truth["command"], remote_ip=truth["ip"], remote_port=truth["port"])
    return anchors(case.store, Selection(selector, at=truth["at"]), Direction.BACKWARD)[0]


def forward_anchors(case: Case, recording: Recording) -> list[Anchor]:
    truth = recording.truth["forward_from"]
    at = round(truth["since"] * 1000) if "since" in truth else None
    return anchors(case.store, Selection(Selector(None, truth["host"], truth["process"]), at=at), Direction.FORWARD)


def assert_same(rows: list[dict[str, Any]], found: Trace) -> None:
    """Assert that a statement returned the entities, bounds and flows of the tracer."""
    assert {row["entity"]["key"]: row["bound"] for row in rows} == found.slice.bounds
    keys = {row["entity"].element_id: row["entity"]["key"] for row in rows}
    runs = {run.element_id: run for row in rows for run in row["runs"]}
    ends = {(run.type, keys[run.start_node.element_id], keys[run.end_node.element_id]) for run in runs.values()}
    assert ends == {(edge.kind.name, edge.source, edge.target) for edge in found.slice.edges}
    assert sum(run["times"] for run in runs.values()) == sum(edge.times for edge in found.slice.edges)
    assert not any(row["unfinished"] for row in rows)


def test_backward_from_the_alert(case: Case, recording: Recording) -> None:
    anchor = anchored(case, alert(recording))
    found = trace(case.store, Direction.BACKWARD, [anchor])
    rows = case.ask("trace/whole_backward", start=printed(case.store, dict(anchor.start)))
    assert_same(rows, found)
    possible = [row["entity"] for row in rows if row["way_in"] in ("came in", "was contacted")]
    assert recording.truth["entry"]["remote"] in [peer.get("ip") for peer in possible] or recording.fails("entry")
    ways = {peer["key"] for peer in possible}
    nodes = found.slice.nodes
    ends = {entry.node for entry in found.entries if nodes[entry.node].kind is EntityKind.ENDPOINT}
    assert ends <= ways
    assert ends == ways or len(found.entries) == 50, "the tracer names the best fifty"
    assert [row["way_in"] is None for row in rows] == sorted(row["way_in"] is None for row in rows)


def test_forward_from_the_way_in(case: Case, recording: Recording) -> None:
    start = forward_anchors(case, recording)
    found = trace(case.store, Direction.FORWARD, start)
    rows = case.ask("trace/whole_forward", start=printed(case.store, merged(start, Direction.FORWARD)))
    assert_same(rows, found)
    moves = {host for row in rows for host in row["moves_to"]}
    assert moves | {start[0].node.host} == {host.host for host in found.hosts}
    assert set(recording.truth.get("hosts_reached", ())) <= moves | {start[0].node.host} or recording.fails("hosts")


def test_an_alert_has_the_anchor_of_the_tracer(case: Case, recording: Recording) -> None:
    truth = alert(recording)
    command = f".*{truth['command'].removeprefix('^').removesuffix('$')}.*"
    time = None if truth["at"] is None else datetime.fromtimestamp(truth["at"] / 1000, UTC).isoformat()
    first, *_ = case.ask("trace/alert", command=command, time=time, ip=truth["ip"], port=truth["port"])
    anchor = anchored(case, truth)
    assert [{"id": first["id"], "bound": first["bound"]}] == printed(case.store, dict(anchor.start))
    assert first["pid"] == anchor.node.attributes["pid"]


def history(seed: int) -> Iterator[Flow]:
    """Flows within two hosts, and connections between them, whose clocks are ten milliseconds apart."""
    pick = random.Random(seed)
    for number in range(150):
        first, last = sorted(at_ms(1_000 + pick.randrange(60)) + number for _ in range(2))
        if number % 10:
            ids = [id for id, host in HOSTS.items() if host == pick.choice("ab")]
            yield Flow(pick.choice(WITHIN), pick.choice(ids), pick.choice(ids), first, last, 1, b"")
        else:
            ends, skew = pick.choice((((5, 105), 10), ((105, 5), -10), ((6, 106), 10), ((106, 6), -10)))
            yield Flow(FlowKind.REACHED, *ends, first, last, 1, b"", False, {"skew": skew, "confidence": 0.5})


def described(id: int) -> Entity:
    if id in DATAGRAMS:
        protocol, port = ("udp", id) if id % 2 else ("ip", 53)
        return Entity(id, EntityKind.ENDPOINT, HOSTS[id], 1, {"protocol": protocol, "ip": "192.0.2.53", "port": port})
    return Entity(id, EntityKind.PROCESS, HOSTS[id], 1, {"pid": id})


def fill(flows: list[Flow], store: Neo4jStore) -> None:
    with store.writer() as writer:
        for host in ("a", "b"):
            entities = [described(id) for id, on in HOSTS.items() if on == host]
            within = [flow for flow in flows if flow.kind is not FlowKind.REACHED and HOSTS[flow.source] == host]
            writer.apply(Batch(host, entities, flows=within))
        writer.join([flow for flow in flows if flow.kind is FlowKind.REACHED])


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("seed", range(3))
def test_generated_histories_match_the_plain_rules(line: str, seed: int) -> None:
    flows = list({flow[:4]: flow for flow in history(seed)}.values())
    with case_on(running(line), lambda store: fill(flows, store)) as case:
        for direction, bounds in (
            (Direction.BACKWARD, (LAST, at_ms(1_050))),
            (Direction.FORWARD, (FIRST, at_ms(1_010))),
        ):
            for start in ({5: bounds[0]}, {106: bounds[1]}, dict.fromkeys((1, 2, 101), bounds[1])):
                expected, counted = exact(flows, direction, start, DATAGRAMS)
                rows = case.ask(f"trace/whole_{direction.value}", start=printed(case.store, start))
                assert {row["entity"]["key"]: row["bound"] for row in rows} == expected
                assert len({run.element_id for row in rows for run in row["runs"]}) == len(counted)


def test_generated_histories_cross_hosts_in_both_directions() -> None:
    for direction, bound in ((Direction.BACKWARD, LAST), (Direction.FORWARD, FIRST)):
        reached = [exact(list(history(seed)), direction, {5: bound})[0] for seed in range(3)]
        assert any({HOSTS[id] for id in bounds} == {"a", "b"} for bounds in reached)


def test_more_than_two_hundred_steps_are_unfinished() -> None:
    line = [Flow(FlowKind.SPAWNED, id, id + 1, at_ms(id), at_ms(id), 1, b"") for id in range(1, 260)]

    def fill(store: Neo4jStore) -> None:
        with store.writer() as writer:
            entities = [Entity(id, EntityKind.PROCESS, "a", 1, {"pid": id}) for id in range(1, 261)]
            writer.apply(Batch("a", entities, flows=line))

    with case_on(running("lts"), fill) as case:
        for name, start in (("whole_backward", 260), ("whole_forward", 1)):
            rows = case.ask(f"trace/{name}", start=[*printed(case.store, {start: at_ms(260) if start > 1 else 0})])
            assert len(rows) == 201
            assert [row["unfinished"] for row in rows].count(True) == 1
            rows = case.ask(f"trace/{name}", start=[{**at, "bound": None} for at in printed(case.store, {100: 0})])
            assert not any(row["unfinished"] for row in rows)


def test_the_shortest_path_is_in_order_of_time(seed: Case) -> None:
    anchor = anchored(seed, {"host": "web01", "command": "^bash -i$", "ip": "198.51.100.45", "port": 4444, "at": None})
    ((id, bound),) = anchor.start.items()
    found = trace(seed.store, Direction.BACKWARD, [anchor])
    ((target),) = printed(seed.store, {id: bound})
    (source,) = printed(seed.store, {found.entries[0].node: 0})
    (row,) = seed.ask("trace/shortest_path", source=source["id"], target=target["id"], bound=bound)
    runs = row["path"].relationships
    assert row["steps"] == len(runs) > 2
    assert (row["path"].start_node["ip"], row["path"].end_node["command"]) == ("198.51.100.23", "bash -i")
    for place, run in enumerate(runs):
        assert run["first"] <= bound
        assert all(before["first"] <= run["last"] for before in runs[:place])
    assert seed.ask("trace/shortest_path", source=source["id"], target=target["id"], bound=1) == []
