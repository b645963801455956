"""Elastic: detection alerts of the Security app, and alerts of Elastic Endpoint (Defend).

Sources: https://www.elastic.co/docs/reference/security/fields-and-object-schemas/alert-schema (`kibana.alert.*`; `signal.*`
before 8.0), https://github.com/elastic/endpoint-package (the Endpoint's documents), https://www.elastic.co/docs/reference/ecs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import as_text, at, every, first, grade, techniques


def _is_detection(document: Document) -> bool:
    value = document.value
    return any(at(value, path) is not None for path in ("kibana.alert.rule.name", "signal.rule.name"))


def _is_endpoint(document: Document) -> bool:
    value = document.value
    kinds = every(value, "event.kind") or []
    makers = [*(every(value, "event.module") or []), *(every(value, "agent.type") or [])]
    return "alert" in kinds and "endpoint" in makers


def _detection(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    rule = first(value, "kibana.alert.rule.name", "signal.rule.name")
    yield {
        "source": "elastic",
        "id": first(value, "kibana.alert.uuid", "_id") or document.name,
        "title": rule,
        "rule": first(value, "kibana.alert.rule.uuid", "signal.rule.id") or rule,
        "severity": first(value, "kibana.alert.severity", "kibana.alert.rule.severity", "signal.rule.severity"),
        "time": first(value, "kibana.alert.original_time", "signal.original_time", "@timestamp"),
        "techniques": techniques(
            at(value, "kibana.alert.rule.threat"), at(value, "signal.rule.threat"), every(value, "threat.technique.id")
        ),
        **ecs(value),
    }


def _endpoint(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    yield {
        "source": "elastic-endpoint",
        "id": first(value, "event.id", "_id") or document.name,
        "title": first(value, "rule.name", "message", "event.code"),
        "rule": first(value, "rule.id", "rule.name", "event.code"),
        "severity": grade(first(value, "event.severity"), 47, 73, 99),
        "time": first(value, "@timestamp"),
        "techniques": techniques(every(value, "threat.technique.id"), at(value, "threat")),
        **ecs(value),
    }


def ecs(value: Any) -> Fields:
    """The host, process, file, peer and user in fields of ECS."""
    return {
        "host": first(value, "host.name", "host.hostname", "agent.name"),
        "hosts": every(value, "host.hostname", "host.ip"),
        "agent": first(value, "agent.id"),
        "process": {
            "pid": first(value, "process.pid"),
            "command": first(value, "process.command_line") or _joined(at(value, "process.args")),
            "exe": first(value, "process.executable"),
            "start": first(value, "process.start"),
        },
        "file": {"path": first(value, "file.path"), "sha256": first(value, "file.hash.sha256")},
        "network": {
            "remote_ip": first(value, "destination.ip"),
            "remote_port": first(value, "destination.port"),
            "local_ip": first(value, "source.ip"),
            "local_port": first(value, "source.port"),
            "protocol": first(value, "network.transport"),
        },
        "user": first(value, "user.name"),
    }


def _joined(arguments: Any) -> str | None:
    return " ".join(map(as_text, arguments)) or None if isinstance(arguments, list) else None


DETECTION = Format("elastic", "Elastic detection alert", _is_detection, _detection)
ENDPOINT = Format("elastic-endpoint", "Elastic Endpoint alert", _is_endpoint, _endpoint)
