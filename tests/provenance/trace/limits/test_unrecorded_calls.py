"""Kinds of calls of which a host's log holds no record: every trace that touches the host says so, with its doubt."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from provenance.ingest import checkpoint
from provenance.ingest.clock import LAST
from provenance.ingest.deriver import Deriver
from provenance.ingest.rules.unrecorded_calls import KINDS, NEVER
from provenance.ingest.state.unrecorded_calls import (
    ALL_RECORDED,
    ARRIVALS,
    CALLS,
    CONNECTS,
    ENDS,
    FORKS,
    OPENINGS,
    PROGRAMS,
)
from provenance.intake.run import ingest
from provenance.store.interface import Direction, Selector
from provenance.store.sqlite.store import SQLiteStore
from provenance.trace.limits.unrecorded_calls import never_recorded
from provenance.trace.trace import trace_from
from tests.ingest.script import Actor, Script
from tests.provenance.intake.logs import write_log
from tests.provenance.recordings.recordings import ingested, run

PEER = "203.0.113.9"
STEPS = {
    FORKS: lambda shell: shell.forks(300),
    ENDS: lambda shell: shell.child(301).exits(),
    OPENINGS: lambda shell: shell.opens("/etc/passwd", fd=9),
    ARRIVALS: lambda shell: shell.accepts(3, 4, PEER, 40_000),
    CONNECTS: lambda shell: shell.connects(5, PEER, 443),
    PROGRAMS: lambda shell: shell.child(302).execs("/bin/date"),
}


def kinds_lacking(folder: Path, *parts: Script) -> set[str]:
    """The kinds that a backward trace from the process 100 says are not recorded, after one ingest for each part of the log."""
    with closing(SQLiteStore(folder / "s.db")) as store:
        for number, part in enumerate(parts):
            ingest(store, [str(write_log(folder / f"{number}.log", part.text()))])
        (node,) = [node for node in store.find(Selector(pid=100)) if node.attributes.get("exe")]
        blinds = trace_from(store, Direction.BACKWARD, {node.id: LAST}).blinds
        (summary,) = store.hosts()
        reported = {blind.why.partition(" is recorded in ")[0] for blind in blinds if "may leave it out" in blind.why}
        never = never_recorded(summary)
        assert len(reported) == len(never), "the trace names what the counters have"
        return set(never)


def script_with(*kinds: str) -> Script:
    script = Script()
    shell = script.process(100)
    shell.call("umask")
    for kind in kinds:
        STEPS[kind](shell)
    shell.call("umask")
    return script


@pytest.mark.parametrize("kind", STEPS)
def test_a_short_log_lacks_what_it_never_recorded(tmp_path: Path, kind: str) -> None:
    assert kinds_lacking(tmp_path, script_with(kind)) == set(CALLS) - {kind}


def test_a_log_that_records_every_kind_lacks_none(tmp_path: Path) -> None:
    assert kinds_lacking(tmp_path, script_with(*STEPS)) == set()


def test_what_the_next_file_of_a_log_records_is_lacking_no_more(tmp_path: Path) -> None:
    one = script_with(CONNECTS)
    two = Script(serial=one.serial, ms=one.ms + 1000)
    STEPS[ARRIVALS](two.process(100))
    two.process(100).call("umask")
    assert kinds_lacking(tmp_path, one, two) == set(CALLS) - {ARRIVALS, CONNECTS}


def test_a_log_that_an_earlier_version_began_says_nothing() -> None:
    deriver = Deriver("web01")
    for event in script_with(CONNECTS).parsed():
        deriver.push(event)
    deriver.take()
    deriver.host.recorded_kinds = ALL_RECORDED
    again = checkpoint.load(checkpoint.save(deriver))[0]
    later = Script(serial=100)
    STEPS[ARRIVALS](later.process(100))
    for event in later.parsed():
        again.push(event)
    assert not any(name.startswith(NEVER) for name in again.take().tallies)


def programs_under_rules_without_accept(amount: int) -> Script:
    script = Script()
    server: Actor = script.process(100, comm="httpd")
    for number in range(amount):
        shell = server.child(200 + number)
        shell.execs("/bin/bash", "bash", "-c", f"id {number}")
    shell.connects(3, PEER, 443)
    return script


@pytest.mark.parametrize("amount", [1, 15, 16])
def test_a_trace_that_ends_at_a_server_says_that_no_accept_is_recorded(tmp_path: Path, amount: int) -> None:
    store = ingested(
        tmp_path / "s.db", [write_log(tmp_path / "s.log", programs_under_rules_without_accept(amount).text())]
    )
    code, output = run("backtrack", "--store", store, "--remote", PEER, "--format", "json")
    assert code == 0
    whys = [blind["why"] for blind in json.loads(output)["blind"]]
    (arrivals,) = [why for why in whys if why.startswith("no accepted connection")]
    assert f"in {amount + 1} events, the audit rules may leave it out: which peer entered" in arrivals
    assert arrivals.endswith("-S socket,bind,listen,accept,accept4")
    assert (KINDS[FORKS].why in whys) == (amount >= 16)
    code, output = run("backtrack", "--store", store, "--remote", PEER, "--wide")
    assert "no known gap" not in output
    (line,) = [line for line in output.splitlines() if line.startswith("Blind")]
    assert f"no accepted connection is recorded in {amount + 1} events: the audit rules may leave that out" in line
