"""The intake of alerts in a running service: `provenance.alerts.intake`, with metrics, and it wakes the workers."""

from __future__ import annotations

from provenance.alerts import intake
from provenance.alerts.intake import IntakeResult, Submitted
from provenance.alerts.reading import Reject
from provenance.service.service import Service


def receive(service: Service, body: bytes, format: str | None, most: int | None = None) -> IntakeResult:
    """Reads a body and stores its alerts and rejects, as `provenance.alerts.intake.receive` does, with the same errors. Raises
    StoreError too if the store is no longer where a restart would find it: what is accepted is on the disk."""
    service.store.check_place()
    result = intake.receive(service.documents, service.alerts, body, format, service.clock(), most)
    service.store.check_place()
    known = len(result.alerts) - result.new
    for what, count in (("new", result.new), ("known", known), ("refused", len(result.rejects))):
        service.metrics.received.labels(what).inc(count)
    if result.new:
        service.wake()
    return result


def read_again(service: Service, letter: str, format: str | None) -> tuple[list[Submitted], list[Reject]]:
    """Reads a dead letter again, as `provenance.alerts.intake.read_again` does, with the same errors."""
    submitted, rejects = intake.read_again(service.documents, service.alerts, letter, format, service.clock())
    if any(one.new for one in submitted):
        service.wake()
    return submitted, rejects
