"""Times that records carry while a host's clock was behind after a restart: such records are shown at a later time
(docs/semantics.md), and a time that a user takes from one of them selects what came before the restart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import Blind

_BEHIND = re.compile(
    r"the clock was (?:(?P<days>\d{1,6}) days?, )?"
    r"(?P<hours>\d{1,2}):(?P<minutes>\d\d):(?P<seconds>\d\d(?:\.\d{1,6})?) behind at a"
)


class BehindClock(NamedTuple):
    """A restart of a host with its clock behind: records with times from `first_ms` to `shown_ms` may be of after it, and
    are then shown at `shown_ms` (ms since the epoch)."""

    host: str
    first_ms: int
    shown_ms: int


def behind_clocks(blinds: Iterable[Blind], at_ms: int) -> Iterator[BehindClock]:
    """The restarts after which a record can carry the time `at_ms` and be shown at a later one, by the blind intervals that
    `ingest.rules.counts` emits."""
    for blind in blinds:
        found = _BEHIND.match(blind.why)
        if found is None:
            continue
        given = {name: float(value) for name, value in found.groupdict().items() if value is not None}
        shown = ms_of(blind.first)
        first = shown - int(timedelta(**given) / timedelta(milliseconds=1))
        if first <= at_ms < shown:
            yield BehindClock(blind.host, first, shown)
