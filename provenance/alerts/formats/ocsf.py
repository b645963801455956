"""OCSF, class Detection Finding (2004) and its forerunner Security Finding (2001).

Source: https://schema.ocsf.io/1.3.0/classes/detection_finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import as_text, at, every, first, techniques
from provenance.errors import InputError

_CLASSES = ("2004", "2001")
_SEVERITY = {"1": "low", "2": "low", "3": "medium", "4": "high", "5": "critical", "6": "critical"}
_SHA256 = ("3", "SHA-256", "sha256", "sha-256")


def _matches(document: Document) -> bool:
    value = document.value
    return value is not None and "class_uid" in value and bool({"metadata", "finding_info", "finding"} & value.keys())


def _fields(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    kind = as_text(first(value, "class_uid"))
    if kind not in _CLASSES:
        raise InputError(f"class_uid is {kind[:20]!r}: only findings of class 2004 and 2001 are alerts")
    maker = as_text(first(value, "metadata.product.name", "metadata.product.vendor_name"))
    yield {
        "source": f"ocsf/{maker}" if maker else "ocsf",
        "id": first(value, "finding_info.uid", "finding.uid", "metadata.uid") or document.name,
        "title": first(value, "finding_info.title", "finding.title", "message"),
        "rule": first(value, "finding_info.analytic.uid", "finding_info.analytic.name"),
        "severity": _SEVERITY.get(as_text(first(value, "severity_id"))),
        "time": first(value, "time", "time_dt", "finding_info.first_seen_time"),
        "techniques": techniques(at(value, "finding_info.attacks"), at(value, "attacks")),
        **_observed(value),
    }


def _observed(value: Mapping[str, Any]) -> Fields:
    """The host, process, file, peer and user, each from the first item of evidence that has it."""
    process = _object(value, "process") or at(value, "actor.process")
    file = _object(value, "file")
    device = at(value, "device") or _object(value, "device")
    source, target = _object(value, "src_endpoint"), _object(value, "dst_endpoint")
    return {
        "host": first(device, "hostname", "name", "ip"),
        "hosts": every(device, "name", "ip"),
        "agent": first(device, "agent_list.uid", "uid"),
        "process": {
            "pid": first(process, "pid"),
            "command": first(process, "cmd_line"),
            "exe": first(process, "file.path", "path"),
            "start": first(process, "created_time", "created_time_dt"),
        },
        "file": {"path": first(file, "path"), "sha256": _sha256(file)},
        "network": {
            "remote_ip": first(target, "ip"),
            "remote_port": first(target, "port"),
            "local_ip": first(source, "ip"),
            "local_port": first(source, "port"),
            "protocol": first(_object(value, "connection_info"), "protocol_name"),
        },
        "user": first(process, "user.name") or first(value, "actor.user.name"),
    }


def _object(value: Mapping[str, Any], name: str) -> Any:
    evidences = at(value, "evidences")
    for item in (*(evidences if isinstance(evidences, list) else ()), value):
        found = item.get(name) if isinstance(item, Mapping) else None
        if isinstance(found, Mapping):
            return found
    return None


def _sha256(file: Any) -> Any:
    hashes = at(file, "hashes")
    for each in hashes if isinstance(hashes, list) else ():
        if as_text(first(each, "algorithm_id")) in _SHA256 or as_text(first(each, "algorithm")) in _SHA256:
            return first(each, "value")
    return None


FORMAT = Format("ocsf", "OCSF detection finding", _matches, _fields)
