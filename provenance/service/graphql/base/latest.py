"""What all streams look at: read once in an interval, however many look."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, NamedTuple, TypeVar

_T = TypeVar("_T")
_MOST = 1_000
"""The most questions whose answers are kept."""


class _Reading(NamedTuple):
    answer: asyncio.Task[Any]
    begun: float


class Latest:
    """The latest answers of the store to the questions of streams; for one event loop. An answer that equals the one before it is
    the same object, so that a stream sees by `is` that nothing has changed."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._readings: OrderedDict[Hashable, _Reading] = OrderedDict()

    async def get(self, question: Hashable, read: Callable[[], Awaitable[_T]]) -> _T:
        """The answer to a question, begun to be read no longer ago than the interval. Raises the errors of `read`."""
        former, now = self._readings.get(question), time.monotonic()
        if former is None or (former.answer.done() and now - former.begun >= self._seconds):
            answer = asyncio.ensure_future(_read(read, former))
            answer.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())
            former = self._readings[question] = _Reading(answer, now)
            self._readings.move_to_end(question)
            if len(self._readings) > _MOST:
                self._readings.popitem(last=False)
        # Whoever stops waiting must not end what the others wait for.
        found: _T = await asyncio.shield(former.answer)
        return found


async def _read(read: Callable[[], Awaitable[_T]], former: _Reading | None) -> _T:
    found = await read()
    if former is None or former.answer.cancelled() or former.answer.exception() is not None:
        return found
    before: _T = former.answer.result()
    return before if found == before else found
