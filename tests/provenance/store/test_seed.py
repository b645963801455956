"""A recorded log in a store: every run leads to its raw lines, and they lead to the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Batch, unpack_evidence
from provenance.ingest.pyauparse import events
from provenance.store.interface import EventKey, Lines
from tests.provenance.store.conftest import MakeStore

HOST = "web01"


@pytest.fixture(scope="module")
def recorded(shared: Path) -> list[Batch]:
    log = shared / "recordings" / "seed" / "web01.log.xz"
    deriver = Deriver(HOST)
    batches: list[Batch] = []
    for number, event in enumerate(events(log), 1):
        deriver.push(event)
        if number % 4000 == 0:
            batches.append(deriver.take())
    batches += [deriver.take(), deriver.conclude()]
    for batch in batches:
        batch.source = str(log)
    return batches


@pytest.mark.parametrize("mode", [Lines.KEEP, Lines.REFERENCE])
def test_every_run_leads_to_its_lines(make_store: MakeStore, recorded: list[Batch], mode: Lines) -> None:
    store = make_store(mode)
    with store.writer() as writer:
        for batch in recorded:
            writer.apply(batch)
    keys = {EventKey(HOST, *event) for flow in store.all_flows() for event in unpack_evidence(flow.evidence)}
    raw = {event.key: event.raw for event in store.raw(keys)}
    assert len(keys) > 10_000 and raw.keys() == keys
    for key, content in raw.items():
        stamp = b"audit(%d.%03d:%d)" % (key.ms // 1000, key.ms % 1000, key.serial)
        assert all(stamp in line for line in content.split(b"\n"))


def test_every_event_leads_to_its_runs(make_store: MakeStore, recorded: list[Batch]) -> None:
    store = make_store(Lines.NONE)
    with store.writer() as writer:
        for batch in recorded:
            writer.apply(batch)
    for flow in list(store.all_flows())[::40]:
        for event in unpack_evidence(flow.evidence):
            assert flow in list(store.flows_at(EventKey(HOST, *event)))
