"""Channel rule 4: a channel that a process opens and hands over to a child belongs to the child alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from tests.ingest.reading import Facts
from tests.ingest.script import Actor, Script

PEER, OTHER = "198.51.100.7", "203.0.113.8"


def session(server: Actor, pid: int, peer: str, dup: bool = True) -> Actor:
    """The server accepts a connection on 4 and forks a child, which has it on its 0 and executes."""
    server.accepts(3, 4, peer, 40000)
    child = server.forks(pid)
    if dup:
        child.dups(4, 0)
    child.execs("/bin/session")
    return child


def edge(peer: str, kind: str, process: str) -> str:
    return f"tcp {peer}:40000 -{kind}-> {process}"


def test_a_handed_over_connection_is_not_the_servers() -> None:
    """Else the first peer would be a cause of all that the server did afterwards, the next session among it."""
    handed, retained = Script(), Script()
    for script, dup in ((handed, True), (retained, False)):
        server = script.process(100, comm="server")
        session(server, 101, PEER, dup)
        session(server, 102, OTHER, dup)
    facts = handed.facts()
    assert facts.spans[edge(PEER, "ACCEPTED", "session:101")] == [(2, 8)]
    assert not [flow for flow in facts.flows if flow.endswith("-> server:100")]
    assert facts.backward("session:102") & {f"tcp {PEER}:40000", f"tcp {OTHER}:40000"} == {f"tcp {OTHER}:40000"}
    assert retained.facts().spans[edge(PEER, "ACCEPTED", "server:100")] == [(1, 4)], "no child has taken it"


def test_a_child_without_execve_takes_the_connection() -> None:
    """A server with a child for each connection that executes nothing, in a log without close."""
    script = Script()
    server = script.process(100, comm="server")
    for pid, peer in ((101, PEER), (102, OTHER)):
        server.accepts(3, 4, peer, 40000)
        child = server.forks(pid)
        child.creates(f"/tmp/{pid}", fd=5)
        child.exits()
    facts = script.facts()
    assert edge(PEER, "ACCEPTED", "server:101") in facts.flows
    assert not [flow for flow in facts.flows if flow.endswith("-> server:100")]
    assert f"tcp {PEER}:40000" not in facts.backward("/tmp/102")


def test_a_server_with_other_effects_keeps_the_connection() -> None:
    """The peer may cause them: an intruder in a server's own process forks too."""
    acts: list[Callable[[Actor], object]] = [
        lambda server: server.creates("/tmp/x", fd=6),
        lambda server: server.call("kill", 1, 9),
    ]
    for act in acts:
        script = Script()
        server = script.process(100, comm="server")
        server.accepts(3, 4, PEER, 40000)
        child = server.forks(101)
        act(server)
        child.dups(4, 0)
        child.execs("/bin/session")
        assert edge(PEER, "ACCEPTED", "server:100") in script.facts().flows


def test_a_server_that_receives_keeps_the_connection() -> None:
    script = Script()
    server = script.process(100, comm="server")
    server.accepts(3, 4, PEER, 40000)
    server.reads(4)
    child = server.forks(101)
    child.dups(4, 0)
    child.execs("/bin/session")
    assert script.facts().spans[edge(PEER, "ACCEPTED", "server:100")] == [(2, 2)]


def closed_at_once() -> tuple[Script, Actor]:
    script = Script()
    server = script.process(100, comm="server")
    server.accepts(3, 4, PEER, 40000)
    child = server.forks(101)
    server.closes(4)
    return script, child


def test_a_server_that_closes_before_the_execve_has_handed_over() -> None:
    """Where close is recorded, the parent's mostly comes first."""
    script, child = closed_at_once()
    child.dups(4, 0)
    child.execs("/bin/session")
    facts = script.facts()
    assert edge(PEER, "ACCEPTED", "session:101") in facts.flows
    assert edge(PEER, "ACCEPTED", "server:100") not in facts.flows


def test_an_unclaimed_connection_is_the_servers_until_it_closes() -> None:
    script, child = closed_at_once()
    child.closes(4)
    child.execs("/bin/date")
    assert script.facts().spans[edge(PEER, "ACCEPTED", "server:100")] == [(1, 3)]


