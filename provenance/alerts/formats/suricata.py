"""Suricata, alerts of EVE JSON.

Source: https://docs.suricata.io/en/latest/output/eve/eve-json-format.html. The addresses in `flow` are those of the
connection; the addresses of the event itself are those of the packet, whose direction may be the opposite.
"""

from __future__ import annotations

from collections.abc import Iterator

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import as_text, at, first, techniques
from provenance.errors import InputError

_SEVERITY = {"1": "high", "2": "medium", "3": "low", "4": "low"}


def _matches(document: Document) -> bool:
    value = document.value
    return value is not None and "event_type" in value and ("src_ip" in value or "flow_id" in value)


def _fields(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    kind = as_text(first(value, "event_type"))
    if kind != "alert":
        raise InputError(f"event_type is {kind[:40]!r}, not alert")
    yield {
        "source": "suricata",
        "id": document.name,
        "title": first(value, "alert.signature") or "Suricata alert",
        "rule": first(value, "alert.signature_id"),
        "severity": _SEVERITY.get(as_text(first(value, "alert.severity"))),
        "time": first(value, "timestamp"),
        "network": {
            "remote_ip": first(value, "flow.dest_ip", "dest_ip"),
            "remote_port": first(value, "flow.dest_port", "dest_port"),
            "local_ip": first(value, "flow.src_ip", "src_ip"),
            "local_port": first(value, "flow.src_port", "src_port"),
            "protocol": first(value, "proto"),
        },
        "file": {"path": None, "sha256": first(value, "fileinfo.sha256", "files.sha256")},
        "techniques": techniques(at(value, "alert.metadata")),
    }


FORMAT = Format("suricata", "Suricata EVE alert", _matches, _fields)
