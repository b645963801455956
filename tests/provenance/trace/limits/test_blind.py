"""Blind intervals of a trace: gaps in the log of a process count from then on, also after its last flow."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from provenance.ingest.clock import LAST
from provenance.ingest.facts import Blind
from provenance.ingest.rules.gaps import EXPLAINED, MISSING, WHY
from provenance.intake.run import ingest
from provenance.store.interface import Direction, HostSummary, Selector
from provenance.store.sqlite.store import SQLiteStore
from provenance.trace.limits.gaps import unexplained
from provenance.trace.trace import trace_from
from tests.ingest.script import Script

MAY_BE_LEFT_OUT = "the audit rules may leave it out"
CALLS = {"io_uring_setup": "io_uring", "clone": "shares its descriptors"}


def reasons(folder: Path, script: Script, direction: Direction, at: int | None = None, pid: int = 100) -> list[str]:
    log = folder / "audit.log"
    log.write_bytes(script.text())
    with closing(SQLiteStore(folder / "graph.db")) as store:
        ingest(store, [str(log)])
        (node,) = [node for node in store.find(Selector(pid=pid)) if node.attributes.get("exe")]
        start = {node.id: at if at is not None else (LAST if direction is Direction.BACKWARD else 0)}
        found = [blind.why for blind in trace_from(store, direction, start).blinds]
        return [why for why in found if MAY_BE_LEFT_OUT not in why]


def uses(call: str) -> Script:
    """A process that connects, and whose last record is the call after which the log no longer shows all that it does."""
    script = Script()
    sh = script.process(100)
    sh.sockets(3)
    sh.connects(3, "198.51.100.7", 443)
    script.wait(60_000)
    sh.call(call, 8 if call == "io_uring_setup" else 0x400 | 17, exit=4)
    script.wait(60_000)
    script.process(900, comm="other").opens("/x", fd=5)
    return script


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("direction", Direction)
def test_gaps_after_the_last_flow_of_a_process_are_in_its_traces(
    tmp_path: Path, call: str, direction: Direction
) -> None:
    assert any(CALLS[call] in why for why in reasons(tmp_path, uses(call), direction))


@pytest.mark.parametrize("call", CALLS)
def test_gaps_after_a_backward_trace_are_not_in_it(tmp_path: Path, call: str) -> None:
    script = uses(call)
    before = (script.ms - 100_000) << 20
    assert reasons(tmp_path, script, Direction.BACKWARD, before) == []


def test_lost_records_after_the_last_flow_of_a_process_are_in_its_traces(tmp_path: Path) -> None:
    script = uses("umask")
    script.serial += 5
    script.process(900, comm="other").opens("/y", fd=5)
    assert reasons(tmp_path, script, Direction.FORWARD) == [WHY]


@pytest.mark.parametrize(("is_fork_lost", "expected"), [(True, [WHY]), (False, [])])
def test_lost_records_before_a_trace_are_in_it_where_its_first_process_is_not_explained(
    tmp_path: Path, is_fork_lost: bool, expected: list[str]
) -> None:
    """They are where it began, and who made it begin."""
    script = Script()
    server = script.process(50, comm="httpd")
    server.accepts(3, 9, "198.51.100.7", 40_000)
    if is_fork_lost:
        script.serial += 3
    script.wait(20)
    server.opens("/srv/log", fd=5)
    shell = script.process(99, comm="sh").child(100) if is_fork_lost else server.forks(100)
    shell.execs("/tmp/.m", "/tmp/.m")
    shell.sockets(3)
    shell.connects(3, "203.0.113.9", 443)
    assert reasons(tmp_path, script, Direction.BACKWARD) == expected


def test_gaps_after_the_end_of_a_process_are_not_in_its_traces(tmp_path: Path) -> None:
    script = Script()
    sh = script.process(100)
    sh.sockets(3)
    sh.connects(3, "198.51.100.7", 443)
    sh.exits()
    script.wait(60_000)
    script.process(900, comm="other").opens("/x", fd=5)
    script.serial += 5
    script.process(900, comm="other").opens("/y", fd=5)
    assert reasons(tmp_path, script, Direction.FORWARD) == []


def summary(host: str, missing: int, explained: int) -> HostSummary:
    return HostSummary(host, 1, 9, {MISSING: missing, EXPLAINED: explained}, (), 0)


def test_serials_that_other_hosts_of_the_kernel_hold_are_no_loss() -> None:
    blinds = [Blind(host, 1, 9, WHY) for host in ("a", "b", "c")] + [Blind("a", 1, 9, "another")]
    assert unexplained(blinds, [summary(host, 5, 5) for host in "abc"]) == (blinds[3],)
    found = unexplained(blinds, [summary(host, 9, 6) for host in "ab"])
    assert [(blind.host, blind.why[:9]) for blind in found] == [("a", "3 serials"), ("c", WHY[:9]), ("a", "another")]
