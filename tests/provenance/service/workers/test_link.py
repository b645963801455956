"""The link to a helper process that ends in the middle of its work."""

from __future__ import annotations

import subprocess
import sys

import pytest

from provenance.errors import StoreError
from provenance.ingest.clock import LAST
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.request import TraceRequest
from provenance.service.tracing.watched_store import WatchedStore
from provenance.service.workers.link import WARM, Link
from provenance.store.interface import Direction, Store
from provenance.trace.slice.budget import Budget


def linked(program: str) -> Link:
    """A link to a process that runs a program."""
    command = [sys.executable, "-I", "-S", "-c", program]
    return Link(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE), b"")


def end(link: Link) -> None:
    process = link.process
    assert process.stdin is not None and process.stdout is not None
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_half_a_message_of_a_killed_process_is_not_read() -> None:
    link = linked('print(\'"warm"\\n{"state": "do\', end=\'\')')
    assert list(link.messages()) == [WARM]
    assert not link.warm, "nobody is there any more"
    end(link)


def test_a_message_about_a_trace_that_nobody_waits_for_is_ignored() -> None:
    link = linked('print(\'{"trace": 5, "failed": "x"}\\n"warm"\')')
    assert list(link.messages()) == [WARM]
    end(link)


def test_a_process_that_has_ended_computes_nothing(store: Store) -> None:
    link = linked("")
    assert list(link.messages()) == []
    request = TraceRequest(Direction.BACKWARD, {7: LAST}, None, Budget())
    with pytest.raises(StoreError, match="the helper process has ended"):
        link.trace(request, WatchedStore(store, Brake(None)))
    end(link)
