"""A peer outside the recorded hosts passes no data on: paths through one come last, and are marked."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store import open_store
from provenance.trace.slice.best_paths import best_paths
from provenance.trace.slice.between import Way, between
from tests.provenance.trace.graphs import flow

LEAKER, READER, HELPER, PEER, FILE, PEER_THERE, SERVER = 1, 2, 3, 11, 21, 31, 32
THROUGH_PEER = [
    flow(FlowKind.CONNECTED, LEAKER, PEER, at_ms(10), at_ms(50)),
    flow(FlowKind.RECEIVED, PEER, READER, at_ms(20), at_ms(60)),
]
THROUGH_FILE = [
    flow(FlowKind.WROTE, LEAKER, FILE, at_ms(12)),
    flow(FlowKind.READ, FILE, HELPER, at_ms(14)),
    flow(FlowKind.SPAWNED, HELPER, READER, at_ms(16)),
]


def ways(folder: Path, flows: list[Flow], ip: str, protocol: str = "tcp") -> tuple[Way, list[Way]]:
    """The path from LEAKER to READER, and the best three."""
    entities = [Entity(id, EntityKind.PROCESS, "a", 1, {"pid": id}) for id in (LEAKER, READER, HELPER)]
    entities.append(Entity(PEER, EntityKind.ENDPOINT, "a", 1, {"ip": ip, "port": 443, "protocol": protocol}))
    entities.append(Entity(FILE, EntityKind.FILE, "a", 1, {}))
    server_side = [
        Entity(PEER_THERE, EntityKind.ENDPOINT, "b", 1, {"ip": "10.0.0.1", "port": 40_000, "protocol": "tcp"}),
        Entity(SERVER, EntityKind.PROCESS, "b", 1, {"pid": 9}),
    ]
    reached = [one for one in flows if one.kind is FlowKind.REACHED]
    client_side = [one for one in flows if one.kind is not FlowKind.REACHED and SERVER not in one[1:3]]
    with closing(open_store(str(folder / "w.db"))) as store, store.writer() as writer:
        writer.apply(Batch("a", entities, flows=client_side))
        writer.apply(Batch("b", server_side, flows=[one for one in flows if SERVER in one[1:3]]))
        writer.join(reached)
        return between(store, LEAKER, READER), list(best_paths(store, LEAKER, READER, 3).paths)


def entities_of(way: Way) -> list[int]:
    return [run.target for run, _ in way.runs]


def test_a_longer_path_comes_before_one_through_a_peer(tmp_path: Path) -> None:
    way, best = ways(tmp_path, THROUGH_PEER + THROUGH_FILE, "198.51.100.7")
    assert entities_of(way) == [FILE, HELPER, READER] and not way.through_peer
    assert [(entities_of(one), one.through_peer) for one in best] == [
        ([FILE, HELPER, READER], False),
        ([PEER, READER], True),
    ]


def test_a_path_through_a_peer_is_marked_when_there_is_no_other(tmp_path: Path) -> None:
    way, best = ways(tmp_path, THROUGH_PEER, "198.51.100.7")
    assert entities_of(way) == [PEER, READER] and way.through_peer and way.complete
    assert [one.through_peer for one in best] == [True]


@pytest.mark.parametrize("ip", ["198.51.100.7", "127.0.0.1"])
def test_no_path_leads_through_a_peer_that_is_reached_by_datagrams(tmp_path: Path, ip: str) -> None:
    way, best = ways(tmp_path, THROUGH_PEER + THROUGH_FILE, ip, "udp")
    assert entities_of(way) == [FILE, HELPER, READER]
    assert [entities_of(one) for one in best] == [[FILE, HELPER, READER]]


def test_a_local_connection_passes_data_on(tmp_path: Path) -> None:
    way, best = ways(tmp_path, THROUGH_PEER + THROUGH_FILE, "127.0.0.1")
    assert entities_of(way) == [PEER, READER] and not way.through_peer
    assert entities_of(best[0]) == [PEER, READER] and not best[0].through_peer


def test_a_recorded_host_passes_data_on(tmp_path: Path) -> None:
    """What the server on the other host received and answered comes back through the same endpoint."""
    detail = {"confidence": 0.95, "skew": 0, "reason": "both addresses are known"}
    across = [
        Flow(FlowKind.REACHED, PEER, PEER_THERE, at_ms(10), at_ms(50), 1, b"", False, detail),
        Flow(FlowKind.REACHED, PEER_THERE, PEER, at_ms(11), at_ms(50), 1, b"", False, detail),
        flow(FlowKind.ACCEPTED, PEER_THERE, SERVER, at_ms(11), at_ms(50)),
        flow(FlowKind.SENT, SERVER, PEER_THERE, at_ms(12), at_ms(50)),
    ]
    way, _ = ways(tmp_path, THROUGH_PEER + across, "10.0.0.2")
    assert way.runs and not way.through_peer
    assert [run.kind for run, _ in way.runs][-2:] == [FlowKind.REACHED, FlowKind.RECEIVED]
