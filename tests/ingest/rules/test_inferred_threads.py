"""Threads on kernels before 4.9 whose clone no record shows: the log begins later than the process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from tests.ingest.reading import Facts, facts_of
from tests.ingest.script import O_WRONLY, Actor, Script, derive, parse

PEER = "198.51.100.7"
OLD, NEW = "3.10.0-1160.el7.x86_64", "4.9.0"


def java(script: Script, number: int, **fields: Any) -> Actor:
    """A thread of a server whose process is 200. Only its records are in the log."""
    return script.process(number, 1, comm="java", exe="/usr/bin/java", **fields)


def starts(script: Script, kernel: str) -> None:
    script.message("DAEMON_START", f"op=start ver=2.8.5 format=raw kernel={kernel} pid=90 uid=0 res=success")


def child_of_process(worker: Actor, number: int, process: int = 200, child_first: bool = False) -> Actor:
    """A thread forks; its child names the process as parent."""
    child = replace(worker, pid=number, ppid=process)
    if child_first:
        child.call("umask")
    worker.call("fork", exit=number)
    return child


def possible(facts: Facts) -> list[str]:
    return [why for _, _, why in facts.blind if "may be threads" in why or "may be a thread" in why]


@pytest.mark.parametrize("child_first", [False, True])
@pytest.mark.parametrize("process_seen", [False, True])
def test_a_fork_by_a_thread_shows_its_process(child_first: bool, process_seen: bool) -> None:
    script = Script()
    if process_seen:
        java(script, 200).opens("/main", fd=9)
    worker = java(script, 202)
    worker.accepts(3, 4, PEER, 40000)
    child = child_of_process(worker, 300, child_first=child_first)
    child.dups(4, 0)
    child.execs("/bin/sh")
    worker.opens("/later", fd=8)
    facts = script.facts()
    assert {"java:202 -SPAWNED-> java:200", "java:200 -SPAWNED-> sh:300", "/later -READ-> java:200"} <= facts.flows
    assert f"tcp {PEER}:40000" in facts.backward("sh:300")
    (joined,) = [flow for flow in facts.runs if facts.labels[flow.source] == "java:202" and flow.kind.name == "SPAWNED"]
    assert joined.detail is not None and joined.detail["confidence"] == 0.9


def accepts_and_forks(script: Script, *acceptors: int) -> Facts:
    """Some threads accept at descriptor 4, another one forks a child that uses it."""
    for number in acceptors:
        java(script, number).accepts(3, 4, PEER, 40000 + number)
    child = child_of_process(java(script, 299), 300)
    child.dups(4, 0)
    child.execs("/bin/sh")
    return script.facts()


def test_a_descriptor_shows_the_thread_that_was_given_it() -> None:
    facts = accepts_and_forks(Script(), 201)
    assert f"tcp {PEER}:40201" in facts.backward("sh:300")
    assert possible(facts) == []


def test_of_two_threads_with_the_descriptor_none_is_taken_and_both_are_reported() -> None:
    facts = accepts_and_forks(Script(), 201, 203)
    assert {f"tcp {PEER}:40201", f"tcp {PEER}:40203"} <= facts.backward("sh:300")
    joined = [flow for flow in facts.runs if facts.labels[flow.source] in ("java:201", "java:203") and flow.detail]
    assert [(flow.detail or {})["confidence"] for flow in joined] == [0.5, 0.5]
    (why,) = possible(facts)
    assert why.startswith("pids 201, 203 may be threads of pid 200: ")


def test_a_number_of_another_program_account_or_parent_is_no_thread() -> None:
    for other in ({"exe": "/usr/bin/nginx"}, {"uid": 33}, {"ppid": 60}, {"auid": 1000, "ses": 4}):
        script = Script()
        replace(java(script, 201), **other).accepts(3, 4, PEER, 40201)
        child = child_of_process(java(script, 299), 300)
        child.dups(4, 0)
        child.execs("/bin/sh")
        facts = script.facts()
        assert not any("tcp" in label for label in facts.backward("sh:300"))
        assert possible(facts) == []


@pytest.mark.parametrize("kernel", [None, OLD, NEW])
def test_children_of_a_server_that_forks_are_never_joined(kernel: str | None) -> None:
    """They have the same parent, program, account and descriptors; each runs a program for its own peer."""
    script = Script()
    if kernel is not None:
        starts(script, kernel)
    workers = [script.process(number, 100, comm="httpd") for number in (201, 202, 203)]
    for worker in workers:
        worker.accepts(3, 4, PEER, 40000 + worker.pid)
    for worker in workers[:2]:
        child = worker.forks(worker.pid + 100)
        child.dups(4, 0)
        child.execs("/bin/sh")
        workers[2].closes(4)
    facts = script.facts()
    assert f"tcp {PEER}:40201" in facts.backward("sh:301")
    for label, other in (("sh:301", 202), ("sh:302", 201), ("sh:301", 203), ("sh:302", 203)):
        assert f"tcp {PEER}:{40000 + other}" not in facts.backward(label)
    pairs = [(one, other) for one in workers for other in workers]
    assert not any(f"httpd:{one.pid} -SPAWNED-> httpd:{other.pid}" in facts.flows for one, other in pairs)


def test_a_process_that_the_kernel_cannot_have_written_by_its_threads_is_not_joined() -> None:
    script = Script()
    starts(script, NEW)
    facts = accepts_and_forks(script, 201)
    assert "java:299 -SPAWNED-> java:200" not in facts.flows
    assert possible(facts) == []


def test_numbers_that_may_be_threads_are_reported_where_the_kernel_writes_them() -> None:
    """No fork and no clone is recorded."""
    for kernel, expected in ((OLD, 1), (NEW, 0)):
        script = Script()
        starts(script, kernel)
        java(script, 201).accepts(3, 4, PEER, 40000)
        java(script, 202).opens("/a", fd=5)
        java(script, 203).opens("/b", fd=6)
        found = possible(script.facts())
        assert len(found) == expected
        assert not found or found[0].startswith("pids 201, 202, 203 may be threads of one process, or of several: ")


def test_programs_that_were_executed_or_forked_in_the_log_are_no_threads() -> None:
    script = Script()
    starts(script, OLD)
    shell = script.process(50)
    for number in (201, 202):
        child = shell.forks(number)
        child.execs("/usr/bin/sleep")
    assert possible(script.facts()) == []


def test_joined_threads_survive_a_checkpoint() -> None:
    script = Script()
    expected = accepts_and_forks(script, 201).spans
    deriver, batches = Deriver("web01"), []
    for event in script.parsed():
        deriver.push(event)
        batches.append(deriver.take())
        deriver = checkpoint.load(checkpoint.save(deriver))[0]
    batches.append(deriver.conclude())
    assert facts_of(batches).spans == expected


@pytest.mark.parametrize("child_first", [False, True])
def test_a_child_that_runs_a_program_at_once_shows_its_process(child_first: bool) -> None:
    """A record of execve names the new program alone. That of vfork comes after it."""
    script = Script()
    worker = java(script, 202, uid=997)
    worker.opens("/upload", fd=7)
    child = replace(worker, pid=300, ppid=200)
    if child_first:
        child.execs("/bin/sh")
    worker.call("vfork", exit=300)
    if not child_first:
        child.execs("/bin/sh")
    facts = script.facts()
    assert {"java:202 -SPAWNED-> java:200", "java:200 -SPAWNED-> sh:300"} <= facts.flows
    (joined,) = [flow for flow in facts.runs if facts.labels[flow.source] == "java:202" and flow.kind.name == "SPAWNED"]
    assert joined.detail is not None and joined.detail["confidence"] == 0.8


@pytest.mark.parametrize("other", [{"uid": 33}, {"auid": 1000, "ses": 4}, {"late": 2000}])
def test_a_program_of_another_account_session_or_time_shows_nothing(other: dict[str, Any]) -> None:
    """A container's fork gives a number of another pid namespace, which a process of the host may have too."""
    script = Script()
    worker = java(script, 202, uid=997)
    worker.opens("/upload", fd=7)
    worker.call("fork", exit=300)
    script.wait(other.get("late", 0))
    fields: dict[str, Any] = {name: value for name, value in other.items() if name != "late"}
    replace(worker, pid=300, ppid=200, **fields).execs("/bin/sh")
    facts = script.facts()
    assert not any(edge.startswith("java:202 -SPAWNED->") for edge in facts.flows)


