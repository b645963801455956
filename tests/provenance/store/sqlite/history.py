"""A long, reproducible history for tests. As a script it writes the history to a store."""

from __future__ import annotations

import random
import sys

from provenance.ingest.facts import Batch, Connection, Entity, Flow, FlowKind, Line, Name, Note, pack_evidence
from provenance.ingest.identity import EntityKind
from provenance.store import open_store

HOST = "web01"
START_MS = 1_700_000_000_000


def batch(number: int, events: int = 300) -> Batch:
    """The `number`th batch; its checkpoint is its number. Every third one ends with provisional runs."""
    pick = random.Random(number)
    made = Batch(HOST, source="audit.log", checkpoint=b"%d" % number, begins=True, tallies={"events": events})
    for place in range(events):
        serial = number * events + place
        ms = START_MS + serial * 7
        moment = ms << 20
        process, file = serial // 5 * 2 + 1, pick.randrange(0, serial + 2) * 2
        made.entities.append(
            Entity(process, EntityKind.PROCESS, HOST, moment, {"pid": serial % 500, "command": f"cmd {serial % 40}"})
        )
        if pick.random() < 0.3:
            made.entities.append(Entity(file, EntityKind.FILE, HOST, moment, {"path": f"/f/{file}", "inode": file}))
            made.names.append(Name(file, f"/f/{file}", moment, moment))
        last = moment if place % 3 else moment + (1 << 30)
        made.flows.append(Flow(FlowKind.READ, file, process, moment, last, 1, pack_evidence((ms, serial))))
        if place % 50 == 0:
            made.flows.append(Flow(FlowKind.WROTE, process, file, moment, last, 1, pack_evidence((ms, serial)), True))
            made.notes.append(Note(moment, ms, serial, "USER_LOGIN", process, "x"))
            made.connections.append(
                Connection(HOST, process, file, True, "tcp", "10.0.0.1", 22, None, None, moment, moment)
            )
        made.lines.append(Line(moment, ms, serial, b"type=SYSCALL msg=audit(%d)" % serial * 5, serial * 100))
        made.first, made.last = START_MS << 20, moment
    return made


def go_on(path: str, batches: int) -> None:
    """Write the batches that a store lacks."""
    with open_store(path).writer(wait_s=5) as writer:
        last_batch = writer.checkpoint(HOST)
        for number in range(0 if last_batch is None else int(last_batch) + 1, batches):
            writer.apply(batch(number))


if __name__ == "__main__":
    go_on(sys.argv[1], int(sys.argv[2]))
