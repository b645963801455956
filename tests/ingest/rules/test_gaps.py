"""Blind intervals for what a log does not record."""

from __future__ import annotations

import pytest

from provenance.ingest.deriver import Deriver
from tests.ingest.script import Script


def test_io_uring_is_blind_from_then_on() -> None:
    script = Script()
    sh = script.process(100)
    sh.call("io_uring_setup", 8, exit=3)
    sh.call("io_uring_enter", 3)
    ((first, last, why),) = script.facts().blind
    assert (first, last) == (1, None)
    assert why.startswith("pid 100 uses io_uring")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("shmat", "attaches shared memory"),
        ("msgsnd", "uses a message queue"),
        ("msgrcv", "uses a message queue"),
        ("mq_open", "uses a message queue"),
    ],
)
def test_memory_and_queues_that_processes_share_are_blind_from_then_on(name: str, what: str) -> None:
    script = Script()
    sh = script.process(100)
    sh.call("umask")
    sh.call(name, 5, exit=0)
    sh.call(name, 5, exit=0)
    *_, (first, last, why) = script.facts().blind
    assert (first, last) == (2, None)
    assert why.startswith(f"pid 100 {what}")


def test_shared_descriptors_are_blind() -> None:
    """Not so threads, which are one process, and posix_spawn, whose child has a copy."""
    script = Script()
    sh = script.process(100)
    sh.call("clone", 0x10000 | 0x400 | 0x100, exit=101)
    sh.call("clone", 0x4000 | 0x100 | 17, exit=102)
    sh.call("clone", 0x400 | 17, exit=103)
    ((first, last, why),) = script.facts().blind
    assert (first, last) == (3, None)
    assert why.startswith("pid 100 shares its descriptors")


def test_missing_serials_are_counted_and_joined() -> None:
    script = Script()
    sh = script.process(100)
    sh.call("umask")
    for missing in (3, 1):
        script.serial += missing
        sh.call("umask")
    script.wait(100_000)
    script.serial += 10
    sh.call("umask")
    facts = script.facts()
    assert facts.tallies == {"events": 4, "missing serials": 14}
    assert len(facts.blind) == 2
    assert all("serials are missing" in why for _, _, why in facts.blind)


def test_gaps_long_before_the_last_serial_are_no_more_looked_up() -> None:
    """An event comes late by a thousand serials at most: older gaps stay counted, and the host does not fill with them."""
    script = Script()
    sh = script.process(100)
    for _ in range(5):
        sh.call("umask")
        script.serial += 1000
    sh.call("umask")
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    assert len(deriver.host.missing) <= 2
    assert script.facts().tallies["missing serials"] == 5000


def test_a_log_without_gaps_is_not_blind() -> None:
    script = Script()
    for _ in range(5):
        script.process(100).call("umask")
    assert script.facts().blind == []


def test_activity_from_before_the_log_is_no_gap() -> None:
    script = Script(serial=5_000_000)
    script.process(100).call("umask")
    assert script.facts().blind == []
