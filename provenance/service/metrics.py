"""Metrics for Prometheus (https://prometheus.io/docs/practices/naming/). No label holds text from a request."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The metrics of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "provenance_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "provenance_http_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self.denied = Counter(
            "provenance_requests_refused", "Requests denied: no token, no scope, or too many.", ["why"],
            registry=self.registry,
        )  # fmt: skip
        self.received = Counter("provenance_alerts_received", "Alerts received.", ["what"], registry=self.registry)
        self.finished = Counter(
            "provenance_alerts_finished", "Investigations of alerts finished.", ["state"], registry=self.registry
        )
        self.investigation = Histogram(
            "provenance_investigation_seconds", "Duration of the investigation of an alert.", buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.alerts = Gauge("provenance_alerts", "Alerts by state.", ["state"], registry=self.registry)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
