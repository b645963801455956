"""Falco, with `json_output: true`.

Sources: https://falco.org/docs/concepts/outputs/formatting/ (the document),
https://falco.org/docs/reference/rules/supported-fields/ (`output_fields`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import every, first, techniques, written

_TUPLE = re.compile(r"(?P<client>\S+):(?P<client_port>\d+)->(?P<server>\S+):(?P<server_port>\d+)")


def _matches(document: Document) -> bool:
    value = document.value
    return value is not None and {"rule", "priority", "output"} <= value.keys()


def _fields(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    found = first(value, "output_fields")
    said = found if isinstance(found, Mapping) else {}
    yield {
        "source": "falco",
        "id": first(value, "uuid") or document.name,
        "title": first(value, "rule"),
        "rule": first(value, "rule"),
        "severity": first(value, "priority"),
        "time": first(said, "evt.time", "evt.rawtime", "evt.time.iso8601") or first(value, "time"),
        "host": first(said, "evt.hostname") or first(value, "hostname") or document.header.host,
        "process": {
            "pid": first(said, "proc.pid"),
            "command": first(said, "proc.exeline", "proc.cmdline"),
            "exe": first(said, "proc.exepath"),
            "start": first(said, "proc.pid.ts"),
        },
        "file": _file(said),
        "network": _network(said),
        "user": first(said, "user.name"),
        "techniques": techniques(every(value, "tags")),
    }


def _file(said: Mapping[str, Any]) -> Fields | None:
    path = written(first(said, "fs.path.name", "fd.name"))
    return {"path": path} if path.startswith("/") else None


def _network(said: Mapping[str, Any]) -> Fields | None:
    """Both ends from `fd.name`, which is `client->server`, unless they are given one by one."""
    named = _TUPLE.fullmatch(written(first(said, "fd.name")))
    given = {
        "remote_ip": first(said, "fd.rip", "fd.sip") or (named and named["server"]),
        "remote_port": first(said, "fd.rport", "fd.sport") or (named and named["server_port"]),
        "local_ip": first(said, "fd.lip", "fd.cip") or (named and named["client"]),
        "local_port": first(said, "fd.lport", "fd.cport") or (named and named["client_port"]),
        "protocol": first(said, "fd.l4proto"),
    }
    return given if given["remote_ip"] else None


FORMAT = Format("falco", "Falco", _matches, _fields)
