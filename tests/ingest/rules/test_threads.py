"""Threads on kernels before 4.9, whose records have the thread's number as their pid."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from provenance.ingest.rules import threads
from tests.ingest.reading import facts_of
from tests.ingest.script import Actor, Script

CLONE_THREAD = 0x10000 | 0x3D0F00
PEER = "198.51.100.7"


def thread(actor: Actor, number: int, comm: str | None = None) -> Actor:
    """A thread of a process, whose records have its own number and the parent of the process."""
    actor.call("clone", CLONE_THREAD, exit=number)
    return replace(actor, pid=number, comm=comm or actor.comm)


def server() -> tuple[Script, Actor]:
    script = Script()
    java = script.process(50, comm="sh").forks(200)
    java.execs("/usr/bin/java")
    return script, java


def pids(script: Script) -> set[int]:
    return {node.attributes["pid"] for node in script.facts().nodes.values() if "pid" in node.attributes}


def test_an_accept_by_one_thread_and_an_execve_by_another_are_one_process() -> None:
    script, java = server()
    acceptor, worker = thread(java, 201, "acceptor"), thread(java, 202, "worker")
    acceptor.accepts(3, 4, PEER, 40000)
    child = worker.forks(300)
    child.ppid = 200
    child.execs("/bin/sh")
    facts = script.facts()
    assert f"tcp {PEER}:40000 -ACCEPTED-> java:200" in facts.flows
    assert "java:200 -SPAWNED-> sh:300" in facts.flows
    assert f"tcp {PEER}:40000" in facts.backward("sh:300")
    assert pids(script) == {1, 50, 200, 300}


def test_a_thread_of_a_thread_is_of_the_same_process() -> None:
    script, java = server()
    deep = thread(thread(java, 201), 202)
    deep.opens("/a", fd=5)
    assert "/a -READ-> java:200" in script.facts().flows
    assert pids(script) == {1, 50, 200}


def test_the_end_of_a_thread_is_not_the_end_of_its_process() -> None:
    script, java = server()
    worker = thread(java, 201)
    worker.opens("/a", fd=5)
    worker.call("exit", exit=None)
    java.opens("/b", fd=6)
    facts = script.facts()
    assert {"/a -READ-> java:200", "/b -READ-> java:200"} <= facts.flows
    assert "end" not in facts.node("java:200").attributes


def test_exit_group_of_any_thread_ends_the_process() -> None:
    """The records of other threads can still come."""
    script, java = server()
    worker, other = thread(java, 201), thread(java, 202)
    worker.exits()
    other.call("kill", 77, 9)
    facts = script.facts()
    assert "end" in facts.node("java:200").attributes
    assert "java:200 -SIGNALLED-> ?:77" in facts.flows
    assert 202 not in pids(script)


def test_an_execve_ends_all_threads() -> None:
    """The program has the number of the process; a number of a former thread is free for a new process."""
    script, java = server()
    thread(java, 201).opens("/a", fd=5)
    java.execs("/bin/bash")
    script.process(201, 50, comm="other").opens("/b", fd=5)
    flows = script.facts().flows
    assert {"java:200 -EXECUTED-> bash:200", "/b -READ-> sh:201"} <= flows


def test_the_number_of_a_thread_that_ended_is_another_process() -> None:
    script, java = server()
    thread(java, 201).call("exit", exit=None)
    script.process(60, comm="cron").forks(201).opens("/b", fd=5)
    assert "/b -READ-> cron:201" in script.facts().flows


def test_the_number_of_a_thread_with_another_parent_or_program_is_another_process() -> None:
    for other in ({"ppid": 60}, {"exe": "/usr/bin/find"}):
        script, java = server()
        thread(java, 201)
        replace(java, pid=201, comm="other", **other).opens("/b", fd=5)
        assert 201 in pids(script)
        assert "/b -READ-> java:200" not in script.facts().flows


def test_a_record_of_a_thread_may_come_before_that_of_its_clone() -> None:
    script, java = server()
    replace(java, pid=201).opens("/a", fd=5)
    worker = thread(java, 201)
    worker.opens("/b", fd=6)
    flows = script.facts().flows
    assert {"java:200 -SPAWNED-> sh:201", "/b -READ-> java:200"} <= flows


def test_the_signal_to_a_thread_is_one_to_its_process() -> None:
    script, java = server()
    thread(java, 201)
    script.process(90, comm="sh").call("kill", 201, 9)
    assert "sh:90 -SIGNALLED-> java:200" in script.facts().flows


def test_threads_survive_a_checkpoint() -> None:
    script, java = server()
    worker = thread(java, 201)
    worker.accepts(3, 4, PEER, 40000)
    thread(java, 202).opens("/a", fd=5)
    deriver, batches = Deriver("web01"), []
    for event in script.parsed():
        deriver.push(event)
        batches.append(deriver.take())
        deriver = checkpoint.load(checkpoint.save(deriver))[0]
    batches.append(deriver.conclude())
    assert facts_of(batches).spans == script.facts().spans


def test_of_very_many_threads_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_KEPT", 8)
    script, java = server()
    newest = [thread(java, number) for number in range(1001, 1031)][-1]
    newest.opens("/a", fd=5)
    assert "/a -READ-> java:200" in script.facts().flows
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    assert len(deriver.host.threads) <= 8


def test_the_number_of_a_thread_long_after_the_end_of_its_process_is_another_process() -> None:
    script, java = server()
    worker = thread(java, 201)
    java.exits()
    script.wait(60_000)
    worker.opens("/a", fd=5)
    assert 201 in pids(script)