def test_an_unclaimed_connection_is_the_servers_at_the_end() -> None:
    script, _ = closed_at_once()
    assert script.facts().spans[edge(PEER, "ACCEPTED", "server:100")] == [(1, 3)]


def test_deferred_flows_survive_a_checkpoint() -> None:
    script, child = closed_at_once()
    child.dups(4, 0)
    child.execs("/bin/session")
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
        deriver = checkpoint.load(checkpoint.save(deriver))[0]
    at_end = deriver.conclude()
    assert len([flow for flow in at_end.flows if flow.kind.name == "ACCEPTED"]) == 1


def test_pipes_made_after_accepting_are_for_the_child() -> None:
    """sshd's child tells its listener through one how it fares: each session would reach the next through it."""
    script = Script()
    server = script.process(100, comm="server")
    for pid, peer in ((101, PEER), (102, OTHER)):
        server.accepts(3, 4, peer, 40000)
        server.pipes(pid, pid + 100)
        child = server.forks(pid)
        child.dups(4, 0)
        child.dups(pid + 100, 7)
        child.execs("/bin/session")
        child.dups(7, 8)
    facts = script.facts()
    assert "session:101 -PIPED-> pipe" in facts.flows
    assert "pipe -PIPED-> server:100" not in facts.flows
    assert "session:101" not in facts.backward("session:102")


def test_a_pipe_that_the_server_reads_is_the_servers() -> None:
    script = Script()
    server = script.process(100, comm="server")
    server.accepts(3, 4, PEER, 40000)
    server.pipes(5, 6)
    child = server.forks(101)
    child.dups(4, 0)
    child.execs("/bin/session")
    server.reads(5)
    assert "pipe -PIPED-> server:100" in script.facts().flows


def test_a_handed_over_pipe_is_not_the_shells() -> None:
    """`a | b` in a shell: it writes nothing into the pipe and reads nothing, so `a` is no cause of what it starts next."""
    script = Script()
    sh = script.process(100)
    sh.pipes(3, 4)
    writer = sh.forks(101)
    writer.dups(4, 1)
    writer.execs("/bin/a")
    reader = sh.forks(102)
    reader.dups(3, 0)
    reader.execs("/bin/b")
    script.wait(1000)
    last = sh.forks(103)
    last.execs("/bin/c")
    facts = script.facts()
    assert facts.spans["a:101 -PIPED-> pipe"] == [(2, 9)]
    assert facts.spans["pipe -PIPED-> b:102"] == [(5, 9)]
    assert not {"sh:100 -PIPED-> pipe", "pipe -PIPED-> sh:100"} & set(facts.flows)
    assert "a:101" not in facts.backward("c:103")


def test_a_pipe_that_the_shell_reads_is_the_shells() -> None:
    """`x=$(a)`: the shell reads what `a` writes."""
    script = Script()
    sh = script.process(100)
    sh.pipes(3, 4)
    writer = sh.forks(101)
    writer.dups(4, 1)
    writer.execs("/bin/a")
    last = sh.forks(102)
    last.execs("/bin/c")
    facts: Facts = script.facts()
    assert "pipe -PIPED-> sh:100" in facts.flows
    assert "a:101" in facts.backward("c:102")


def backends(again: int = 8, goes_on: bool = False) -> Facts:
    """A database server as PostgreSQL is one: it forks a child for each connection, which goes on without execve, and signals
    its workers meanwhile. Its second accept returns the number `again`."""
    script = Script()
    server = script.process(100, comm="postgres")
    for pid, peer, fd in ((101, PEER, 8), (102, OTHER, again)):
        server.accepts(3, fd, peer, 40000)
        child = server.forks(pid)
        server.call("kill", 90, 10)
        child.creates(f"/srv/{pid}", fd=5)
        if goes_on:
            child.call("kill", 95, 10)
    server.accepts(3, again, "192.0.2.1", 40000)
    return script.facts()


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_server_that_accepts_at_the_same_number_again_has_closed_its_copy(goes_on: bool) -> None:
    """Whether the child is known to work with the connection before the next accept, or only later."""
    facts = backends(goes_on=goes_on)
    assert f"tcp {PEER}:40000" in facts.backward("/srv/101")
    assert f"tcp {OTHER}:40000" in facts.backward("/srv/102")
    assert f"tcp {PEER}:40000" not in facts.backward("/srv/102")
    assert f"tcp {OTHER}:40000" not in facts.backward("/srv/101")


