"""What is counted for Prometheus (https://prometheus.io/docs/practices/naming/). No label holds anything a caller wrote."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The counters of one service, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "provenance_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "provenance_http_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self.refused = Counter(
            "provenance_requests_refused", "Requests without the right to ask, or too many.", ["why"],
            registry=self.registry,
        )  # fmt: skip
        self.received = Counter("provenance_alerts_received", "Alerts that came in.", ["what"], registry=self.registry)
        self.finished = Counter(
            "provenance_alerts_finished", "Work on alerts that came to an end.", ["state"], registry=self.registry
        )
        self.investigation = Histogram(
            "provenance_investigation_seconds", "Time from taking an alert to its result.", buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.alerts = Gauge("provenance_alerts", "Alerts by state.", ["state"], registry=self.registry)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
