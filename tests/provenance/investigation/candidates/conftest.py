"""The bundled incident in a store of each kind, and a small fleet with many similar entities."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind, Name, pack_evidence
from provenance.ingest.identity import EntityKind
from provenance.store import open_store
from provenance.store.interface import Lines, Store
from provenance.store.neo4j import Neo4jStore
from provenance.transfer.copy import copy
from tests.provenance.recordings.recordings import SEED, ingested
from tests.provenance.store.conftest import MAKERS, SERVERS
from tests.provenance.store.neo4j.servers import running

P, F, N, S = EntityKind.PROCESS, EntityKind.FILE, EntityKind.ENDPOINT, EntityKind.SESSION
T0 = 1_795_490_000_000
"""Beginning of the small fleet's history, ms since the epoch."""


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The bundled incident in the embedded store."""
    store = open_store(str(ingested(tmp_path_factory.mktemp("alerts") / "seed.db", SEED.logs)))
    yield store
    store.close()


@pytest.fixture(scope="session", params=["sqlite", "neo4j-lts"])
def seed(request: pytest.FixtureRequest, embedded: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The bundled incident, in each kind of store."""
    if request.param == "sqlite":
        yield embedded
        return
    running(SERVERS[request.param])
    store = MAKERS[request.param](tmp_path_factory.mktemp("server"), Lines.NONE)
    copy(embedded, store, lines=False)
    yield store
    if isinstance(store, Neo4jStore):
        store.drop()
    store.close()


def moment(s: float) -> int:
    """Seconds after the beginning, as a moment."""
    return at_ms(T0 + round(s * 1000))


def process(id: int, host: str, s: float, pid: int, command: str, **known: object) -> Entity:
    """A program image born `s` seconds after the beginning."""
    end = known.pop("end", None)
    ends = {} if end is None else {"end": moment(float(str(end)))}
    return Entity(
        id,
        P,
        host,
        moment(s),
        {"pid": pid, "command": command, "argv": command.split(" "), "incarnation": id, **known, **ends},
    )


def run(kind: FlowKind, source: int, target: int, first: float, last: float) -> Flow:
    """A run of a flow, in seconds after the beginning."""
    return Flow(
        kind, source, target, moment(first), moment(last), 1, pack_evidence((T0 + round(first * 1000), 7)), False
    )


def endpoint(id: int, host: str, ip: str, port: int) -> Entity:
    """A peer as a host sees it."""
    return Entity(id, N, host, moment(0), {"ip": ip, "port": port, "protocol": "tcp"})


def web() -> Batch:
    """A host whose pid 50 was used twice, and which runs the same command three times."""
    return Batch(
        "web01",
        [
            process(1, "web01", 10, 50, "nc -l 80", exe="/usr/bin/nc", end=20),
            process(2, "web01", 100, 50, "/opt/x/nc -l 80", exe="/opt/x/nc", user="www", uid=33),
            *(
                process(10 + n, "web01", 200 + 60 * n, 60 + n, "ls -la", exe="/usr/bin/ls", end=201 + 60 * n)
                for n in range(3)
            ),
            process(20, "web01", 300, 70, "sh -c " + "x" * 200),
            endpoint(30, "web01", "203.0.113.5", 443),
            Entity(40, F, "web01", moment(100), {"path": "/tmp/a[1]*?.sh"}),
            Entity(41, F, "web01", moment(400), {"path": "/srv/a1b.sh"}),
            Entity(50, S, "web01", moment(90), {"auid": 1000, "ses": 3, "user": "eve"}),
        ],
        flows=[
            run(FlowKind.CONNECTED, 1, 30, 11, 12),
            run(FlowKind.CONNECTED, 2, 30, 110, 111),
            run(FlowKind.CONNECTED, 2, 30, 150, 151),
            run(FlowKind.SENT, 20, 30, 305, 305),
        ],
        names=[
            Name(40, "/tmp/a[1]*?.sh", moment(100), moment(100)),
            Name(41, "/srv/a1b.sh", moment(400), moment(400)),
            Name(40, "sha256:" + "a" * 64, moment(100), moment(100)),
            Name(41, "sha256:" + "a" * 64, moment(400), moment(400)),
            Name(41, "sha256:" + "b" * 64, moment(401), moment(401)),
        ],
    )


def fleet() -> list[Batch]:
    """Three hosts; two share a short name."""
    return [
        web(),
        Batch("db.north.example.org", [process(101, "db.north.example.org", 10, 50, "postgres")]),
        Batch("db.south.example.org", [process(201, "db.south.example.org", 10, 50, "postgres")]),
    ]


@pytest.fixture(params=MAKERS)
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The small fleet, in each kind of store."""
    if request.param in SERVERS:
        running(SERVERS[request.param])
    store = MAKERS[request.param](tmp_path, Lines.NONE)
    with store.writer() as writer:
        for batch in fleet():
            writer.apply(batch)
        writer.describe_host("web01", ["192.0.2.10"], 0)
        writer.describe_host("db.north.example.org", ["192.0.2.20"], 0)
    yield store
    if isinstance(store, Neo4jStore):
        store.drop()
    store.close()
