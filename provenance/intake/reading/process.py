"""A process that reads and derives one chain: what it says to the one that writes, and how."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from multiprocessing.connection import Connection

from provenance.errors import ProvenanceError
from provenance.ingest.facts import Batch
from provenance.ingest.pyauparse import AuditInputError
from provenance.intake.reading.chain import Chain
from provenance.intake.reading.collection import collecting_rarely
from provenance.intake.reading.progress import Progress
from provenance.intake.reading.transport import pack, unpack

_PIECE = 1 << 19
"""Bytes of a batch sent at once. Whoever receives makes room for all of a message before each look for more of it."""


class Message(IntEnum):
    """What a message of a worker is about."""

    CHECKPOINT = 0
    """It asks for the state of a host, and waits for it."""
    BATCH = 1
    """A batch follows, in this many pieces."""
    PROGRESS = 2
    DONE = 3
    FAILED = 4


@collecting_rarely()
def work(pipe: Connection, files: Sequence[str], host: str | None, lines: bool, day_first: bool | None = None) -> None:
    """What a worker does: everything it finds goes into the pipe; it asks there for states to go on from."""

    def checkpoint_of(name: str) -> bytes | None:
        pipe.send((int(Message.CHECKPOINT), name))
        state: bytes | None = pipe.recv()
        return state

    def report(progress: Progress) -> None:
        pipe.send((int(Message.PROGRESS), tuple(progress)))

    chain = Chain(host, checkpoint_of, lines, report, day_first)
    try:
        for batch in chain.batches(files):
            _send(pipe, batch)
        pipe.send((int(Message.DONE), chain.done))
    except (AuditInputError, ProvenanceError) as error:
        pipe.send((int(Message.FAILED), str(error)))
    except (BrokenPipeError, KeyboardInterrupt):
        return


def _send(pipe: Connection, batch: Batch) -> None:
    data = memoryview(pack(batch))
    pipe.send((int(Message.BATCH), -(-len(data) // _PIECE)))
    for begin in range(0, len(data), _PIECE):
        pipe.send_bytes(data[begin : begin + _PIECE])


def receive(pipe: Connection, pieces: int) -> Batch:
    """The batch that a worker has announced. Raises EOFError when the worker ends before."""
    return unpack(b"".join(pipe.recv_bytes() for _ in range(pieces)))
