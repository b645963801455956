"""Dropping old history between two runs of ingest, or after both, has the same result."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest import checkpoint
from provenance.ingest.checkpoint import CheckpointError
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Batch
from provenance.ingest.forgetting import settle
from provenance.ingest.identity import EntityKind
from provenance.ingest.pyauparse import Event
from provenance.store.interface import Cut
from provenance.store.retention import old_connections
from tests.ingest.histories import Step, histories, script_of
from tests.ingest.script import Script
from tests.provenance.store.oracle import Oracle
from tests.provenance.store.pruned import prune

FORGOTTEN = frozenset((EntityKind.ENDPOINT, EntityKind.SESSION))
"""Kinds that are described anew after they were forgotten: their first sign may be a later one then."""


def ingest_run(oracle: Oracle, log: list[Event], saved: bytes | None) -> bytes:
    """A run of ingest; returns its checkpoint."""
    deriver = Deriver("web01") if saved is None else checkpoint.load(saved)[0]
    for event in log:
        deriver.push(event)
    batch = deriver.take()
    batch.begins = saved is not None
    saved_state = checkpoint.save(deriver)
    for one_batch in (batch, deriver.conclude()):
        oracle.apply(one_batch)
    return saved_state


def dropped(oracle: Oracle, saved: bytes, before: int) -> bytes:
    """The checkpoint after older history was dropped."""
    settled = settle(saved, before)
    going = old_connections(oracle.connections.values(), before, frozenset())
    staying = set(oracle.connections.values()) - set(going)
    ends = {id for end in staying for id in (end.process, end.endpoint)}
    prune(oracle, Cut(before, needed=settled.needed | ends, connections=going))
    return settled.checkpoint


@settings(max_examples=100, deadline=None)
@given(history=histories(30), closes=st.booleans(), where=st.floats(0, 1), when=st.floats(0, 1))
def test_dropping_between_two_runs_or_after_them(history: list[Step], closes: bool, where: float, when: float) -> None:
    log = script_of(history, closes).parsed()
    parting = int(len(log) * where)
    between, after = Oracle(), Oracle()
    saved = [ingest_run(oracle, log[:parting], None) for oracle in (between, after)]
    before = log[int(max(parting - 1, 0) * when)].ms << 20 if log else 0
    saved[0] = dropped(between, saved[0], before)
    for number, oracle in enumerate((between, after)):
        dropped(oracle, ingest_run(oracle, log[parting:], saved[number]), before)
    assert between.runs == after.runs
    assert between.connections == after.connections and between.notes == after.notes
    assert between.entities.keys() == after.entities.keys()
    for id, entity in between.entities.items():
        if entity.kind not in FORGOTTEN:
            assert entity == after.entities[id]
        assert entity.attributes.items() <= after.entities[id].attributes.items()
    assert {id for id, _ in between.names} == {id for id, _ in after.names}
    for place, name in between.names.items():
        name_before = after.names[place]
        assert name_before.first <= name.first and name_before.last == name.last, (
            "only what a name was before may be lost"
        )


def test_running_processes_and_open_channels_are_needed() -> None:
    script = Script()
    actor = script.process(100)
    actor.opens("/kept", fd=3)
    actor.opens("/closed", fd=4)
    actor.closes(4)
    for number, peer in ((5, "198.51.100.1"), (6, "198.51.100.2")):
        actor.sockets(number)
        actor.connects(number, peer, 443)
    actor.closes(6)
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    batch = deriver.take()
    ids = by_name(batch)
    settled = settle(checkpoint.save(deriver), 1 << 61)
    assert {name for name, id in ids.items() if id in settled.needed} == {"1", "100", "/kept", "198.51.100.1"}
    again = checkpoint.load(settled.checkpoint)[0]
    assert {ip for _, ip, _ in again.host.endpoints} == {"198.51.100.1"}
    assert settle(settled.checkpoint, 1 << 61).needed == settled.needed


def by_name(batch: Batch) -> dict[str, int]:
    """The ids of what a batch describes by path, address or pid."""
    found: dict[str, int] = {}
    for entity in batch.entities:
        known = entity.attributes
        found[str(known.get("path") or known.get("ip") or known.get("pid"))] = entity.id
    return found


def test_an_invalid_checkpoint() -> None:
    with pytest.raises(CheckpointError):
        settle(b"something else", 0)
