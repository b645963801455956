"""A trace names the guesses about hosts that it uses."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from provenance.ingest.facts import Batch, Entity, Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.render.lines import plain
from provenance.render.story import story
from provenance.store import open_store
from provenance.store.hosts import (
    FoundAddress,
    FoundClock,
    FoundHost,
    GivenAddress,
    GivenHost,
    Origin,
    give,
    write_found,
)
from provenance.store.interface import Direction
from provenance.text.times import Zone
from provenance.trace.result import Trace
from provenance.trace.trace import trace_from

CLIENT, OUT, INTO, SERVER = 1, 2, 3, 4
NONE = FoundClock(0, Origin.NONE, 0.0, "")


def traced(folder: Path, confidence: float | None, found: dict[str, FoundHost], given: dict[str, GivenHost]) -> Trace:
    """The trace back from the server on db01, whose peer is 10.0.0.1. With a confidence, web01's connection is joined with it."""
    peer = {"ip": "10.0.0.1", "port": 40_000, "protocol": "tcp"}
    web = [
        Entity(CLIENT, EntityKind.PROCESS, "web01", 1, {"pid": 1, "command": "ssh"}),
        Entity(OUT, EntityKind.ENDPOINT, "web01", 1, {"ip": "10.0.0.2", "port": 22, "protocol": "tcp"}),
    ]
    db = [
        Entity(INTO, EntityKind.ENDPOINT, "db01", 1, peer),
        Entity(SERVER, EntityKind.PROCESS, "db01", 1, {"pid": 2, "command": "sshd"}),
    ]
    with closing(open_store(str(folder / "s.db"))) as store, store.writer() as writer:
        writer.apply(Batch("web01", web, flows=[Flow(FlowKind.CONNECTED, CLIENT, OUT, 10, 50, 1, b"")]))
        writer.apply(Batch("db01", db, flows=[Flow(FlowKind.ACCEPTED, INTO, SERVER, 20, 50, 1, b"")]))
        if confidence is not None:
            detail = {"confidence": confidence, "skew": 0, "reason": "only the times agree"}
            writer.join([Flow(FlowKind.REACHED, OUT, INTO, 10, 50, 1, b"", False, detail)])
        write_found(store.documents(), found)
        give(store.documents(), given)
        return trace_from(store, Direction.BACKWARD, {SERVER: 60})


@pytest.mark.parametrize(("confidence", "guessed"), [(0.3, True), (0.87, True), (0.95, False), (1.0, False)])
def test_a_host_that_a_guessed_connection_reached(tmp_path: Path, confidence: float, guessed: bool) -> None:
    clock = FoundClock(-93_250, Origin.GUESSED, confidence, "from 2 connections")
    start, other = traced(tmp_path, confidence, {"web01": FoundHost((), clock)}, {}).hosts
    assert (start.host, start.confidence, start.doubt) == ("db01", 1.0, "")
    assert (other.host, other.confidence) == ("web01", confidence)
    expected = f"connection guessed, confidence {confidence:g}: only the times agree; clock -93.250 s guessed"
    assert other.doubt == (expected if guessed else "")


@pytest.mark.parametrize(("origin", "is_marked"), [(Origin.GUESSED, True), (Origin.GIVEN, False), (Origin.LOG, False)])
def test_a_sure_connection_by_guessed_addresses_is_marked(tmp_path: Path, origin: Origin, is_marked: bool) -> None:
    """The story shows its number; what is known is no guess."""
    clock = FoundClock(-93_250, Origin.GUESSED, 0.97, "from 30 connections")
    own = FoundAddress("10.0.0.1", origin, 0.97, "from 30 connections")
    found = traced(tmp_path, 0.97, {"web01": FoundHost((own,), clock)}, {})
    other = found.hosts[1]
    expected = "addresses guessed, confidence 0.97: only the times agree; clock -93.250 s guessed, confidence 0.97"
    assert other.doubt == (expected if is_marked else "") and other.clock_confidence == 0.97
    text = "\n".join(map(plain, story([found], Zone())))
    assert ("web01 (0.97)" in text) is is_marked and "(guessed)" not in text


def test_a_given_clock_is_no_guess(tmp_path: Path) -> None:
    clock = FoundClock(-93_250, Origin.GIVEN, 1.0, "given")
    _, other = traced(tmp_path, 0.5, {"web01": FoundHost((), clock)}, {}).hosts
    assert "connection guessed" in other.doubt and "clock" not in other.doubt


def test_a_peer_that_may_be_a_recorded_host_is_named_with_its_doubt(tmp_path: Path) -> None:
    candidate = FoundAddress("10.0.0.1", Origin.GUESSED, 0.2, "the only host that could have it")
    one, two = FoundHost((candidate,), NONE), FoundHost((candidate._replace(confidence=0.4),), NONE)
    (entry,) = (e for e in traced(tmp_path, None, {"web01": one, "db01": two}, {}).entries if e.node == INTO)
    assert "10.0.0.1 (private address: perhaps db01, confidence 0.4 or perhaps web01, confidence 0.2)" in entry.reason


def test_a_peer_that_a_user_named_and_no_log_records(tmp_path: Path) -> None:
    given = {"mail01": GivenHost((GivenAddress("10.0.0.1"),))}
    (entry,) = (e for e in traced(tmp_path, None, {}, given).entries if e.node == INTO)
    assert "(private address: mail01, whose log the store does not hold)" in entry.reason


def test_an_unknown_private_peer(tmp_path: Path) -> None:
    (entry,) = (e for e in traced(tmp_path, None, {}, {}).entries if e.node == INTO)
    assert "(private address, not recorded)" in entry.reason


NOON = 1_700_000_000_000


@pytest.mark.parametrize(
    ("range_", "clock", "words"),
    [
        ((None, None), 0, "private address: mail01, whose log the store does not hold"),
        ((None, NOON), 0, "private address: mail01, whose log the store does not hold"),
        ((NOON, None), 0, "private address: unknown at this time, at other times mail01"),
        ((NOON, None), NOON, "private address: mail01, whose log the store does not hold"),
    ],
)
def test_an_address_outside_its_time_range_is_not_its_hosts(
    tmp_path: Path, range_: tuple[int | None, int | None], clock: int, words: str
) -> None:
    """The times of ranges are those of the log, corrected by the clock that was given of its host."""
    given = {"mail01": GivenHost((GivenAddress("10.0.0.1", *range_),)), "db01": GivenHost((), clock)}
    (entry,) = (e for e in traced(tmp_path, None, {}, given).entries if e.node == INTO)
    assert f"({words})" in entry.reason
