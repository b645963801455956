"""Preparations of a candidate: executed downloads, files planted for a login, unknown peers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from provenance.ingest.clock import LAST, at_ms
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store import open_store
from provenance.store.interface import Direction
from provenance.trace.result import Entry, Slice
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.walk import walk
from provenance.trace.way_in.entries import candidates, entries
from provenance.trace.way_in.ranking import PRIOR, WEIGHTS, Candidate, odds, score
from tests.provenance.trace.graphs import flow

ADMIN, INTRUDER, REGISTRY, C2 = "10.0.0.7", "198.51.100.23", "203.0.113.50", "203.0.113.99"
INIT, LOGIND, SHELL, TOOL, RUN, QUEUE, WORKER = 1, 2, 3, 4, 5, 6, 7
P_ADMIN, P_OTHER, P_C2, FILE, SECOND_FILE, SESSION = 11, 12, 13, 21, 22, 31
PROGRAMS: Mapping[int, tuple[str, ...]] = {
    INIT: ("/sbin/init",),
    LOGIND: ("/usr/sbin/logind",),
    SHELL: ("-sh",),
    TOOL: ("fetch", "thing"),
    RUN: ("interpreter", "/srv/lib/setup.x"),
    QUEUE: ("/usr/bin/queue",),
    WORKER: ("worker",),
}


def entity(id: int, kind: EntityKind, attributes: dict[str, Any]) -> Entity:
    return Entity(id, kind, "web01", 1, attributes)


def sliced(
    folder: Path,
    flows: list[Flow],
    peers: Mapping[int, dict[str, Any]],
    start: int,
    until: int = LAST,
    accounts: Mapping[int, int | None] = MappingProxyType({}),
    programs: Mapping[int, str] = MappingProxyType({}),
    created: int = 1,
    session: Mapping[str, Any] | None = None,
) -> Slice:
    entities = [
        entity(
            id,
            EntityKind.PROCESS,
            {
                "pid": id,
                "argv": list(argv),
                "command": " ".join(argv),
                "exe": programs.get(id, argv[0]),
                "auid": accounts.get(id),
            },
        )
        for id, argv in PROGRAMS.items()
    ]
    if session is not None:
        entities.append(entity(SESSION, EntityKind.SESSION, {"ses": 3} | dict(session)))
    entities += [
        entity(id, EntityKind.ENDPOINT, {"port": 40_000, "protocol": "tcp"} | more) for id, more in peers.items()
    ]
    entities += [Entity(FILE, EntityKind.FILE, "web01", created, {"path": "/srv/lib/setup.x"})]
    entities += [entity(SECOND_FILE, EntityKind.FILE, {"path": "/srv/lib/second.x"})]
    with closing(open_store(str(folder / "c.db"))) as store:
        with store.writer() as writer:
            writer.apply(Batch("web01", entities, flows=flows))
        return walk(store, Direction.BACKWARD, {start: until}, None, DEFAULT)


def ranked(slice_: Slice) -> list[Entry]:
    return list(entries(slice_))


def of(slice_: Slice, peer: int) -> Candidate:
    return next(one for one in candidates(slice_) if one.node == peer)


LOGIN = [
    flow(FlowKind.SPAWNED, INIT, LOGIND, at_ms(10)),
    flow(FlowKind.ACCEPTED, P_ADMIN, LOGIND, at_ms(1_000), at_ms(90_000)),
    flow(FlowKind.SPAWNED, LOGIND, SHELL, at_ms(1_010)),
    flow(FlowKind.SPAWNED, SHELL, TOOL, at_ms(9_000)),
]
DOWNLOAD = [
    flow(FlowKind.CONNECTED, TOOL, P_OTHER, at_ms(9_100), at_ms(9_500)),
    flow(FlowKind.RECEIVED, P_OTHER, TOOL, at_ms(9_100), at_ms(9_500)),
    flow(FlowKind.WROTE, TOOL, FILE, at_ms(9_200), at_ms(9_300)),
    flow(FlowKind.SPAWNED, TOOL, RUN, at_ms(9_400)),
]
READ = flow(FlowKind.READ, FILE, RUN, at_ms(9_420), at_ms(9_430))


def test_an_executed_download_ranks_before_the_login(tmp_path: Path) -> None:
    slice_ = sliced(tmp_path, [*LOGIN, *DOWNLOAD, READ], {P_ADMIN: {"ip": ADMIN}, P_OTHER: {"ip": REGISTRY}}, RUN)
    assert "ran" in of(slice_, P_OTHER).features
    assert [entry.node for entry in ranked(slice_)[:2]] == [P_OTHER, P_ADMIN]


def test_an_outside_peer_ranks_before_its_downloads(tmp_path: Path) -> None:
    slice_ = sliced(tmp_path, [*LOGIN, *DOWNLOAD, READ], {P_ADMIN: {"ip": INTRUDER}, P_OTHER: {"ip": REGISTRY}}, RUN)
    assert [entry.node for entry in ranked(slice_)[:2]] == [P_ADMIN, P_OTHER]


def test_a_download_that_is_not_executed_is_only_a_call(tmp_path: Path) -> None:
    """The program reads the file, but neither is it that file nor does its command line name it."""
    read = flow(FlowKind.READ, FILE, WORKER, at_ms(9_420), at_ms(9_430))
    begun = flow(FlowKind.SPAWNED, TOOL, WORKER, at_ms(9_410))
    peers: dict[int, dict[str, Any]] = {P_ADMIN: {"ip": ADMIN}, P_OTHER: {"ip": REGISTRY}}
    slice_ = sliced(tmp_path, [*LOGIN, *DOWNLOAD, begun, read], peers, WORKER)
    assert "ran" not in of(slice_, P_OTHER).features


def test_a_call_by_a_program_from_another_peer_is_a_step(tmp_path: Path) -> None:
    more = [
        flow(FlowKind.RECEIVED, P_C2, RUN, at_ms(9_500), at_ms(9_600)),
        flow(FlowKind.WROTE, RUN, SECOND_FILE, at_ms(9_550), at_ms(9_560)),
        flow(FlowKind.SPAWNED, INIT, WORKER, at_ms(20_000)),
        flow(FlowKind.LOADED, SECOND_FILE, WORKER, at_ms(20_001)),
    ]
    peers: dict[int, dict[str, Any]] = {P_ADMIN: {"ip": ADMIN}, P_OTHER: {"ip": REGISTRY}, P_C2: {"ip": C2}}
    slice_ = sliced(tmp_path, [*LOGIN, *DOWNLOAD, READ, *more], peers, WORKER)
    assert "came_from_other" in of(slice_, P_C2).features and REGISTRY in of(slice_, P_C2).reason
    assert ranked(slice_)[0].node == P_OTHER


PLANTED = [
    flow(FlowKind.SPAWNED, INIT, QUEUE, at_ms(5)),
    flow(FlowKind.ACCEPTED, P_OTHER, QUEUE, at_ms(500), at_ms(900)),
    flow(FlowKind.WROTE, QUEUE, FILE, at_ms(700), at_ms(701)),
    flow(FlowKind.READ, FILE, LOGIND, at_ms(1_005), at_ms(1_006)),
]


def test_the_writer_of_a_key_ranks_before_the_login(tmp_path: Path) -> None:
    peers = {P_ADMIN: {"ip": C2}, P_OTHER: {"ip": INTRUDER}}
    slice_ = sliced(tmp_path, [*LOGIN, *PLANTED], peers, TOOL)
    login = of(slice_, P_ADMIN)
    assert "prepared_by_other" in login.features and "/srv/lib/setup.x" in login.reason and INTRUDER in login.reason
    assert [entry.node for entry in ranked(slice_)[:2]] == [P_OTHER, P_ADMIN]


def test_the_writer_of_a_key_ranks_before_the_login_of_the_same_peer(tmp_path: Path) -> None:
    peers = {P_ADMIN: {"ip": INTRUDER}, P_OTHER: {"ip": INTRUDER}}
    slice_ = sliced(tmp_path, [*LOGIN, *PLANTED], peers, TOOL)
    login = of(slice_, P_ADMIN)
    assert "prepared_by_other" in login.features and "the same peer's connection to /usr/bin/queue" in login.reason
    assert ranked(slice_)[0].node == P_OTHER


def test_the_peer_that_came_last_before_the_file_was_written_prepared_it(tmp_path: Path) -> None:
    earlier = flow(FlowKind.ACCEPTED, P_C2, QUEUE, at_ms(100), at_ms(900))
    peers = {P_ADMIN: {"ip": REGISTRY}, P_OTHER: {"ip": INTRUDER}, P_C2: {"ip": C2}}
    slice_ = sliced(tmp_path, [*LOGIN, earlier, *PLANTED], peers, TOOL)
    assert f"made possible by {INTRUDER}" in of(slice_, P_ADMIN).reason


@pytest.mark.parametrize(
    "changed",
    [
        flow(FlowKind.READ, FILE, LOGIND, at_ms(1_005 + 60_000), at_ms(1_006 + 60_000)),
        flow(FlowKind.READ, SECOND_FILE, LOGIND, at_ms(1_005), at_ms(1_006)),
        flow(FlowKind.READ, FILE, LOGIND, at_ms(600), at_ms(601)),
    ],
    ids=["read much later", "another file", "read before it was written"],
)
def test_files_unrelated_to_a_login_prepared_nothing(tmp_path: Path, changed: Flow) -> None:
    peers = {P_ADMIN: {"ip": C2}, P_OTHER: {"ip": INTRUDER}}
    slice_ = sliced(tmp_path, [*LOGIN, *PLANTED[:-1], changed], peers, TOOL)
    assert "prepared_by_other" not in of(slice_, P_ADMIN).features


def test_a_daemon_that_reads_its_own_records_was_not_prepared(tmp_path: Path) -> None:
    """The same program wrote the file for an earlier connection, as a login daemon notes who came last."""
    flows = [one._replace(source=LOGIND) if one.source == QUEUE else one for one in PLANTED[1:]]
    flows = [one._replace(target=LOGIND) if one.target == QUEUE else one for one in flows]
    slice_ = sliced(tmp_path, [*LOGIN, *flows], {P_ADMIN: {"ip": C2}, P_OTHER: {"ip": INTRUDER}}, TOOL)
    assert "prepared_by_other" not in of(slice_, P_ADMIN).features


LATE = [
    *PLANTED[:-1],
    flow(FlowKind.SPAWNED, SHELL, RUN, at_ms(2_000_000)),
    flow(FlowKind.LOADED, FILE, RUN, at_ms(2_000_001), at_ms(2_000_002)),
]


@pytest.mark.parametrize(("auid", "expected"), [(None, 0.75), (1000, None)])
def test_a_program_that_a_service_wrote_long_before_was_planted(
    tmp_path: Path, auid: int | None, expected: float | None
) -> None:
    """A user who installs a program, which another one runs later, plants nothing."""
    peers = {P_ADMIN: {"ip": ADMIN}, P_OTHER: {"ip": INTRUDER}}
    slice_ = sliced(tmp_path, [*LOGIN[:-1], *LATE], peers, RUN, accounts={QUEUE: auid})
    assert of(slice_, P_ADMIN).features.get("prepared_by_other") == expected


def test_whoever_was_contacted_long_before_planted_nothing(tmp_path: Path) -> None:
    received = flow(FlowKind.RECEIVED, P_OTHER, QUEUE, at_ms(500), at_ms(900))
    peers = {P_ADMIN: {"ip": ADMIN}, P_OTHER: {"ip": REGISTRY}}
    flows = [received if one.kind is FlowKind.ACCEPTED and one.target == QUEUE else one for one in LATE]
    slice_ = sliced(tmp_path, [*LOGIN[:-1], *flows], peers, RUN)
    assert "prepared_by_other" not in of(slice_, P_ADMIN).features


def test_a_page_that_a_server_created_for_one_peer_and_read_for_another_prepared_him(tmp_path: Path) -> None:
    flows = [
        flow(FlowKind.ACCEPTED, P_OTHER, QUEUE, at_ms(500), at_ms(900)),
        flow(FlowKind.WROTE, QUEUE, FILE, at_ms(700), at_ms(701)),
        flow(FlowKind.ACCEPTED, P_ADMIN, LOGIND, at_ms(1_000), at_ms(9_000)),
        flow(FlowKind.READ, FILE, LOGIND, at_ms(1_010), at_ms(1_011)),
        flow(FlowKind.SPAWNED, LOGIND, SHELL, at_ms(1_020)),
    ]
    peers = {P_ADMIN: {"ip": C2}, P_OTHER: {"ip": INTRUDER}}
    same = {QUEUE: "/usr/sbin/httpd", LOGIND: "/usr/sbin/httpd"}
    slice_ = sliced(tmp_path, flows, peers, SHELL, programs=same, created=at_ms(700))
    assert of(slice_, P_ADMIN).features["prepared_by_other"] == 1.0
    assert ranked(slice_)[0].node == P_OTHER


@pytest.mark.parametrize("ip", ["", ADMIN])
def test_a_process_older_than_the_log_that_planted_a_program_is_named(tmp_path: Path, ip: str) -> None:
    """No record shows who came in to it. What its own children do later, it did not plant."""
    session: dict[str, Any] = {"address": ip} if ip else {}
    flows = [flow(FlowKind.LOGGED_IN, SESSION, SHELL, at_ms(1_000)), flow(FlowKind.WROTE, QUEUE, FILE, at_ms(700))]
    flows += LATE[-2:]
    slice_ = sliced(tmp_path, flows, {}, RUN, session=session)
    login = next(one for one in candidates(slice_) if one.node == SESSION)
    assert login.features["prepared_by_other"] == 0.75 and "made possible by /usr/bin/queue" in login.reason


def test_an_unknown_local_client_is_a_candidate(tmp_path: Path) -> None:
    slice_ = sliced(tmp_path, LOGIN, {P_ADMIN: {"protocol": "unix", "port": None}}, TOOL)
    (found,) = [entry for entry in ranked(slice_) if entry.node == P_ADMIN]
    assert found.rank == 1 and found.reason.startswith("unknown local client entered") and "bound" in found.reason


def test_a_resolver_is_never_the_way_in(tmp_path: Path) -> None:
    for port in (53, 4433):
        peers: dict[int, dict[str, Any]] = {
            P_ADMIN: {"ip": ADMIN},
            P_OTHER: {"ip": REGISTRY, "protocol": "udp", "port": port},
        }
        (tmp_path / str(port)).mkdir()
        slice_ = sliced(tmp_path / str(port), [*LOGIN, *DOWNLOAD, READ], peers, RUN)
        if port == 53:
            assert P_OTHER not in {one.node for one in candidates(slice_)}
        else:
            assert of(slice_, P_OTHER).score < of(slice_, P_ADMIN).score / 2


def test_weights_are_complete_and_the_margin_is_a_ratio() -> None:
    assert WEIGHTS.keys() == PRIOR.keys()
    assert odds(0.5, 0.5) == 1.0 and odds(0.9, 0.5) > 100
    assert score({"older": 0.0}) == 0.0 and score({"accepted_external": 1.0}) > score({"accepted_private": 1.0})
