"""The traces that a helper process computes: their messages, and traces that are stopped or fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import pytest

from provenance.errors import StoreError
from provenance.ingest.clock import LAST
from provenance.service.tracing.request import TraceRequest
from provenance.service.tracing.wire import join_parts, read_part
from provenance.service.workers.helper import HelperTraces
from provenance.store.interface import Direction, Store
from provenance.trace.slice.budget import Budget
from tests.provenance.service.faulty import Faulty
from tests.provenance.service.graphql.endless import Endless
from tests.provenance.service.graphql.questions import library_trace
from tests.provenance.service.running import PATIENCE_S, until

THREADS = 4
ANY = TraceRequest(Direction.BACKWARD, {7: LAST}, None, Budget()).as_json()


class Helper:
    """The traces of a helper process, with the messages that it sent."""

    def __init__(self, store: Store) -> None:
        self.sent: SimpleQueue[Any] = SimpleQueue()
        self.traces = HelperTraces(store, self.sent.put)

    def until_last(self, number: int) -> list[dict[str, Any]]:
        """The messages about a trace, up to its last one."""
        messages: list[dict[str, Any]] = []
        while not messages or messages[-1].keys().isdisjoint({"head", "failed"}):
            message = self.sent.get(timeout=PATIENCE_S)
            if message["trace"] == number:
                messages.append(message)
        return messages


@pytest.fixture
def helper(store: Store) -> Iterator[Helper]:
    helper = Helper(store)
    yield helper
    helper.traces.close()


def test_a_trace_is_sent_in_parts_with_its_head_last(helper: Helper, store: Store) -> None:
    expected = library_trace(store)
    start = {id: expected.slice.bounds[id] for id in expected.slice.start}
    request = TraceRequest(Direction.BACKWARD, start, expected.slice.at, Budget(10_000, 100_000))
    helper.traces.begin(3, request.as_json())
    messages = helper.until_last(3)
    parts = [read_part(message["part"]) for message in messages if "part" in message]
    assert join_parts(messages[-1]["head"], parts) == expected


def test_a_stopped_trace_makes_way_for_the_next_and_sends_nothing_more(store: Store) -> None:
    endless = Endless(store)
    helper = Helper(endless)
    for number in range(THREADS + 1):
        helper.traces.begin(number, ANY)
    until(lambda: endless.given > 0, "some are computed")
    for number in range(THREADS + 1):
        helper.traces.end(number)
    helper.traces.end(99)
    helper.traces.close()
    sent = [helper.sent.get() for _ in range(helper.sent.qsize())]
    assert all(message.keys() == {"trace", "seen", "path"} for message in sent)


def test_traces_that_run_do_not_hold_up_the_end_of_the_process(store: Store) -> None:
    endless = Endless(store)
    helper = Helper(endless)
    helper.traces.begin(1, ANY)
    until(lambda: endless.given > 0, "it is computed")
    closing = threading.Thread(target=helper.traces.close, daemon=True)
    closing.start()
    closing.join(PATIENCE_S)
    assert not closing.is_alive()


def test_an_error_of_the_store_is_sent(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    helper = Helper(Faulty(store, "expand", kind=StoreError))
    helper.traces.begin(1, ANY)
    assert helper.until_last(1)[-1] == {"trace": 1, "failed": "the store fails"}
    helper.traces.close()
    assert [record.message for record in caplog.records] == ["trace failed"]


class Mistaken(Endless):
    """A store with a mistake of ours in it."""

    def expand(self, *_: Any) -> Iterator[Any]:
        raise RuntimeError("a secret of the machine")


def test_an_internal_error_is_sent_without_its_text(store: Store) -> None:
    helper = Helper(Mistaken(store))
    helper.traces.begin(1, ANY)
    failed = helper.until_last(1)[-1]
    assert failed == {"trace": 1, "failed": "internal error: see the log of the service"}
    helper.traces.close()
