"""A blind interval is reported exactly for kinds of calls that must have happened and are not recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest.clock import Clock
from provenance.ingest.facts import Batch, Blind
from provenance.ingest.pyauparse import Event
from provenance.ingest.pyauparse.values.syscalls import syscall_name
from provenance.ingest.rules.unrecorded_calls import CALLS, KINDS
from provenance.ingest.state.unrecorded_calls import ARRIVALS, ENDS, FORKS, OPENINGS
from tests.conftest import ROOT
from tests.ingest.checkpoint.test_continued import in_runs
from tests.ingest.script import X86_64, Actor, Script
from tests.provenance.store.oracle import Oracle

ENOUGH = 16
Blinds = set[tuple[str, int, int | None]]
"""(kind, first, last) of each interval, as the numbers of events; one that ends before an event ends at the one before."""


def blinds_of(script: Script) -> Blinds:
    kinds = {kind.why: name for name, kind in KINDS.items()}
    return {(kinds[why], first, last) for first, last, why in script.facts().blind if why in kinds}


def runs_programs(shell: Actor, amount: int, forks: bool = False, opens: bool = False, exits: bool = False) -> None:
    """Children of `shell` run a program each; the parameters say which of their other calls are recorded."""
    start = 200 + shell.script.serial
    for pid in range(start, start + amount):
        child = shell.forks(pid) if forks else shell.child(pid)
        child.execs("/usr/bin/date")
        if opens:
            child.opens("/etc/localtime")
        if exits:
            child.exits()


def test_a_log_of_programs_alone_is_blind_to_forks_ends_and_openings() -> None:
    script = Script()
    shell = script.process(100)
    shell.call("umask")
    runs_programs(shell, ENOUGH)
    shell.call("umask")
    assert blinds_of(script) == {(kind, 1, ENOUGH + 2) for kind in (FORKS, ENDS, OPENINGS)}


def test_too_few_programs_are_no_evidence() -> None:
    script = Script()
    runs_programs(script.process(100), ENOUGH - 1)
    assert blinds_of(script) == set()


@pytest.mark.parametrize(
    ("recorded", "hidden"), [("forks", {ENDS, OPENINGS}), ("opens", {FORKS, ENDS}), ("exits", {FORKS, OPENINGS})]
)
def test_recorded_calls_are_no_gap(recorded: str, hidden: set[str]) -> None:
    script = Script()
    runs_programs(script.process(100), 2 * ENOUGH, **{recorded: True})
    assert {kind for kind, _, _ in blinds_of(script)} == hidden


def test_one_process_that_runs_program_after_program_is_no_sign_of_forks() -> None:
    script = Script()
    shell = script.process(100)
    for _ in range(2 * ENOUGH):
        shell.execs("/usr/bin/date")
    assert {kind for kind, _, _ in blinds_of(script)} == {OPENINGS}


def test_a_recorded_call_splits_the_blind_interval() -> None:
    script = Script()
    shell = script.process(100)
    runs_programs(shell, ENOUGH, forks=True, exits=True)
    watched = shell.opens("/etc/shadow")
    runs_programs(shell, ENOUGH, forks=True, exits=True)
    before, after = sorted(blinds_of(script))
    assert before == (OPENINGS, 1, watched - 1)
    kind, first, last = after
    assert kind == OPENINGS and watched < first < script.serial == last


def test_a_failed_call_is_no_record_of_successful_ones() -> None:
    script = Script()
    shell = script.process(100)
    runs_programs(shell, ENOUGH, forks=True, exits=True)
    shell.call("openat", exit=-13)
    assert {kind for kind, _, _ in blinds_of(script)} == {OPENINGS}


def logs_in(script: Script, session: int, address: str) -> None:
    message = f'op=login acct="eve" exe="/usr/sbin/sshd" hostname={address} addr={address} terminal=ssh res=success'
    script.message("USER_LOGIN", f"pid=900 uid=0 auid=1000 ses={session} msg='{message}'")


@pytest.mark.parametrize(("address", "hidden"), [("192.0.2.1", {ARRIVALS}), ("?", set())])
def test_remote_logins_without_accepted_connections(address: str, hidden: set[str]) -> None:
    script = Script()
    for session in range(3):
        logs_in(script, session, address)
    assert {kind for kind, _, _ in blinds_of(script)} == hidden


@pytest.mark.parametrize(("minutes", "hidden"), [(9, set()), (11, {ARRIVALS})])
def test_one_login_is_enough_if_the_log_is_older(minutes: int, hidden: set[str]) -> None:
    script = Script()
    script.process(100).call("umask")
    script.wait(minutes * 60_000)
    logs_in(script, 1, "192.0.2.1")
    assert {kind for kind, _, _ in blinds_of(script)} == hidden


def test_logins_that_were_accepted_are_no_gap() -> None:
    script = Script()
    sshd = script.process(800, comm="sshd")
    sshd.accepts(3, 4, "192.0.2.1", 40000)
    for session in range(6):
        logs_in(script, session, "192.0.2.1")
    assert blinds_of(script) == set()


Step = Callable[[Actor], object]
STEPS: dict[str, Step] = {
    "programs": lambda shell: runs_programs(shell, ENOUGH),
    "program": lambda shell: runs_programs(shell, 1),
    "fork": lambda shell: shell.forks(100_000 + shell.script.serial),
    "end": lambda shell: shell.child(50_000 + shell.script.serial).exits(),
    "opening": lambda shell: shell.opens("/etc/passwd"),
    "login": lambda shell: logs_in(shell.script, shell.script.serial, "192.0.2.1"),
    "accept": lambda shell: shell.accepts(3, 4, "192.0.2.1", 40000),
    "other": lambda shell: shell.call("umask"),
}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=8), st.data())
def test_several_runs_find_the_intervals_of_one_run(steps: list[str], data: st.DataObject) -> None:
    script = Script()
    shell = script.process(100)
    for step in steps:
        STEPS[step](shell)
    log = script.parsed()
    cuts = sorted(data.draw(st.sets(st.integers(1, len(log)), max_size=4)))
    at_once = blinds(in_runs(log))
    assert blinds(in_runs(log, *cuts)) == at_once
    for blind in at_once.values():
        assert not any(KINDS[kind].why == blind.why and blind.first <= at <= blind.last for kind, at in recorded(log))


def blinds(batches: list[Batch]) -> dict[tuple[str, int, str], Blind]:
    """What a store holds after batches."""
    oracle = Oracle()
    for batch in batches:
        oracle.apply(batch)
    return oracle.blinds


def recorded(log: list[Event]) -> Iterator[tuple[str, int]]:
    """The kind and the moment of each record of a call that ends an interval."""
    clock = Clock()
    for event in log:
        moment = clock.tick(event.ms)
        record = event.first("SYSCALL")
        call = syscall_name(X86_64, int(record["syscall"])) if record is not None else None
        if call is not None and call in CALLS:
            yield CALLS[call], moment


def test_each_named_rule_exists() -> None:
    ready = [line for line in (ROOT / "docs" / "audit.rules").read_text("utf-8").splitlines() if line.startswith("-a")]
    for kind in KINDS.values():
        calls = kind.why.partition("; the audit rule that records it: ")[2]
        assert any(f"-F arch=b64 {calls} " in rule for rule in ready), kind
