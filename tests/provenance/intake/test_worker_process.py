"""The messages of a worker process, received by the test in place of the process that writes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from provenance.intake.reading.plan import chains
from provenance.intake.reading.process import Message, receive, work
from tests.provenance.intake.logs import recorded, write_log

LINES = 3_000
Answer = Callable[[Connection], None]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path / "audit.log", recorded(LINES))


def messages(log: Path, answer: Answer) -> list[tuple[Message, Any]]:
    """What a worker sends; `answer` reacts to its request for a checkpoint. The last message was sent before it returned."""
    ours, theirs = Pipe()
    worker = threading.Thread(target=_work, args=(theirs, log))
    worker.start()
    received: list[tuple[Message, Any]] = []
    while True:
        try:
            kind, content = ours.recv()
            received.append((Message(kind), receive(ours, content) if kind == Message.BATCH else content))
            if kind == Message.CHECKPOINT:
                answer(ours)
        except (EOFError, OSError):
            worker.join()
            return received


def _work(pipe: Connection, log: Path) -> None:
    with pipe:
        work(pipe, chains([str(log)], None)[0], None, False)


def test_a_worker_sends_what_it_derives_and_then_that_it_is_done(log: Path) -> None:
    received = messages(log, lambda pipe: pipe.send(None))
    kinds = [kind for kind, _ in received]
    assert kinds.count(Message.CHECKPOINT) == 1 and kinds.index(Message.CHECKPOINT) < kinds.index(Message.BATCH)
    assert kinds[-1] == Message.DONE and received[-1][1].hosts == {"web01"}
    assert {batch.host for kind, batch in received if kind == Message.BATCH} == {"web01"}


def test_an_error_of_a_worker_is_its_last_message(log: Path) -> None:
    received = messages(log, lambda pipe: pipe.send(b"provenance-checkpoint/4\nxx"))
    kind, text = received[-1]
    assert kind == Message.FAILED and "web01" in text and "version 4" in text
    assert Message.BATCH not in {kind for kind, _ in received}


def test_a_worker_returns_when_the_process_that_writes_was_killed(log: Path, recwarn: pytest.WarningsRecorder) -> None:
    """It waits for a checkpoint that nobody sends any more. An exception in the thread would be a warning."""
    received = messages(log, Connection.close)
    assert received[-1] == (Message.CHECKPOINT, "web01")
    assert not recwarn.list


def test_a_worker_returns_when_nobody_receives(log: Path) -> None:
    ours, theirs = Pipe()
    ours.close()
    with theirs:
        work(theirs, chains([str(log)], None)[0], None, False)
