"""A store full of hostile text and of numbers outside every range: all of it is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Batch, Blind, Entity, Flow, FlowKind, Line, Name, Note, pack_evidence
from provenance.ingest.identity import EntityKind, format_id
from provenance.service.graphql.base.scalars import read_text, spell
from provenance.service.graphql.graph.hosts import host_id
from provenance.store import open_store
from tests.provenance.service.graphql.conftest import OPERATIONS, Served, serving

EVIL = '\x1b[2J"];\n<script>&\u202e%s\\N{0}`|\udcff\x00end\\ #'
HOST = 'h"/<\x9b>\udc80'
BEGIN = 1_795_490_932_000
HUGE = (1 << 70) - 1


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store = open_store(str(tmp_path_factory.mktemp("hostile") / "graph.db"))
    at = at_ms(BEGIN)
    texts = dict.fromkeys(("command", "exe", "comm", "cwd", "user", "tty", "container"), EVIL)
    entities = [
        Entity(
            1, EntityKind.PROCESS, HOST, at, texts | {"argv": [EVIL, ""], "pid": HUGE, "uid": HUGE, "auid": 1, "ses": 2}
        ),
        Entity(
            2, EntityKind.FILE, HOST, at, {"path": EVIL, "device": EVIL, "inode": HUGE, "mode": EVIL, "owner": HUGE}
        ),
        Entity(3, EntityKind.ENDPOINT, HOST, at, {"ip": EVIL, "port": HUGE, "protocol": EVIL, "path": EVIL}),
        Entity(4, EntityKind.PIPE, HOST, at, {"type": EVIL, "path": EVIL}),
        Entity(5, EntityKind.SESSION, HOST, at, {"user": EVIL, "address": EVIL, "terminal": EVIL, "service": EVIL}),
    ]
    evidence = pack_evidence((BEGIN, 7))
    kinds = ((FlowKind.WROTE, 2), (FlowKind.CONNECTED, 3), (FlowKind.PIPED, 4))
    flows = [Flow(kind, 1, target, at, at, HUGE >> 10, evidence) for kind, target in kinds]
    raw = f"type=EXECVE {EVIL}\ntype=PATH {EVIL}".replace("\x00", "").encode("utf-8", "surrogateescape")
    batch = Batch(
        HOST,
        entities,
        [Name(2, EVIL, at, at)],
        flows,
        notes=[Note(at, BEGIN, 7, EVIL, 1, EVIL)],
        blinds=[Blind(HOST, at, at, EVIL)],
        lines=[Line(at, BEGIN, 7, raw, 0)],
        tallies={EVIL: 3, "missing serials": 9},
        first=at,
        last=at,
        source=EVIL,
    )
    with store.writer() as writer:
        writer.apply(batch)
    with serving(store, work=False) as served:
        yield served
    store.close()


def test_every_entity_is_answered_and_its_text_survives(hostile: Served) -> None:
    for id, kind in enumerate(EntityKind, 1):
        found = hostile.run("entity", id=format_id(kind, id))["entity"]
        assert json.dumps(found, ensure_ascii=False).isprintable()
        text = (
            next(found[name] for name in ("command", "path", "user", "type", "ip") if found.get(name))
            if kind is not EntityKind.FILE
            else found["paths"][0]
        )
        assert read_text(text) == EVIL


def test_lists_hold_hostile_text(hostile: Served) -> None:
    (host,) = hostile.run("hosts")["hosts"]["edges"]
    assert read_text(host["node"]["name"]) == HOST
    assert host["node"]["missingEvents"] == 9
    assert read_text(host["node"]["blind"][0]["why"]) == EVIL
    assert hostile.run("evidence", id=host_id(HOST))["node"]["id"] == host_id(HOST)
    process = format_id(EntityKind.PROCESS, 1)
    (event,) = hostile.run("evidence", id=process)["node"]["evidence"]["edges"]
    assert event["node"]["lines"][0].startswith("type=EXECVE")
    assert hostile.run("evidence", id=event["node"]["id"])["node"]["serial"] == 7
    flows = hostile.run("neighbours", id=process)["entity"]["flows"]["edges"]
    assert len(flows) == 3
    assert all(hostile.run("evidence", id=flow["node"]["id"])["node"] for flow in flows)


def test_text_of_an_answer_can_be_used_in_a_request(hostile: Served) -> None:
    for where in ({"text": spell(EVIL)}, {"path": spell(EVIL)}, {"host": spell(HOST)}, {"user": spell(EVIL)}):
        found = hostile.run("search", where=where)["search"]["edges"]
        assert found, where


def test_a_trace_over_hostile_text(hostile: Served) -> None:
    start = {"id": format_id(EntityKind.FILE, 2)}
    found = hostile.run("trace", direction="BACKWARD", start=start)["trace"]
    assert found["nodeCount"] == 2
    assert hostile.run("timeline", direction="BACKWARD", start=start)["trace"]["timeline"]["totalCount"] == 1
    text = (OPERATIONS / "trace.graphql").read_text("utf-8")
    for command in ("\ud800", "[" * 50, "(?P<" + "a" * 500):
        error = hostile.error_of(text, direction="BACKWARD", start={"command": command})
        assert error["extensions"]["code"] == "BAD_INPUT"
