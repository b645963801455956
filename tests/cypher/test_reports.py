"""The reports on a forward trace list the hosts, accounts, files and addresses of the tracer's slice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from provenance.ingest.accounts import Account
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind, format_id
from provenance.store.interface import Direction, Node, Selector
from provenance.text.accounts import accounts
from provenance.trace.result import Trace
from provenance.trace.slice.anchor import Selection, anchors
from provenance.trace.trace import merged, trace
from tests.cypher.cases import Case, printed
from tests.cypher.conftest import Recorded
from tests.cypher.files import NAMES, load
from tests.provenance.recordings.recordings import Recording, discovered

REPORTS = [name for name in NAMES if name.startswith("report/")]
CHANGES = {
    *(FlowKind.WROTE, FlowKind.RENAMED, FlowKind.LINKED, FlowKind.DELETED),
    *(FlowKind.CHANGED_MODE, FlowKind.CHANGED_OWNER),
}


class ForwardTrace:
    """A forward trace from the intruder's first process, by the tracer and by the reports."""

    def __init__(self, case: Case, recording: Recording) -> None:
        begin = recording.truth["forward_from"]
        at = round(begin["since"] * 1000) if "since" in begin else None
        selection = Selection(Selector(None, begin["host"], begin["process"]), at=at)
        found = anchors(case.store, selection, Direction.FORWARD)
        self.recording, self.case = recording, case
        self.trace: Trace = trace(case.store, Direction.FORWARD, found)
        self._start = printed(case.store, merged(found, Direction.FORWARD))

    def report(self, name: str) -> list[dict[str, Any]]:
        return self.case.ask(f"report/{name}", start=self._start)

    def targets(self, kinds: set[FlowKind]) -> dict[str, Node]:
        """The targets of flows of these kinds from processes of the slice."""
        nodes = self.trace.slice.nodes
        found = [
            nodes[edge.target]
            for edge in self.trace.slice.edges
            if edge.kind in kinds and nodes[edge.source].kind is EntityKind.PROCESS
        ]
        return {format_id(node.kind, node.id): node for node in found}


@pytest.fixture(scope="module", params=discovered(), ids=lambda recording: recording.name)
def recording(request: pytest.FixtureRequest) -> Recording:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def traced(recorded: Recorded, recording: Recording) -> ForwardTrace:
    """On one server: other tests compare the trace on both servers, and run each report on both."""
    return ForwardTrace(recorded("lts", recording), recording)


def test_hosts(traced: ForwardTrace) -> None:
    rows = traced.report("hosts_reached")
    assert {row["host"] for row in rows} == {host.host for host in traced.trace.hosts}
    counted = [node.host for node in traced.trace.slice.nodes.values()]
    assert {row["host"]: row["entities"] for row in rows} == {host: counted.count(host) for host in counted}
    first, *others = rows
    assert first["host"] == traced.recording.truth["forward_from"]["host"]
    assert all(row["came_from"] for row in others)


def accounts_from(node: Node, bound: int) -> list[Account]:
    """The accounts that a process had at a moment and later."""
    known = accounts(node)
    return [one for one, after in zip(known, [*known[1:], None], strict=True) if after is None or after.since > bound]


def test_accounts(traced: ForwardTrace) -> None:
    rows = traced.report("accounts_used")
    used = {
        (node.id, node.host, one.uid, one.auid)
        for node in traced.trace.slice.nodes.values()
        for one in (accounts_from(node, traced.trace.slice.bounds[node.id]) if node.kind is EntityKind.PROCESS else ())
        if one.uid is not None
    }
    assert Counter({(row["host"], row["uid"], row["auid"]): row["processes"] for row in rows}) == Counter(
        (host, uid, auid) for _, host, uid, auid in used
    )
    assert all(row["first"] <= row["last"] and None not in row["user"] for row in rows)


def test_files(traced: ForwardTrace) -> None:
    rows = traced.report("files_changed")
    changed = traced.targets(CHANGES)
    assert {row["id"] for row in rows} == {id for id, node in changed.items() if node.kind is EntityKind.FILE}
    for row in rows:
        assert set(row["names"]) == {name.path for name in changed[row["id"]].names}
        assert row["by"] and row["first"] <= row["last"]
    wanted = {
        entity["path"] for entity in traced.recording.truth["forward"].get("must", ()) if entity["kind"] == "file"
    }
    written = {edge.get("target", {}).get("path") for edge in traced.recording.truth["forward"].get("edges", ())}
    assert wanted & written <= {name for row in rows for name in row["names"]} or traced.recording.fails("forward")


def test_addresses(traced: ForwardTrace) -> None:
    rows = traced.report("addresses_contacted")
    peers = {
        id: node
        for id, node in traced.targets({FlowKind.CONNECTED, FlowKind.SENT}).items()
        if node.attributes.get("ip") is not None
    }
    assert {row["id"]: (row["ip"], row["port"]) for row in rows} == {
        id: (node.attributes["ip"], node.attributes.get("port")) for id, node in peers.items()
    }
    for row in rows:
        assert row["flows"] >= 1 and row["first"] <= row["last"] and set(row["kinds"]) <= {"CONNECTED", "SENT"}
    called = {(row["host"], host) for row in rows if "CONNECTED" in row["kinds"] for host in row["led_to"]}
    moves = {(move["src"], move["dst"]) for move in traced.recording.truth.get("lateral", ())}
    reached = {host.host for host in traced.trace.hosts}
    assert {move for move in moves if set(move) <= reached} <= called


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_returns_the_columns_of_its_header(seed: Case, name: str) -> None:
    start = printed(seed.store, {next(seed.store.find(Selector(command="^bash -i$"))).id: 0})
    rows = seed.ask(name, start=start)
    columns = load(name).header.split("Returns:")[1].split("; in order")[0]
    assert rows and all(column in columns for column in rows[0])


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_walks_like_a_forward_trace(name: str) -> None:
    end = ") AS slice\n"
    walk = load("trace/whole_forward").body.partition(end)[0]
    assert load(name).body.partition(end)[0] == walk


def test_reports() -> None:
    assert [
        f"report/{part}" for part in ("accounts_used", "addresses_contacted", "files_changed", "hosts_reached")
    ] == REPORTS
