"""The worker process that reads and derives one chain, and its messages to the process that writes."""

from __future__ import annotations

from enum import IntEnum
from multiprocessing.connection import Connection

from provenance.errors import ProvenanceError
from provenance.ingest.facts import Batch
from provenance.ingest.pyauparse import AuditInputError
from provenance.intake.reading.garbage import rare_garbage_collection
from provenance.intake.reading.overlapping import chain_of
from provenance.intake.reading.plan import PlannedChain
from provenance.intake.reading.progress import Progress
from provenance.intake.reading.transport import pack, unpack

_CHUNK = 1 << 19
"""Bytes of a batch in one message. The receiver allocates memory for a complete message each time it reads a part of it."""


class Message(IntEnum):
    """The kinds of message of a worker."""

    CHECKPOINT = 0
    """The worker requests the checkpoint of a host and waits for it."""
    BATCH = 1
    """A batch follows, in this many messages."""
    PROGRESS = 2
    DONE = 3
    FAILED = 4


@rare_garbage_collection()
def work(pipe: Connection, planned: PlannedChain, host: str | None, lines: bool, day_first: bool | None = None) -> None:
    """The main function of a worker: it sends batches and progress through the pipe, and requests checkpoints through it.

    It returns silently when the other end of the pipe is closed: the process that would write was killed.
    """

    def checkpoint_of(name: str) -> bytes | None:
        pipe.send((int(Message.CHECKPOINT), name))
        try:
            state: bytes | None = pipe.recv()
        except EOFError:
            raise BrokenPipeError from None
        return state

    def report(progress: Progress) -> None:
        pipe.send((int(Message.PROGRESS), tuple(progress)))

    chain = chain_of(planned, host, checkpoint_of, lines, report, day_first)
    try:
        for batch in chain.batches(planned.files):
            _send(pipe, batch)
            del batch  # else it stays in memory until the next one is complete
        pipe.send((int(Message.DONE), chain.done))
    except (AuditInputError, ProvenanceError) as error:
        pipe.send((int(Message.FAILED), str(error)))
    except (BrokenPipeError, ConnectionResetError):
        return


def _send(pipe: Connection, batch: Batch) -> None:
    data = memoryview(pack(batch))
    pipe.send((int(Message.BATCH), -(-len(data) // _CHUNK)))
    for begin in range(0, len(data), _CHUNK):
        pipe.send_bytes(data[begin : begin + _CHUNK])


def receive(pipe: Connection, chunks: int) -> Batch:
    """Receive the batch that a worker announced. Raises EOFError when the worker ends before."""
    return unpack(b"".join(pipe.recv_bytes() for _ in range(chunks)))