def test_a_server_that_accepts_at_another_number_may_still_hold_its_copy() -> None:
    assert f"tcp {PEER}:40000" in backends(again=9).backward("/srv/102")


@pytest.mark.parametrize("acts_after", [False, True])
def test_the_peer_may_cause_actions_of_a_server_before_its_fork(acts_after: bool) -> None:
    """What the server does after the fork does not hide what it did before."""
    script = Script()
    server = script.process(100, comm="server")
    server.accepts(3, 8, PEER, 40000)
    server.creates("/tmp/before", fd=9)
    child = server.forks(101)
    if acts_after:
        server.call("kill", 90, 10)
    child.creates("/srv/101", fd=5)
    server.accepts(3, 8, OTHER, 40000)
    assert edge(PEER, "ACCEPTED", "server:100") in script.facts().flows


def test_a_connection_that_a_child_went_on_with_survives_a_checkpoint() -> None:
    script = Script()
    server = script.process(100, comm="postgres")
    server.accepts(3, 8, PEER, 40000)
    child = server.forks(101)
    server.call("kill", 90, 10)
    child.creates("/srv/101", fd=5)
    events = script.parsed()
    server.accepts(3, 8, OTHER, 40000)
    deriver = Deriver("web01")
    for event in events:
        deriver.push(event)
    deriver = checkpoint.load(checkpoint.save(deriver))[0]
    deriver.push(script.parsed()[-1])
    assert not [flow for flow in deriver.take().flows if flow.kind.name == "ACCEPTED"]


@pytest.mark.parametrize("closes", [True, False], ids=["closes", "accepts-the-same-number-again"])
def test_of_very_many_connections_that_no_child_has_taken_yet_the_oldest_are_the_servers(closes: bool) -> None:
    """A server whose children never do anything cannot fill the memory with what they may still take."""
    script = Script()
    server = script.process(100, comm="server")
    for pid in range(101, 201):
        server.accepts(3, 8, PEER, pid)
        server.forks(pid)
        if closes:
            server.closes(8)
    server.accepts(3, 8, PEER, 201)
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    emitted = [flow for flow in deriver.take().flows if flow.kind.name == "ACCEPTED"]
    assert len(emitted) == 36, "all but the 64 that are kept"
    flows = script.facts().flows
    assert all(f"tcp {PEER}:{pid} -ACCEPTED-> server:100" in flows for pid in range(101, 201)), "the rest at the end"


def test_a_child_whose_server_has_ended_keeps_the_connection() -> None:
    script = Script()
    server = script.process(100, comm="server")
    server.accepts(3, 4, PEER, 40000)
    child = server.forks(101)
    server.exits()
    child.dups(4, 0)
    child.execs("/bin/session")
    assert script.facts().spans[edge(PEER, "RECEIVED", "session:101")] == [(2, 5)]


def test_a_pipe_that_the_server_has_read_is_not_handed_over_with_the_connection() -> None:
    script = Script()
    server = script.process(100, comm="server")
    server.accepts(3, 4, PEER, 40000)
    server.pipes(5, 6)
    child = server.forks(101)
    server.reads(5)
    child.dups(4, 0)
    child.execs("/bin/session")
    flows = script.facts().flows
    assert {edge(PEER, "ACCEPTED", "session:101"), "pipe -PIPED-> server:100"} <= flows
    assert edge(PEER, "ACCEPTED", "server:100") not in flows


def test_a_subshell_hands_on_the_pipe_that_it_inherited() -> None:
    """`(a; b) | c`: the subshell has done nothing of its own before `a` takes its end of the pipe, so that it can have written
    into it only until then."""
    script = Script()
    sh = script.process(100)
    sh.pipes(3, 4)
    subshell = sh.forks(101)
    writer = subshell.forks(102)
    writer.dups(4, 1)
    taken = writer.execs("/bin/a")
    subshell.creates("/tmp/x", fd=7)
    spans = script.facts().spans
    assert "a:102 -PIPED-> pipe" in spans and spans["sh:101 -PIPED-> pipe"] == [(2, taken)]
