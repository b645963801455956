"""What flows lead to, apart from where two programs only use the same file, pipe or address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provenance.ingest.clock import FIRST, at_ms
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import EventKey, Node
from provenance.trace.result import TraceEdge
from provenance.trace.way_in.reach import within_reach


def node(id: int, kind: EntityKind = EntityKind.PROCESS, host: str = "a", **attributes: object) -> Node:
    return Node(id, kind, host, at_ms(1), attributes)


def edge(kind: FlowKind, source: int, target: int, first: int, last: int, serial: int) -> TraceEdge:
    evidence = (EventKey("a", first, serial),)
    return TraceEdge(f"{kind.name}-{source}-{target}", kind, source, target, at_ms(first), at_ms(last), 1, evidence)


def reached(nodes: Sequence[Node], edges: Sequence[TraceEdge], start: int, since: int = FIRST) -> set[int]:
    known: Mapping[int, Node] = {one.id: one for one in nodes}
    return within_reach(edges, known, {start: since})


BACKEND, POOL, OTHER_BACKEND, OTHER_CLIENT = 1, 2, 3, 4
ADDRESS, ENDS = 10, (11, 12)
POOL_SERIAL, OTHER_SERIAL = 101, 102


def two_connections(other_serial: int = OTHER_SERIAL) -> tuple[list[Node], list[TraceEdge]]:
    """A server whose two copies answer two clients: the log has one node for the address that both connect to."""
    nodes = [
        *(node(id, exe="/usr/bin/db") for id in (BACKEND, OTHER_BACKEND)),
        *(node(id, exe=f"/usr/bin/client{id}") for id in (POOL, OTHER_CLIENT)),
        *(node(id, EntityKind.ENDPOINT, ip="127.0.0.1", port=5432) for id in (ADDRESS, *ENDS)),
    ]
    edges = []
    for backend, client, end, serial in (
        (BACKEND, POOL, ENDS[0], POOL_SERIAL),
        (OTHER_BACKEND, OTHER_CLIENT, ENDS[1], other_serial),
    ):
        edges += [
            edge(FlowKind.CONNECTED, client, ADDRESS, 1, 9, serial),
            edge(FlowKind.REACHED, ADDRESS, end, 1, 9, serial),
            edge(FlowKind.ACCEPTED, end, backend, 1, 9, serial + 100),
            edge(FlowKind.SENT, backend, end, 1, 9, serial + 100),
            edge(FlowKind.REACHED, end, ADDRESS, 1, 9, serial + 100),
            edge(FlowKind.RECEIVED, ADDRESS, client, 1, 9, serial),
        ]
    return nodes, edges


def test_an_answer_reaches_the_client_of_its_connection() -> None:
    nodes, edges = two_connections()
    found = reached(nodes, edges, BACKEND)
    assert POOL in found
    assert not {OTHER_BACKEND, OTHER_CLIENT} & found


def test_a_client_reaches_the_server_process_of_its_connection() -> None:
    nodes, edges = two_connections()
    found = reached(nodes, edges, OTHER_CLIENT)
    assert OTHER_BACKEND in found
    assert not {BACKEND, POOL} & found


def test_connections_that_the_events_do_not_tell_apart_are_one() -> None:
    nodes, edges = two_connections(POOL_SERIAL)
    assert {POOL, OTHER_CLIENT} <= reached(nodes, edges, BACKEND)


def test_flows_follow_each_other_in_time() -> None:
    nodes = [node(1), node(2), node(3)]
    edges = [edge(FlowKind.SIGNALLED, 1, 2, 5, 5, 1), edge(FlowKind.SPAWNED, 2, 3, 4, 4, 2)]
    assert reached(nodes, edges, 1) == {1, 2}
    assert reached(nodes, edges, 2) == {2, 3}
    assert reached(nodes, edges, 2, at_ms(5)) == {2}


def test_a_signal_to_a_copy_of_the_same_program_carries_nothing() -> None:
    signal = [edge(FlowKind.SIGNALLED, 1, 2, 5, 5, 1)]
    assert reached([node(1, exe="/usr/bin/db"), node(2, exe="/usr/bin/db")], signal, 1) == {1}
    assert reached([node(1, exe="/usr/bin/kill"), node(2, exe="/usr/bin/db")], signal, 1) == {1, 2}


def common_pipe(copies: int) -> set[int]:
    """What the first of the copies of a server reaches, all of which hold both ends of a pipe."""
    nodes = [node(20, EntityKind.PIPE, type="pipe"), *(node(id, exe="/usr/bin/db") for id in range(1, copies + 1))]
    edges = []
    for id in range(1, copies + 1):
        edges += [edge(FlowKind.PIPED, id, 20, 1, 9, id), edge(FlowKind.PIPED, 20, id, 1, 9, id)]
    return reached(nodes, edges, 1)


def test_a_pipe_of_which_all_copies_of_a_server_hold_both_ends_passes_nothing() -> None:
    assert common_pipe(3) == {1}
    assert common_pipe(2) == {1, 2, 20}


def test_files_that_most_programs_use_pass_nothing_unless_they_start_programs() -> None:
    def through(path: str) -> set[int]:
        nodes = [node(1), node(2), node(30, EntityKind.FILE, path=path)]
        edges = [edge(FlowKind.WROTE, 1, 30, 1, 2, 1), edge(FlowKind.READ, 30, 2, 3, 4, 2)]
        return reached(nodes, edges, 1)

    assert through("/var/log/wtmp") == {1}
    assert through("/etc/ld.so.preload") == {1, 2, 30}
    assert through("/srv/app/run.sh") == {1, 2, 30}
