"""Jobs that daemons took from a queue of files, and who had put them there."""

from __future__ import annotations

from provenance.ingest.clock import at_ms
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.trace.programs.jobs import jobs_of_others
from provenance.trace.result import TraceEdge

RECEIVER, OTHER_RECEIVER, RUNNER = 1, 2, 3
OWN_MAIL, OTHER_MAIL, NOTE = 10, 11, 12


def edge(kind: FlowKind, source: int, target: int, ms: int) -> TraceEdge:
    return TraceEdge(f"{kind.name}-{source}-{target}", kind, source, target, at_ms(ms), at_ms(ms), 1, ())


def node(id: int, ms: int, path: str = "") -> Node:
    kind = EntityKind.FILE if path else EntityKind.PROCESS
    return Node(id, kind, "mx", at_ms(ms), {"path": path} if path else {"exe": "/usr/sbin/exim4"})


NODES = {
    one.id: one
    for one in (
        node(RECEIVER, 1),
        node(OTHER_RECEIVER, 2),
        node(RUNNER, 20),
        node(OWN_MAIL, 5, "/var/spool/exim4/input/own-D"),
        node(OTHER_MAIL, 6, "/var/spool/exim4/input/other-D"),
        node(NOTE, 21, "/var/spool/exim4/input/own-J"),
    )
}
RECEIVED = edge(FlowKind.WROTE, RECEIVER, OWN_MAIL, 5)
RECEIVED_BY_OTHER = edge(FlowKind.WROTE, OTHER_RECEIVER, OTHER_MAIL, 6)


def delivered(*mails: int) -> list[TraceEdge]:
    """A runner reads mails, locks them by opening them for writing, and writes a note of its own."""
    opened = [
        edge(kind, *ends, 22)
        for mail in mails
        for kind, ends in ((FlowKind.READ, (mail, RUNNER)), (FlowKind.WROTE, (RUNNER, mail)))
    ]
    return [*opened, edge(FlowKind.WROTE, RUNNER, NOTE, 21), edge(FlowKind.READ, NOTE, RUNNER, 22)]


def test_a_job_whose_file_a_process_of_the_slice_created_is_not_anothers() -> None:
    assert jobs_of_others(NODES, [RECEIVED, *delivered(OWN_MAIL)], ()) == set()


def test_a_job_whose_file_no_process_of_the_slice_created_is_anothers() -> None:
    assert jobs_of_others(NODES, [RECEIVED, *delivered(OTHER_MAIL)], ()) == {RUNNER}


def test_a_job_whose_file_another_client_created_is_his() -> None:
    edges = [RECEIVED_BY_OTHER, *delivered(OTHER_MAIL)]
    assert jobs_of_others(NODES, edges, ()) == set()
    assert jobs_of_others(NODES, edges, {OTHER_RECEIVER}) == {RUNNER}


def test_one_that_takes_jobs_of_both_is_not_anothers() -> None:
    assert jobs_of_others(NODES, [RECEIVED, *delivered(OWN_MAIL, OTHER_MAIL)], ()) == set()


def test_one_that_reads_only_its_own_files_takes_no_job() -> None:
    assert jobs_of_others(NODES, delivered(), ()) == set()
