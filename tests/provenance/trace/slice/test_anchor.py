"""Where a trace starts (docs/semantics.md#where-a-trace-starts), on the bundled incident, through the command line."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from provenance.errors import NothingFound
from provenance.ingest.clock import ms_of
from provenance.ingest.facts import unpack_evidence
from provenance.ingest.identity import format_id
from provenance.store import open_store
from provenance.store.interface import Direction, Selector
from provenance.trace.slice.anchor import Anchor, Selection, anchors
from tests.provenance.recordings.recordings import SEED, ingested, run, traced

SHELL_MS = 1795490938271
SHELL = ("--command", "^bash -i$", "--remote", "198.51.100.45:4444")


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ingested(tmp_path_factory.mktemp("seed") / "seed.db", SEED.logs)


def found(seed: Path, at: int | None = None, id: int | None = None, **conditions: Any) -> list[Anchor]:
    with closing(open_store(str(seed))) as store:
        return anchors(store, Selection(Selector(**conditions), id, None, at), Direction.BACKWARD)


def start(trace: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in trace["nodes"] if node["id"] in trace["query"]["start"]]


@pytest.mark.parametrize("off_ms", [None, 0, -1999, 1999])
def test_a_coarse_time_selects_the_nearest_flow(seed: Path, off_ms: int | None) -> None:
    when = [] if off_ms is None else ["--at", str((SHELL_MS + off_ms) / 1000)]
    trace = traced("backtrack", seed, [*SHELL, *when])
    (node,) = start(trace)
    assert (node["command"], node["bound"]) == ("bash -i", "2026-11-24T03:28:58.271Z")


@pytest.mark.parametrize("off_ms", [-2100, -60_000])
def test_a_flow_too_far_from_the_time_is_no_match(seed: Path, off_ms: int) -> None:
    code, output = run("backtrack", "--store", seed, *SHELL, "--at", str((SHELL_MS + off_ms) / 1000))
    assert (code, output) == (1, "")


def test_an_unused_peer_is_no_match(seed: Path) -> None:
    with pytest.raises(NothingFound, match="no matching process has a flow"):
        found(seed, command="^bash -i$", remote_ip="198.51.100.45", remote_port=81)


def test_the_earlier_image_opened_and_the_later_one_holds_the_connection(seed: Path) -> None:
    (before,) = found(seed, SHELL_MS, command=r"^bash /tmp/shell\.sh$", remote_ip="198.51.100.45", remote_port=4444)
    (after,) = found(seed, SHELL_MS, command="^bash -i$", remote_ip="198.51.100.45", remote_port=4444)
    assert before.node.attributes["incarnation"] == after.node.attributes["incarnation"]
    assert before.node.id != after.node.id
    assert before.moment < after.moment, "not before the later image was born"


def test_the_nearest_of_several_connections(seed: Path) -> None:
    several = found(seed, command="App$", remote_ip="198.51.100.23")
    assert len(several) > 3
    for anchor in several:
        (nearest,) = found(seed, ms_of(anchor.moment) + 300, command="App$", remote_ip="198.51.100.23")
        assert nearest.moment == anchor.moment


def test_several_matches_are_listed_without_all(seed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, output = run("backtrack", "--store", seed, "--command", "^wget")
    errors = capsys.readouterr().err
    assert (code, output) == (2, "") and "2 matches" in errors and "3333" in errors
    trace = traced("backtrack", seed, ["--command", "^wget", "--all"])
    assert sorted(node["command"][:30] for node in start(trace)) == [
        "wget -q http://203.0.113.141/2",
        "wget -q http://203.0.113.61/33",
    ]


def test_forks_with_the_command_line_of_the_parent_are_no_matches(seed: Path) -> None:
    command = r"^bash -c \{echo,"
    (own,) = found(seed, command=command)
    assert not own.node.attributes.get("forked")
    with closing(open_store(str(seed))) as store:
        carried = [node for node in store.find(Selector(command=command)) if node.attributes.get("forked")]
    assert carried, "the recording has none, and the test shows nothing"


def test_a_process_by_its_id_with_a_peer(seed: Path) -> None:
    (anchor,) = found(seed, SHELL_MS, command="^bash -i$", remote_ip="198.51.100.45", remote_port=4444)
    id = format_id(anchor.node.kind, anchor.node.id)
    trace = traced("backtrack", seed, ["--id", id, "--remote", "198.51.100.45:4444"])
    (node,) = start(trace)
    assert (node["id"], node["bound"]) == (id, "2026-11-24T03:28:58.271Z")


def test_an_event(seed: Path) -> None:
    (shell,) = found(seed, SHELL_MS, command=r"^bash /tmp/shell", remote_ip="198.51.100.45", remote_port=4444)
    assert shell.flow is not None
    event = unpack_evidence(shell.flow.evidence)[0]
    key = f"web01/{event.ms // 1000}.{event.ms % 1000:03d}:{event.serial}"
    trace = traced("backtrack", seed, ["--event", key])
    assert trace["query"]["start"] and any(node.get("ip") == "198.51.100.45" for node in start(trace))
    assert any((node.get("command") or "").endswith("App") for node in trace["nodes"])
    assert run("backtrack", "--store", seed, "--event", "web01/1.000:1")[0] == 1


def test_a_file_by_a_glob(seed: Path) -> None:
    trace = traced("backtrack", seed, ["--file", "/tmp/shell.*", "--at", "1795490940"])
    (node,) = start(trace)
    assert "/tmp/shell.sh" in node["paths"] and node["bound"] == "2026-11-24T03:29:00.000Z"
    assert any((node.get("command") or "").startswith("curl -s -o /tmp/shell.sh") for node in trace["nodes"])


def test_all_conditions_hold_together(seed: Path) -> None:
    (shell,) = found(seed, SHELL_MS, command="^bash -i$", remote_ip="198.51.100.45", remote_port=4444)
    pid = int(shell.node.attributes["pid"])
    assert found(seed, command="^bash -i$", pid=pid, host="web01")
    right: dict[str, Any] = {"command": "^bash -i$", "pid": pid, "host": "web01"}
    for wrong in ({"pid": pid + 1}, {"host": "db01"}, {"command": "^zsh"}):
        with pytest.raises(NothingFound):
            found(seed, **(right | wrong))


def test_the_alert_in_json_holds_the_query(seed: Path) -> None:
    code, output = run("backtrack", "--store", seed, *SHELL, "--format", "json")
    query = json.loads(output)["query"]
    assert code == 0 and query["direction"] == "backward" and query["remote"] == "198.51.100.45:4444"