def thread_pool(script: Script, *acceptors: int) -> Facts:
    """Some threads accept, another one starts a program that uses nothing that they were given."""
    for number in acceptors:
        java(script, number, uid=997).accepts(3, 4, PEER, 40000 + number)
    worker = java(script, 299, uid=997)
    worker.call("vfork", exit=300)
    replace(worker, pid=300, ppid=200).execs("/bin/sh")
    return script.facts()


def test_what_may_be_threads_of_one_process_leads_to_it_with_doubt() -> None:
    facts = thread_pool(Script(), 201, 203)
    assert {f"tcp {PEER}:40201", f"tcp {PEER}:40203"} <= facts.backward("sh:300")
    (why,) = possible(facts)
    assert why.startswith("pids 201, 203 may be threads of pid 200: ")
    doubtful = [flow for flow in facts.runs if facts.labels[flow.source] in ("java:201", "java:203") and flow.detail]
    assert [(flow.open, (flow.detail or {})["confidence"]) for flow in doubtful] == [(True, 0.5)] * 2


def test_what_may_be_threads_of_several_processes_leads_to_none() -> None:
    """A process of its own is like them: it has a child."""
    script = Script()
    java(script, 150, uid=997).call("vfork", exit=160)
    replace(java(script, 150, uid=997), pid=160, ppid=150).execs("/bin/true")
    facts = thread_pool(script, 201)
    assert not any("tcp" in label for label in facts.backward("sh:300"))
    (why,) = possible(facts)
    assert why.startswith("pid 201 may be a thread of one process, or of several: ")


