"""The intake of a running service: `provenance.alerts.intake`, counted, and the workers woken."""

from __future__ import annotations

from provenance.alerts import intake
from provenance.alerts.intake import Submitted, Taken
from provenance.alerts.reading import Reject
from provenance.service.service import Service


def take_in(service: Service, body: bytes, format: str | None, most: int | None = None) -> Taken:
    """Read a body and store all of it, as `provenance.alerts.intake.take_in`, with the same errors."""
    taken = intake.take_in(service.documents, service.alerts, body, format, service.clock(), most)
    known = len(taken.alerts) - taken.new
    for what, count in (("new", taken.new), ("known", known), ("refused", len(taken.refused))):
        service.metrics.received.labels(what).inc(count)
    if taken.new:
        service.wake()
    return taken


def read_again(service: Service, letter: str, format: str | None) -> tuple[list[Submitted], list[Reject]]:
    """Read a dead letter again, as `provenance.alerts.intake.read_again`, with the same errors."""
    done, rejects = intake.read_again(service.documents, service.alerts, letter, format, service.clock())
    if any(one.new for one in done):
        service.wake()
    return done, rejects
