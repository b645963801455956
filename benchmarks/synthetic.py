"""A graph of any size whose traces have one known size: many break-ins side by side, each 1,025 edges from way in to end.

A break-in has 25 stages. In each a process starts ten others; each of those loads one of a few hundred libraries, which
everybody reads and nobody writes, and leaves a file that the next stage's process reads. So the backward trace of the last
process holds every edge of its own break-in and none of the others, however large the graph; rows of 200 break-ins that
go on at once lie between each other, as those of a busy host do.
"""

from __future__ import annotations

from collections.abc import Iterator

from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind, pack_evidence
from provenance.ingest.identity import EntityKind, endpoint_id, file_id, process_id
from provenance.store.interface import Store

HOST = "synthetic"
STAGES, FAN = 25, 10
EDGES = STAGES * (4 * FAN + 1)
_AT_ONCE = 200
LIBRARIES = 300
START_MS = 1_700_000_000_000


def build(store: Store, edges: int) -> list[int]:
    """Fill an empty store with at least `edges` edges; the processes at the ends of the break-ins."""
    ends: list[int] = []
    with store.writer() as writer:
        for first in range(0, -(-edges // EDGES), _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, -(-edges // EDGES)))
            for batch in _batches(numbers):
                writer.apply(batch)
            ends += [main_of(number, STAGES) for number in numbers]
    return ends


def main_of(number: int, stage: int) -> int:
    """The process that a break-in's stage begins with."""
    return process_id(HOST, number, stage)


def moment_of(number: int, stage: int) -> tuple[int, int]:
    """When a break-in's stage begins: milliseconds and serial."""
    serial = ((number // _AT_ONCE * STAGES + stage) * _AT_ONCE + number % _AT_ONCE) * 32 + 1
    return START_MS + serial, serial


def _batches(numbers: range) -> Iterator[Batch]:
    for stage in range(STAGES):
        batch = Batch(HOST)
        for number in numbers:
            _stage(batch, number, stage, *moment_of(number, stage))
        batch.first, batch.last = batch.flows[0].first, batch.flows[-1].last
        yield batch


def _stage(batch: Batch, number: int, stage: int, ms: int, serial: int) -> None:
    main, after = main_of(number, stage), main_of(number, stage + 1)
    now, soon = at_ms(ms), at_ms(ms + 30)
    proof = pack_evidence((ms, serial))
    if stage == 0:
        peer = endpoint_id(HOST, "ip", "203.0.113.7", number)
        batch.entities.append(
            Entity(
                peer, EntityKind.ENDPOINT, HOST, now, {"protocol": "ip", "ip": "203.0.113.7", "port": number & 65535}
            )
        )
        batch.entities.append(_process(main, f"service {number}", now))
        batch.flows.append(Flow(FlowKind.ACCEPTED, peer, main, now, now, 1, proof))
    batch.entities.append(_process(after, f"stage {stage + 1} of {number}", soon))
    for place in range(FAN):
        worker = process_id(HOST, number, (stage + 1) * 1000 + place)
        left = file_id(HOST, "fd:00", number, stage * 1000 + place)
        library = file_id(HOST, "lib", (number + place * 7) % LIBRARIES, 0)
        at = now + place
        proof = pack_evidence((ms, serial + 1 + place))
        batch.entities.append(_process(worker, f"worker {place} of stage {stage}", at))
        batch.entities.append(_file(left, f"/srv/data/{number}/{stage}/{place}", at))
        batch.entities.append(_file(library, f"/usr/lib/lib{(number + place * 7) % LIBRARIES}.so", at))
        batch.flows += (
            Flow(FlowKind.SPAWNED, main, worker, at, at, 1, proof),
            Flow(FlowKind.READ, library, worker, at, at, 1, proof),
            Flow(FlowKind.WROTE, worker, left, at, at + 100, 1, proof),
            Flow(FlowKind.READ, left, after, soon, soon, 1, proof),
        )
    batch.flows.append(Flow(FlowKind.EXECUTED, main, after, soon, soon, 1, proof))


def _process(id: int, command: str, first: int) -> Entity:
    return Entity(id, EntityKind.PROCESS, HOST, first, {"pid": id & 32767, "command": command, "argv": command.split()})


def _file(id: int, path: str, first: int) -> Entity:
    return Entity(id, EntityKind.FILE, HOST, first, {"path": path, "device": "fd:00", "inode": id & 0xFFFFFFF})