def test_the_name_of_a_field_shows_the_kernel_of_rhel_7() -> None:
    for name, expected in (("objtype", 1), ("nametype", 0)):
        script = Script()
        for number in (201, 202):
            java(script, number).opens("/a", fd=5)
        facts = derive(parse(script.text().replace(b" nametype=", f" {name}=".encode())))
        assert len(possible(facts)) == expected


@pytest.mark.parametrize(("parent", "expected"), [(1, True), (60, False)])
def test_what_may_be_threads_of_a_daemon_leads_from_who_accepts_to_the_others(parent: int, expected: bool) -> None:
    """No record names the process. Workers of a server have the server as parent, not init."""
    script = Script()
    starts(script, OLD)
    acceptor, worker = (java(script, number, uid=997) for number in (201, 202))
    acceptor.ppid = worker.ppid = parent
    acceptor.accepts(3, 4, PEER, 40000)
    worker.opens("/upload", O_WRONLY, fd=7)
    facts = script.facts()
    assert (f"tcp {PEER}:40000" in facts.backward("/upload")) == expected
    assert "java:202 -SPAWNED-> java:201" not in facts.flows
    (why,) = possible(facts)
    assert why.startswith("pids 201, 202 may be threads of one process, or of several: ")


def a_daemon(script: Script, fd: int = 3, **fields: Any) -> Actor:
    """A server whose start the log holds; its threads have numbers of their own."""
    server = java(script, 200, **fields)
    server.execs("/usr/bin/java")
    server.listens(fd, "0.0.0.0", 8080)
    return server


def runs_a_program(server: Actor, number: int = 300) -> None:
    """A child of which no fork is recorded runs a program."""
    replace(server, pid=number, ppid=server.pid).execs("/bin/sh")


def guesses(facts: Facts) -> set[str]:
    found = [
        flow for flow in facts.runs if flow.kind.name == "SPAWNED" and (flow.detail or {}).get("confidence") == 0.5
    ]
    return {f"{facts.labels[flow.source]} > {facts.labels[flow.target]}" for flow in found}


@pytest.mark.parametrize("kernel", [OLD, NEW, None])
@pytest.mark.parametrize("fd", [3, 8])
def test_who_accepts_at_the_socket_of_its_like_may_be_its_thread(kernel: str | None, fd: int) -> None:
    """Without a version, an accept at the number of a socket that the other made shows such a kernel."""
    script = Script()
    if kernel is not None:
        starts(script, kernel)
    server = a_daemon(script, uid=997)
    java(script, 201, uid=997).accepts(fd, 10, PEER, 40000)
    runs_a_program(server)
    facts = script.facts()
    expected = kernel == OLD or (kernel is None and fd == 3)
    assert guesses(facts) == ({"java:201 > java:200"} if expected else set())
    assert (f"tcp {PEER}:40000" in facts.backward("sh:300")) == expected
    assert len(possible(facts)) == expected


