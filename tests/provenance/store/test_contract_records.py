"""Checkpoints, hosts, documents and notes beside the graph; and provisional runs."""

from __future__ import annotations

import pytest

from provenance.errors import UsageError
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind, Note, pack_evidence
from provenance.ingest.identity import EntityKind
from provenance.store.documents import Document
from provenance.store.interface import Direction, HostSummary, Store
from provenance.transfer.digest import digest

HOST = "web\udcff"
RUN = Flow(FlowKind.READ, 1, 2, 10, 20, 1, pack_evidence((1_700_000_000_000, 5)))


def apply(store: Store, *batches: Batch) -> None:
    with store.writer() as writer:
        for batch in batches:
            writer.apply(batch)


def test_the_last_checkpoint_is_returned(store: Store) -> None:
    apply(
        store, Batch(HOST, checkpoint=b"1"), Batch(HOST, checkpoint=b"2"), Batch(HOST), Batch("db01", checkpoint=b"3")
    )
    with store.writer() as writer:
        assert writer.checkpoint(HOST) == b"2"
        assert writer.checkpoint("db01") == b"3"
        assert writer.checkpoint("elsewhere") is None


def test_documents_are_committed_with_their_batch(store: Store) -> None:
    with store.writer() as writer:
        writer.apply(Batch(HOST, checkpoint=b"1"), [Document("mark", "a"), Document("mark", "b", {"n": 1})])
        with pytest.raises(UsageError):
            writer.apply(Batch(HOST, checkpoint=b"2"), [Document("mark", "c"), Document("mark", "no name\n")])
        writer.apply(Batch(HOST), [Document("mark", "b", {"n": 2})])
        assert writer.checkpoint(HOST) == b"1"
    documents = store.documents()
    assert [(one.key, one.body) for one in documents.page("mark")] == [("a", {}), ("b", {"n": 1})]
    assert documents.replace(documents.page("mark")[1], {"n": 3}), "it is of version 1"


def test_hosts_are_summed_up(store: Store) -> None:
    apply(
        store,
        Batch(HOST, tallies={"events": 2, "unhandled:\udcff": 1}, first=5, last=9),
        Batch(HOST, tallies={"events": 3}, first=5, last=12),
        Batch(HOST, tallies={"known": 1}),
        Batch("app", first=7, last=8),
    )
    with store.writer() as writer:
        writer.describe_host(HOST, ["10.0.0.1", "::1"], -250)
        writer.describe_host("never read", [], 0)
    assert store.hosts() == [
        HostSummary("app", 7, 8, {}, (), 0),
        HostSummary("never read", 0, 0, {}, (), 0),
        HostSummary(HOST, 5, 12, {"events": 5, "unhandled:\udcff": 1, "known": 1}, ("10.0.0.1", "::1"), -250),
    ]
    assert store.statistics().hosts == tuple(store.hosts())
    size = store.statistics().bytes
    assert size is None or size > 0


def test_notes_by_time_host_and_subject(store: Store) -> None:
    early, late = Note(5, 1, 1, "USER_LOGIN", 1, "a"), Note(9, 2, 2, "AVC", None, "b\x00\udcff")
    other = Note(7, 3, 3, "USER_CMD", 2, "c")
    apply(store, Batch(HOST, notes=[late, early]), Batch("db01", notes=[other]))
    assert list(store.notes(None, 0, 100)) == [early, other, late]
    assert list(store.notes(HOST, 0, 100)) == [early, late]
    assert list(store.notes(None, 6, 9)) == [other, late]
    assert list(store.notes(None, 0, 100, [1, 2, 99])) == [early, other]
    assert list(store.notes(HOST, 0, 100, [2])) == []
    assert list(store.notes(None, 6, 100, [1, 2])) == [other]


def test_undescribed_nodes_are_not_returned(store: Store) -> None:
    apply(store, Batch(HOST, flows=[RUN]))
    assert store.nodes([1, 2]) == {} and list(store.all_nodes()) == []
    assert list(store.expand(Direction.BACKWARD, {2: 10})) == [RUN]
    apply(store, Batch(HOST, [Entity(2, EntityKind.PROCESS, HOST, 4, {"pid": 3})]))
    assert store.nodes([1, 2])[2].attributes == {"pid": 3}
    assert store.statistics().nodes == {EntityKind.PROCESS: 1}


def test_provisional_runs_are_dropped_by_the_next_batch(store: Store) -> None:
    open_run = RUN._replace(first=30, last=99, open=True)
    of_other_host = Flow(FlowKind.READ, 3, 4, 1, 2, 1, b"", open=True)
    apply(store, Batch(HOST, flows=[RUN, open_run]), Batch("db01", flows=[of_other_host]))
    assert set(store.all_flows()) == {RUN, open_run, of_other_host}
    settled = open_run._replace(last=40, open=False)
    apply(store, Batch(HOST, flows=[settled], begins=True))
    assert set(store.all_flows()) == {RUN, settled, of_other_host}
    assert store.statistics().flows == {FlowKind.READ: 3}


def test_a_settled_run_is_restored_after_a_provisional_one(store: Store) -> None:
    apply(store, Batch(HOST, flows=[RUN]))
    before = digest(store)
    apply(store, Batch(HOST, flows=[RUN._replace(last=99, times=7, open=True)]))
    assert list(store.all_flows()) == [RUN._replace(last=99, times=7, open=True)]
    apply(store, Batch(HOST, begins=True))
    assert list(store.all_flows()) == [RUN]
    assert digest(store) == before
    assert store.statistics().flows == {FlowKind.READ: 1}


def test_reached_flows_are_returned_at_any_time_and_replaced_together(store: Store) -> None:
    reached = Flow(FlowKind.REACHED, 1, 2, 50, 60, 1, b"", detail={"confidence": 0.5, "skew": -3, "reason": "times"})
    other = reached._replace(target=3)
    apply(store, Batch(HOST, flows=[RUN]))
    with store.writer() as writer:
        writer.join([reached, other])
    assert list(store.expand(Direction.BACKWARD, {2: 15})) == [RUN, reached]
    assert list(store.expand(Direction.FORWARD, {1: 10_000})) == [reached, other]
    assert list(store.expand(Direction.BACKWARD, {2: 15}, limit=1)) == [reached]
    with store.writer() as writer:
        writer.join([other], replace=False)
        writer.join([other])
    assert list(store.flows(None, None, FlowKind.REACHED)) == [other]
    assert store.statistics().flows == {FlowKind.READ: 1, FlowKind.REACHED: 1}
