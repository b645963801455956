"""The confidence of steps, where a connection within the host was paired without proof."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from provenance.incidents.traced_alert import story_steps
from provenance.ingest.clock import LAST
from provenance.ingest.identity import EntityKind
from provenance.service.graphql.schema import make_schema
from provenance.service.graphql.traces.traces import trace_of
from provenance.store import open_store
from provenance.store.interface import Direction, Selector
from provenance.trace.trace import trace_from
from tests.ingest.script import Script
from tests.provenance.intake.logs import write_log
from tests.provenance.recordings.recordings import ingested, run
from tests.provenance.trace.servers import PEER, harm, server
from tests.provenance.trace.way_in.test_interleaved import ALERT, two_clients

GUESSED = {f"{PEER}:40000 enters through shopd (uid 0)": 0.5, "bash /tmp/.x → contacts 203.0.113.9:8443/tcp": 1.0}


def test_every_form_of_a_story_carries_the_confidence_of_a_guessed_connection(tmp_path: Path) -> None:
    """The other client's accept is missing, so that the pair has a confidence of 0.5. The alert's own program is sure."""
    script = Script()
    two_clients(script, before=1, after=0)
    path = ingested(tmp_path / "s.db", [write_log(tmp_path / "s.log", script.text())])
    options = ("--store", path, "--command", ALERT)
    _, document = run("backtrack", *options, "--format", "json")
    assert {step["text"]: step["confidence"] for step in json.loads(document)["chain"]} == GUESSED
    _, text = run("backtrack", *options, "--steps", "all", "--wide")
    assert f"{PEER}:40000 enters through shopd (uid 0) (confidence 0.5)" in text
    with closing(open_store(str(path))) as store:
        (start,) = store.find(Selector(frozenset((EntityKind.PROCESS,)), command=ALERT))
        found = trace_from(store, Direction.BACKWARD, {start.id: LAST})
    assert {step.text: step.confidence for step in story_steps(found)} == GUESSED
    make_schema()  # it registers the kinds of entities
    assert {step.text: step.confidence for step in trace_of(found).chain()} == GUESSED


def test_a_forward_trace_is_as_sure_as_the_connection_that_it_goes_through(tmp_path: Path) -> None:
    script = Script()
    two_clients(script, before=1, after=0)
    path = ingested(tmp_path / "s.db", [write_log(tmp_path / "s.log", script.text())])
    _, document = run("forward", "--store", path, "--remote", f"{PEER}:40000", "--format", "json")
    found = {step["text"].split(" ")[0]: step["confidence"] for step in json.loads(document)["chain"]}
    assert 0.5 <= found["bash"] < 1.0


def test_what_is_not_guessed_is_sure(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    harm(shop)
    path = ingested(tmp_path / "s.db", [write_log(tmp_path / "s.log", script.text())])
    _, document = run("backtrack", "--store", path, "--command", ALERT, "--format", "json")
    assert {step["confidence"] for step in json.loads(document)["chain"]} == {1.0}
