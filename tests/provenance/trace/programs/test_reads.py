"""The reads of programs: a trace is the same whether its reads were looked up for it or for an earlier trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from provenance.ingest.clock import LAST
from provenance.ingest.facts import Batch, Entity, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store import open_store
from provenance.store.interface import Direction, Store
from provenance.trace.story.incident_material import IncidentMaterial
from provenance.trace.trace import trace_from
from tests.provenance.trace.graphs import flow

SHELL, CRON, CHILD = 1, 2, 3
SECRET, TABLE, LIBRARY, HISTORY = 11, 12, 13, 14
PROGRAMS = {SHELL: "/bin/bash", CRON: "/usr/sbin/cron", CHILD: "/opt/child"}
FILES = {SECRET: "/etc/shadow", TABLE: "/opt/table", LIBRARY: "/usr/lib/libc.so.6", HISTORY: "/home/a/my_history"}
FLOWS = [
    flow(FlowKind.SPAWNED, SHELL, CHILD, 20 << 20),
    *(flow(FlowKind.READ, file, program, 30 << 20) for file in FILES for program in PROGRAMS),
    flow(FlowKind.WROTE, SHELL, TABLE, 25 << 20),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    process, file = EntityKind.PROCESS, EntityKind.FILE
    entities = [
        *(Entity(id, process, "web01", 1, {"pid": id, "command": exe, "exe": exe}) for id, exe in PROGRAMS.items()),
        *(Entity(id, file, "web01", 1, {"path": path}) for id, path in FILES.items()),
    ]
    with closing(open_store(str(tmp_path / "graph.db"))) as opened:
        with opened.writer() as writer:
            writer.apply(Batch("web01", entities, flows=FLOWS))
        yield opened


def reads(store: Store, shared: IncidentMaterial, start: int, at: int = 0) -> dict[int, set[int]]:
    """The files that each step of a forward trace reads."""
    steps = trace_from(store, Direction.FORWARD, {start: at}, shared=shared).chain
    ids = {path: id for id, path in FILES.items()}
    found: dict[int, set[int]] = {}
    for step in steps:
        objects = [name for effect in step.effects if effect.verb == "reads" for name in effect.objects]
        found.setdefault(step.node, set()).update(ids[name] for name in objects)
    return found


def test_a_step_names_neither_libraries_nor_what_its_program_always_reads(store: Store) -> None:
    found = reads(store, IncidentMaterial(), SHELL)
    assert found[SHELL] == {SECRET, TABLE}
    assert found[CHILD] == {SECRET, TABLE, HISTORY}
    assert found[CRON] == {TABLE}, "only what the shell changed"
    assert reads(store, IncidentMaterial(), CRON)[CRON] == set()


def test_reads_before_the_bound_of_a_trace_do_not_count(store: Store) -> None:
    assert reads(store, IncidentMaterial(), CHILD, 31 << 20)[CHILD] == set()


def test_a_trace_does_not_depend_on_what_earlier_traces_looked_up(store: Store) -> None:
    shared = IncidentMaterial()
    starts = [(program, moment << 20) for program in PROGRAMS for moment in (0, 22, 28, 31)]
    for program, moment in [*starts, *reversed(starts)]:
        assert reads(store, shared, program, moment) == reads(store, IncidentMaterial(), program, moment)
        assert trace_from(store, Direction.BACKWARD, {program: LAST}, shared=shared) == trace_from(
            store, Direction.BACKWARD, {program: LAST}
        )


def test_a_trace_does_not_depend_on_how_much_stays_in_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.trace.programs.reads._MOST_KEPT", 2)
    shared = IncidentMaterial()
    for program in [*PROGRAMS, *PROGRAMS]:
        assert reads(store, shared, program) == reads(store, IncidentMaterial(), program)
