"""Many objects in a few words, and the processes at the other end of a pipe."""

from __future__ import annotations

from io import StringIO

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.render.as_text import write_text
from provenance.render.fold import summarise
from provenance.store.interface import Direction
from provenance.trace.result import Trace
from tests.provenance.render.conftest import Maker


def test_pipes_are_counted_by_their_type() -> None:
    make = Maker()
    for type in ("pipe", "socketpair", "pipe"):
        make.node(EntityKind.PIPE, 0, type=type)
    assert summarise(list(make.nodes.values())) == "2 pipes, 1 socketpair"


def test_the_tree_names_each_process_once() -> None:
    """A process that no record names but by its number, and one that wrote into a pipe as two program images."""
    make = Maker()
    parent = make.node(EntityKind.PROCESS, 0, pid=1, observed_only=True)
    before, after = make.process(10, 7, "sh -c x"), make.process(20, 7, "x")
    reader = make.process(10, 9, "cat")
    pipe = make.node(EntityKind.PIPE, 10, type="pipe")
    for child in (before, reader):
        make.flow(FlowKind.SPAWNED, parent, child, 10)
    make.flow(FlowKind.EXECUTED, before, after, 20)
    for source, target in ((before, pipe), (after, pipe), (pipe, reader)):
        make.flow(FlowKind.PIPED, source, target, 30)
    out = StringIO()
    write_text(Trace(make.slice(Direction.BACKWARD, reader), {}), out)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert "03:28:52.000  1 (no records of its own)" in lines
    assert any(line.endswith("read from pipe written by 7") for line in lines)


def test_sessions_and_files_without_a_name_are_summarised_too() -> None:
    make = Maker()
    for ses in (1, 2):
        make.node(EntityKind.SESSION, 0, ses=ses)
    assert summarise(list(make.nodes.values())).startswith("2 sessions: 1 named ")
    make = Maker()
    for _ in range(2):
        make.node(EntityKind.FILE, 0, path=None)
    assert summarise(list(make.nodes.values())) == "2 files in (unnamed)"
