"""Taking alerts in, however they come: what can be read goes into the queue, what cannot is kept with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from provenance.alerts import Reject
from provenance.errors import UsageError
from provenance.service.alerts import dead_letters, queue
from provenance.service.alerts.queue import State
from provenance.service.service import Service

LETTERS = 1_000
"""Of what one body holds that is no alert, so much is kept; who sends a million lines of something else sees why from those."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Of each alert its id, its state and whether it is new; and what was none, with the key of its dead letter (None when
    there are too many of those, or were more than `LETTERS` in the body)."""

    alerts: tuple[tuple[str, State, bool], ...]
    refused: tuple[tuple[Reject, str | None], ...]

    @property
    def new(self) -> int:
        """How many alerts are new."""
        return sum(fresh for _, _, fresh in self.alerts)


def take_in(service: Service, body: bytes, format: str | None, most: int | None = None) -> Taken:
    """Read a body and keep all of it. Raises UsageError for more than `most` alerts at once, of which nothing is kept, and
    for a format that there is none of; StoreError."""
    reading = service.alerts.read(body, format)
    if most is not None and len(reading.alerts) > most:
        raise UsageError(f"{len(reading.alerts)} alerts: at most {most} at once")
    now = service.clock()
    done = queue.submit_all(service.documents, reading.alerts, now)
    refused: list[tuple[Reject, str | None]] = [
        (reject, dead_letters.keep(service.documents, reject, now)) for reject in reading.rejects[:LETTERS]
    ]
    refused += ((reject, None) for reject in reading.rejects[LETTERS:])
    taken = Taken(tuple(done), tuple(refused))
    for what, count in (("new", taken.new), ("known", len(done) - taken.new), ("refused", len(refused))):
        service.metrics.received.labels(what).inc(count)
    if taken.new:
        service.wake()
    return taken
