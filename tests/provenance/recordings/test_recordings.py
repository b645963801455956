"""Every recording by the command line, compared with its truth.json: what traces must and must not contain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from provenance.cli.evidence import keys_of
from provenance.ingest.rules.unrecorded_calls import KINDS
from provenance.store import open_store
from tests.provenance.recordings.recordings import SEED, Recording, discovered, ingested, run, traced
from tests.provenance.recordings.truth import (
    blind_failures,
    chain_failures,
    decoded_failures,
    entry_failures,
    excess_failures,
    exposed_failures,
    failures,
    hosts_failures,
    inseparable_failures,
    lateral_failures,
)

STORIES = Path(__file__).parent / "stories"
"""The story of each recording, read by somebody who did not know the incident and compared with its STORY.md."""


class Case:
    """A recording in a store, with its two traces."""

    def __init__(self, recording: Recording, store: Path) -> None:
        self.recording = recording
        self.truth = recording.truth
        self.store = ingested(store, recording.logs)

    @cached_property
    def backward(self) -> dict[str, Any]:
        return traced("backtrack", self.store, self.recording.backward())

    @cached_property
    def forward(self) -> dict[str, Any]:
        return traced("forward", self.store, self.recording.forward())


@pytest.fixture(scope="module", params=discovered(), ids=lambda recording: recording.name)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(request.param, tmp_path_factory.mktemp(request.param.name) / "case.db")


def test_the_bundled_truth_is_the_shared_one(shared: Path) -> None:
    truth = json.loads((shared / "recordings" / "seed" / "truth.json").read_text("utf-8"))
    assert truth.keys() == SEED.truth.keys()
    assert {name: value for name, value in SEED.truth.items() if name != "note"} == {
        name: value for name, value in truth.items() if name != "note"
    }


def judge(case: Case, part: str, failures: Iterable[str]) -> None:
    """Fail for unknown failures, and for known failures that no longer fail: a fix removes them from known.json."""
    found = list(failures)
    known = [one for one in case.recording.known if one["part"] == part]
    assert [failure for failure in found if not any(failure.startswith(one["failure"]) for one in known)] == []
    mended = [one["failure"] for one in known if not any(failure.startswith(one["failure"]) for failure in found)]
    assert mended == [], "these hold now: remove them from known.json"
    if known:
        pytest.xfail("; ".join(sorted({one["reason"] for one in known})))


def test_backward(case: Case) -> None:
    judge(case, "backward", failures(case.backward, case.truth["backward"]))


def test_forward(case: Case) -> None:
    judge(case, "forward", failures(case.forward, case.truth["forward"]))


def test_what_no_record_separates_is_in_the_trace_and_counted_in_the_story(case: Case) -> None:
    parts = {"backward": ("backtrack", case.backward), "forward": ("forward", case.forward)}
    for part, (command, trace) in parts.items():
        if "inseparable" in case.truth[part]:
            selection = case.recording.backward() if part == "backward" else case.recording.forward()
            code, story = run(command, "--store", case.store, *selection)
            assert (code, [*inseparable_failures(trace, story, case.truth[part])]) == (0, [])


def test_the_first_entry_is_the_way_in(case: Case) -> None:
    assert [entry["rank"] for entry in case.backward["entries"]] == list(range(1, len(case.backward["entries"]) + 1))
    judge(case, "entry", entry_failures(case.backward, case.truth["entry"]))


def test_no_trace_is_truncated(case: Case) -> None:
    assert case.backward["truncated"] is None and case.forward["truncated"] is None


def test_hosts_and_moves_between_them(case: Case) -> None:
    found = [*lateral_failures(case.forward, case.truth), *hosts_failures(case.forward, case.truth)]
    judge(case, "hosts", [*found, *exposed_failures(case.backward, case.forward, case.truth)])


def test_hidden_commands_are_decoded(case: Case) -> None:
    expected = case.truth.get("decoded", [])
    judge(case, "decoded", [*decoded_failures(case.backward, expected), *decoded_failures(case.forward, expected)])


def test_the_backward_chain_is_in_order(case: Case) -> None:
    order = case.truth.get("timeline_order_backward", case.truth.get("timeline_order", []))
    found = [*chain_failures(case.backward, order)]
    judge(case, "story backward", [*found, *excess_failures(case.backward, case.truth.get("untold", []))])


def test_the_forward_chain_is_in_order(case: Case) -> None:
    found = [*chain_failures(case.forward, case.truth.get("timeline_order", []))]
    judge(case, "story forward", [*found, *excess_failures(case.forward, case.truth.get("untold", []))])


def test_unrecorded_calls_are_reported(case: Case) -> None:
    reported = {blind["why"] for blind in case.backward["blind"]}
    names = sorted(name for name, kind in KINDS.items() if kind.why in reported)
    expected = case.truth.get("unrecorded", [])
    judge(case, "unrecorded", [] if names == expected else [f"reported as not recorded: {names}, not {expected}"])


def test_blind_intervals_are_reported(case: Case) -> None:
    judge(case, "blind", blind_failures(case.backward, case.truth.get("blind", [])))


def _edges(case: Case) -> set[str]:
    return {edge["id"] for trace in (case.backward, case.forward) for edge in trace["edges"]}


def test_every_edge_leads_to_its_raw_lines(case: Case) -> None:
    with closing(open_store(str(case.store))) as store:
        for edge in _edges(case):
            keys = keys_of(store, edge)
            found = list(store.raw(keys))
            assert keys and {event.key for event in found} == set(keys)
            for event in found:
                stamp = b"audit(%d.%03d:%d)" % (event.key.ms // 1000, event.key.ms % 1000, event.key.serial)
                assert all(stamp in line for line in event.raw.split(b"\n"))


def test_the_command_gives_the_lines_of_an_edge(case: Case) -> None:
    for edge in list(case.backward["edges"])[::60]:
        code, output = run("evidence", "--store", case.store, edge["id"])
        assert code == 0
        for event in edge["evidence"]:
            assert f":{event['serial']})" in output


def test_every_edge_of_a_trace_names_its_events(case: Case) -> None:
    for trace in (case.backward, case.forward):
        assert all(edge["evidence"] and edge["count"] >= 1 for edge in trace["edges"])


def test_no_effect_comes_before_its_cause(case: Case) -> None:
    bounds = {node["id"]: node["bound"] for node in case.backward["nodes"]}
    for edge in case.backward["edges"]:
        if edge["kind"] != "REACHED" and bounds[edge["target"]] is not None:
            assert edge["first"] <= bounds[edge["target"]]
    bounds = {node["id"]: node["bound"] for node in case.forward["nodes"]}
    for edge in case.forward["edges"]:
        if edge["kind"] != "REACHED" and bounds[edge["source"]] is not None:
            assert edge["last"] >= bounds[edge["source"]]


def test_every_step_belongs_to_a_node_of_the_trace(case: Case) -> None:
    """Also steps whose program or peer is not in the slice; those are in `context`."""
    for trace in (case.backward, case.forward):
        nodes = {node["id"] for node in trace["nodes"]}
        context = {node["id"] for node in trace["context"]}
        assert {step["node"] for step in trace["chain"]} <= nodes and not nodes & context
        assert {step["entity"] for step in trace["chain"]} <= nodes | context
        assert all(step["node"] == step["entity"] for step in trace["chain"] if step["entity"] in nodes)


def test_the_story_of_a_forward_trace_tells_its_start(case: Case) -> None:
    """The intruder's first process, which may be a shell that only ran a program that is told too; and the peer of the way in."""
    entry = case.backward["entries"][0]
    for selection in (case.recording.forward(), ["--id", entry["node"], "--since", entry["time"]]):
        trace = traced("forward", case.store, selection)
        _, printed = run("forward", "--store", case.store, *selection)
        story = "".join(printed.split("\n\nThe trace: ", 1)[0].partition("\nSteps ")[2].split())
        first = next(step["text"] for step in trace["chain"] if step["node"] in trace["query"]["start"])
        assert "".join(first.split(" → ")[0].split())[:15] in story


def test_the_story_fits_one_screen_with_way_in_programs_and_effects(
    case: Case, golden: Callable[[Path, str], None]
) -> None:
    code, output = run("backtrack", "--store", case.store, *case.recording.backward())
    assert code == 0
    text = output.split("\n\nThe trace: ", 1)[0].replace(str(case.store), "STORE") + "\n"
    lines = text.splitlines()
    assert len(lines) <= 40
    assert all(len(line) <= 100 and "…" not in line for line in lines if not line.startswith("Next"))
    golden(STORIES / f"{case.recording.name}.txt", text)
