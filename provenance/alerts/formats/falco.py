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
from provenance.alerts.lookup import as_text, every, first, techniques

_TUPLE = re.compile(r"(?P<client>\S+):(?P<client_port>\d+)->(?P<server>\S+):(?P<server_port>\d+)")


def _matches(document: Document) -> bool:
    value = document.value
    return value is not None and {"rule", "priority", "output"} <= value.keys()


def _fields(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    found = first(value, "output_fields")
    output = found if isinstance(found, Mapping) else {}
    yield {
        "source": "falco",
        "id": first(value, "uuid") or document.name,
        "title": first(value, "rule"),
        "rule": first(value, "rule"),
        "severity": first(value, "priority"),
        "time": first(output, "evt.time", "evt.rawtime", "evt.time.iso8601") or first(value, "time"),
        "host": first(output, "evt.hostname") or first(value, "hostname") or document.header.host,
        "process": {
            "pid": _pid(output),
            "command": first(output, "proc.exeline", "proc.cmdline"),
            "exe": first(output, "proc.exepath"),
            "start": first(output, "proc.pid.ts"),
        },
        "file": _file(output),
        "network": _network(output),
        "user": first(output, "user.name"),
        "techniques": techniques(every(value, "tags")),
    }


def _pid(output: Mapping[str, Any]) -> Any:
    """The process; -1 is the pid of an event that Falco could not assign to one."""
    pid = first(output, "proc.pid")
    return None if as_text(pid).startswith("-") else pid


def _file(output: Mapping[str, Any]) -> Fields | None:
    path = as_text(first(output, "fs.path.name", "fd.name"))
    return {"path": path} if path.startswith("/") else None


def _network(output: Mapping[str, Any]) -> Fields | None:
    """Both ends of a connection, from their own fields or from `fd.name`, which is `client->server`."""
    named = _TUPLE.fullmatch(as_text(first(output, "fd.name")))
    given = {
        "remote_ip": first(output, "fd.rip", "fd.sip") or (named and named["server"]),
        "remote_port": first(output, "fd.rport", "fd.sport") or (named and named["server_port"]),
        "local_ip": first(output, "fd.lip", "fd.cip") or (named and named["client"]),
        "local_port": first(output, "fd.lport", "fd.cport") or (named and named["client_port"]),
        "protocol": first(output, "fd.l4proto"),
    }
    return given if given["remote_ip"] else None


FORMAT = Format("falco", "Falco", _matches, _fields)
