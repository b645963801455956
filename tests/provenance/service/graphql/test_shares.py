"""Many clients share the threads and what they look at: none gets everything, and idle ones cost nothing."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

from provenance.errors import StoreBusy
from provenance.service.auth.tokens import Principal, Scope
from provenance.service.graphql.base.errors import OperationRejected
from provenance.service.graphql.base.latest import Latest
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.base.shares import SharedThreads
from provenance.service.graphql.base.work import Engine, Work
from provenance.service.service import Service
from provenance.store.interface import HostSummary, Store

PATIENCE_S = 60
HOUR_S = 3_600.0


def test_one_caller_does_not_get_all_threads() -> None:
    threads, go = SharedThreads(2, 1), threading.Event()
    held = [threads.submit("greedy", lambda: go.wait(PATIENCE_S)) for _ in range(50)]
    assert threads.submit("other", lambda: "answered").result(PATIENCE_S) == "answered"
    assert not any(future.done() for future in held)
    go.set()
    assert all(future.result(PATIENCE_S) for future in held)
    threads.close()


def test_errors_and_cancelled_work_give_their_place_to_the_next() -> None:
    threads, go = SharedThreads(1, 1), threading.Event()
    first = threads.submit("a", lambda: go.wait(PATIENCE_S))
    unwanted = threads.submit("a", lambda: pytest.fail("it was cancelled"))
    failing = threads.submit("a", lambda: 1 // 0)
    last = threads.submit("a", lambda: "last")
    assert unwanted.cancel()
    go.set()
    assert first.result(PATIENCE_S) and last.result(PATIENCE_S) == "last"
    assert isinstance(failing.exception(PATIENCE_S), ZeroDivisionError)
    threads.close()


def test_work_that_has_not_begun_is_dropped_by_a_stop() -> None:
    threads, go = SharedThreads(1, 1), threading.Event()
    running, queued = (threads.submit("a", lambda: go.wait(PATIENCE_S)) for _ in range(2))
    closing = threading.Thread(target=threads.close)
    closing.start()
    with pytest.raises(CancelledError):
        queued.result(PATIENCE_S)
    go.set()
    closing.join(PATIENCE_S)
    assert running.result(PATIENCE_S)


def test_many_streams_read_once_and_see_what_has_not_changed() -> None:
    reads: list[int] = []

    async def read() -> list[str]:
        reads.append(1)
        return ["the same"]

    async def main() -> None:
        latest = Latest(HOUR_S)
        assert await asyncio.gather(*(latest.get("hosts", read) for _ in range(200))) == [["the same"]] * 200
        assert len(reads) == 1
        latest = Latest(0)
        first, second = await latest.get("hosts", read), await latest.get("hosts", read)
        assert first is second and len(reads) == 3

    asyncio.run(main())


def test_a_stream_that_ends_does_not_end_what_others_wait_for() -> None:
    async def main() -> None:
        latest, go = Latest(HOUR_S), asyncio.Event()

        async def read() -> str:
            await go.wait()
            return "read"

        first, second = (asyncio.ensure_future(latest.get("x", read)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        go.set()
        assert await second == "read"

    asyncio.run(main())


def test_a_failed_reading_is_told_to_all_and_tried_again() -> None:
    async def main() -> None:
        latest, answers = Latest(0), [StoreBusy("busy")]

        async def read() -> str:
            if answers:
                raise answers.pop()
            return "read"

        with pytest.raises(StoreBusy):
            await latest.get("x", read)
        assert await latest.get("x", read) == "read"

    asyncio.run(main())


def test_the_questions_that_are_kept_are_bounded() -> None:
    async def main() -> None:
        latest = Latest(HOUR_S)
        for number in range(3_000):
            await latest.get(number, lambda: asyncio.sleep(0))
        assert len(latest._readings) <= 1_000

    asyncio.run(main())


def test_operations_of_one_token_are_bounded(empty: Store) -> None:
    engine = Engine(Service(empty), Limits(operations_each=2))
    one, other = (Principal(name, frozenset((Scope.READ,))) for name in ("one", "other"))
    works = [Work(engine, one, None) for _ in range(2)]
    with pytest.raises(OperationRejected, match="too many operations at once"):
        Work(engine, one, None)
    Work(engine, other, None).finish()
    works[0].finish()
    works[0].finish()
    Work(engine, one, None).finish()
    works[1].finish()
    assert not engine.running
    engine.close()


def test_two_hundred_idle_subscribers_read_the_store_as_often_as_one(empty: Store) -> None:
    """They had one read each, twice a second: a page waited 1.8 s."""
    engine, calls = Engine(Service(empty), Limits(poll_seconds=HOUR_S)), []

    def hosts(store: Store) -> list[HostSummary]:
        calls.append(1)
        return list(store.hosts())

    async def main() -> None:
        works = [Work(engine, Principal("one", frozenset((Scope.READ,))), None) for _ in range(200)]
        await asyncio.gather(*(work.latest("hosts", hosts) for work in works))
        assert len(calls) == 1

    asyncio.run(main())
    engine.close()
