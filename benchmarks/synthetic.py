"""A graph of any size whose traces have one known size: many concurrent break-ins, each of 1,025 edges from way in to end.

A break-in has 25 stages. In each a process starts ten workers; each worker loads one of a few hundred libraries, which
all read and none writes, and writes a file that the process of the next stage reads. So the backward trace of the last process
holds every edge of its own break-in and none of the others, however large the graph. The rows of 200 concurrent break-ins
are interleaved, as on a busy host.
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
_CONCURRENT = 200
LIBRARIES = 300
START_MS = 1_700_000_000_000


def build(store: Store, edges: int) -> list[int]:
    """Fill an empty store with at least `edges` edges; returns the processes at the ends of the break-ins."""
    ends: list[int] = []
    with store.writer() as writer:
        for first in range(0, -(-edges // EDGES), _CONCURRENT):
            numbers = range(first, min(first + _CONCURRENT, -(-edges // EDGES)))
            for batch in _batches(numbers):
                writer.apply(batch)
            ends += [main_of(number, STAGES) for number in numbers]
    return ends


def main_of(number: int, stage: int) -> int:
    """The process that begins a stage of a break-in."""
    return process_id(HOST, number, stage)


def moment_of(number: int, stage: int) -> tuple[int, int]:
    """The beginning of a stage of a break-in: milliseconds and serial."""
    serial = ((number // _CONCURRENT * STAGES + stage) * _CONCURRENT + number % _CONCURRENT) * 32 + 1
    return START_MS + serial, serial


def address_of(number: int) -> str:
    """The address of the peer of a break-in: each has its own, as a trace also holds what its peer did when it came again."""
    return f"2001:db8::{number >> 16:x}:{number & 0xFFFF:x}"


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
    evidence = pack_evidence((ms, serial))
    if stage == 0:
        address = address_of(number)
        peer = endpoint_id(HOST, "ip", address, number)
        batch.entities.append(
            Entity(peer, EntityKind.ENDPOINT, HOST, now, {"protocol": "ip", "ip": address, "port": number & 65535})
        )
        batch.entities.append(_process(main, f"service {number}", now))
        batch.flows.append(Flow(FlowKind.ACCEPTED, peer, main, now, now, 1, evidence))
    batch.entities.append(_process(after, f"stage {stage + 1} of {number}", soon))
    for place in range(FAN):
        worker = process_id(HOST, number, (stage + 1) * 1000 + place)
        output = file_id(HOST, "fd:00", number, stage * 1000 + place)
        library = file_id(HOST, "lib", (number + place * 7) % LIBRARIES, 0)
        at = now + place
        evidence = pack_evidence((ms, serial + 1 + place))
        batch.entities.append(_process(worker, f"worker {place} of stage {stage}", at))
        batch.entities.append(_file(output, f"/srv/data/{number}/{stage}/{place}", at))
        batch.entities.append(_file(library, f"/usr/lib/lib{(number + place * 7) % LIBRARIES}.so", at))
        batch.flows += (
            Flow(FlowKind.SPAWNED, main, worker, at, at, 1, evidence),
            Flow(FlowKind.READ, library, worker, at, at, 1, evidence),
            Flow(FlowKind.WROTE, worker, output, at, at + 100, 1, evidence),
            Flow(FlowKind.READ, output, after, soon, soon, 1, evidence),
        )
    batch.flows.append(Flow(FlowKind.EXECUTED, main, after, soon, soon, 1, evidence))


def _process(id: int, command: str, first: int) -> Entity:
    return Entity(id, EntityKind.PROCESS, HOST, first, {"pid": id & 32767, "command": command, "argv": command.split()})


def _file(id: int, path: str, first: int) -> Entity:
    return Entity(id, EntityKind.FILE, HOST, first, {"path": path, "device": "fd:00", "inode": id & 0xFFFFFFF})
