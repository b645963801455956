"""Reduction changes no answer: traces over reduced and unreduced facts reach the same, from everywhere, at any time."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.ingest.facts import Flow
from tests.ingest.brute_force import backward, first_effects, forward, last_causes
from tests.ingest.histories import Step, histories, script_of
from tests.ingest.script import O_RDONLY, O_WRONLY, Script

THOROUGH = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_same_answers(script: Script) -> None:
    """Every entity as the start, every moment of an event as the time, both directions."""
    plain, reduced = script.facts(reduce=False), script.facts()
    every, few = plain.runs, reduced.runs
    assert {flow[:3] for flow in every} == {flow[:3] for flow in few}
    entities = {flow.source for flow in every} | {flow.target for flow in every}
    for entity in entities:
        for moment in sorted(plain.numbers):
            back, back_reduced = backward(every, entity, moment), backward(few, entity, moment)
            where = f"backward from {plain.labels[entity]} at event {plain.numbers[moment]}"
            assert back.keys() == back_reduced.keys(), where
            assert last_causes(every, back) == last_causes(every, back_reduced), where
            on, on_reduced = forward(every, entity, moment), forward(few, entity, moment)
            where = f"forward from {plain.labels[entity]} at event {plain.numbers[moment]}"
            assert on.keys() == on_reduced.keys(), where
            assert first_effects(every, on) == first_effects(every, on_reduced), where


@THOROUGH
@given(histories(25), st.booleans())
def test_reduction_changes_no_answer(history: list[Step], closes: bool) -> None:
    assert_same_answers(script_of(history, closes))


@THOROUGH
@given(histories(60))
def test_a_run_summarizes_its_flows(history: list[Step]) -> None:
    """Edge by edge: the same first and last moment, and as many flows."""
    script = script_of(history)
    assert _summary(script.facts(reduce=False).runs) == _summary(script.facts().runs)


def _summary(flows: list[Flow]) -> dict[tuple[int, int, int], tuple[int, int]]:
    found: dict[tuple[int, int, int], tuple[int, int]] = {}
    for flow in flows:
        first, last = found.get(flow[:3], (flow.first, flow.last))
        found[flow[:3]] = min(first, flow.first), max(last, flow.last)
    return found


@THOROUGH
@given(histories(40))
def test_no_flow_leaves_a_process_before_its_birth_or_enters_it_after_its_end(history: list[Step]) -> None:
    facts = script_of(history).facts()
    for flow in facts.runs:
        assert flow.first <= flow.last
        for end in (flow.source, flow.target):
            node = facts.nodes[end]
            if "pid" in node.attributes and not node.attributes.get("observed_only"):
                assert node.first <= flow.first, (facts.labels[end], flow.kind.name)
                assert flow.last <= node.attributes.get("end", flow.last), (facts.labels[end], flow.kind.name)


@THOROUGH
@given(histories(25), st.integers(1, 25))
def test_no_trace_uses_an_effect_before_its_cause(history: list[Step], cut: int) -> None:
    """What a trace back from a moment finds hangs on nothing that happened after it."""
    script = script_of(history, children_speak=True)
    part, complete = Script(events=script.events[:cut]).facts(), script.facts()
    for entity in part.nodes:
        for moment in part.numbers:
            found = backward(complete.runs, entity, moment).keys() & part.nodes.keys()
            assert found <= backward(part.runs, entity, moment).keys(), part.labels[entity]


def test_repeated_writes_become_one_run() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/log", O_WRONLY)
    for _ in range(10):
        sh.writes(3)
    facts = script.facts()
    assert facts.spans["sh:100 -WROTE-> /log"] == [(2, 11)]
    (run,) = [flow for flow in facts.runs if flow.kind.name == "WROTE"]
    assert (run.times, len(run.evidence)) == (10, 120)


def test_a_read_between_writes_splits_the_run() -> None:
    """The first condition: else a trace back from the file before the secret was read would find the secret."""
    script = Script()
    sh = script.process(100)
    sh.opens("/log", O_WRONLY)
    sh.writes(3)
    sh.writes(3)
    sh.opens("/secret", fd=4)
    sh.closes(4)
    sh.writes(3)
    assert script.facts().spans["sh:100 -WROTE-> /log"] == [(2, 3), (6, 6)]


def test_a_reader_between_writes_splits_the_run() -> None:
    """The second condition: else what is written last would seem to have been read before."""
    script = Script()
    sh = script.process(100)
    sh.opens("/log", O_WRONLY)
    sh.writes(3)
    sh.writes(3)
    cat = script.process(200, comm="cat")
    cat.opens("/log")
    cat.closes(3)
    sh.writes(3)
    assert script.facts().spans["sh:100 -WROTE-> /log"] == [(2, 3), (6, 6)]


def test_repeated_opens_become_one_run() -> None:
    script = Script()
    sh = script.process(100)
    for _ in range(5):
        sh.opens("/log", O_WRONLY)
        sh.closes(3)
    assert script.facts().spans["sh:100 -WROTE-> /log"] == [(1, 10)]


def test_descriptors_of_an_unseen_child_split_runs() -> None:
    """A fork is recorded, and its child does nothing for long: then it turns out to have written all the while."""
    script = Script()
    sh = script.process(100)
    sh.opens("/f", O_WRONLY)
    child = sh.forks(101)
    sh.closes(3)
    cat = script.process(200, comm="cat")
    for _ in range(3):
        cat.opens("/f")
        cat.closes(3)
        script.process(300).opens("/other")
    child.exits()
    assert_same_answers(script)


@pytest.mark.parametrize("inherited", [O_RDONLY, O_WRONLY])
def test_inherited_descriptors_split_the_runs_of_a_child(inherited: int) -> None:
    """It writes (reads) a file of its own; that it read (wrote) what it inherited is known at its end."""
    script = Script()
    sh = script.process(100)
    sh.opens("/inherited", inherited)
    child = sh.forks(101)
    child.opens("/own", O_WRONLY if inherited == O_RDONLY else O_RDONLY, fd=4)
    for _ in range(3):
        child.call("write" if inherited == O_RDONLY else "read", 4, 0, 8, exit=8)
        script.process(300).opens("/other")
    child.exits()
    assert_same_answers(script)


def test_a_run_stays_small_enough_to_read() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/log", O_WRONLY)
    for _ in range(100):
        sh.writes(3)
    runs = [flow for flow in script.facts().runs if flow.kind.name == "WROTE"]
    assert sorted(run.times for run in runs) == [36, 64]