def test_a_thread_that_accepts_leads_by_its_process_to_one_that_calls_out() -> None:
    script = Script()
    starts(script, OLD)
    a_daemon(script)
    java(script, 201).accepts(3, 10, PEER, 40000)
    worker = java(script, 202)
    worker.sockets(11)
    worker.connects(11, "203.0.113.9", 80)
    facts = script.facts()
    assert guesses(facts) == {"java:201 > java:200", "java:202 > java:200", "java:200 > java:202"}
    assert f"tcp {PEER}:40000" in facts.backward("tcp 203.0.113.9:80")


@pytest.mark.parametrize("number", [150, 201])
def test_of_two_servers_of_one_program_the_older_is_no_thread(number: int) -> None:
    """It is a server with a socket of the same number, and ran before the log began: it has the smaller number, or acted before
    the other was there."""
    script = Script()
    starts(script, OLD)
    other = java(script, number)
    if number > 200:
        other.accepts(3, 9, PEER, 39000)
    server = a_daemon(script)
    other.accepts(3, 10, PEER, 40000)
    runs_a_program(server)
    facts = script.facts()
    assert guesses(facts) == set()
    assert not any("tcp" in label for label in facts.backward("sh:300"))


@pytest.mark.parametrize("kernel", [OLD, None])
@pytest.mark.parametrize("master", ["in the log", "older", "of another program"])
def test_workers_of_a_pool_are_no_threads_of_each_other(kernel: str | None, master: str) -> None:
    """Each accepts at the socket that it inherited; one has run a program."""
    script = Script()
    if kernel is not None:
        starts(script, kernel)
    parent = script.process(100, 1, comm="httpd" if master == "in the log" else "supervisord")
    if master != "older":
        parent.execs(parent.exe)
        parent.listens(3, "0.0.0.0", 80)
    workers = [script.process(number, 100, comm="httpd", uid=48) for number in (201, 202, 203)]
    for worker in workers:
        worker.accepts(3, 4, PEER, 40000 + worker.pid)
    runs_a_program(workers[0])
    facts = script.facts()
    assert guesses(facts) == set()
    assert {label for label in facts.backward("sh:300") if "tcp" in label} == {f"tcp {PEER}:40201"}


def without_records(uid: int, *numbers: int, before: Any = None, **child: Any) -> list[str]:
    """The guesses in the log of a daemon whose threads accept, and whose child names a process 200 that has no record."""
    script = Script()
    starts(script, OLD)
    for number in numbers:
        java(script, number, uid=uid).accepts(3, 10, PEER, 40000 + number)
    if before is not None:
        before(script)
    runs_a_program(replace(java(script, 200, uid=uid), **child))
    facts = script.facts()
    found = [flow for flow in facts.runs if (flow.detail or {}).get("confidence") == 0.5]
    reached = {label for label in facts.backward("sh:300") if "tcp" in label}
    assert len(reached) == len(found), "each thread brings its peer"
    return sorted(facts.labels[flow.source] for flow in found)


def test_a_daemon_that_only_its_children_name_is_the_process_of_the_threads() -> None:
    assert without_records(997, 201) == ["java:201"]
    assert without_records(997, 201, 230) == ["java:201", "java:230"]
    assert without_records(0, 201, 230) == ["java:201", "java:230"]


def test_a_daemon_that_may_be_another_one_is_not_taken() -> None:
    def another(script: Script) -> None:
        script.process(210, 1, comm="chronyd", uid=998).opens("/drift")

    def of_another_program(script: Script) -> None:
        replace(script.process(200, 1, comm="crond", uid=997), pid=299, ppid=200).opens("/etc/crontab")

    assert without_records(0, 201) == [], "root has many daemons"
    assert without_records(0, 601, 602) == [], "the number of another daemon of root is as near"
    assert without_records(997, 150, 160) == [], "a thread is younger than its process"
    assert without_records(997, 220, before=another) == [], "another daemon began in between"
    assert without_records(997, 220, before=of_another_program) == [], "its child shows another program"
    assert without_records(997, 201, auid=1000, ses=4) == [], "its child is of a session"
