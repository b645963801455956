"""Wazuh, a line of `alerts.json` or a document of its indexer.

Source: https://documentation.wazuh.com/current/user-manual/manager/alert-management.html; `data.audit` holds the fields of
the audit event, https://documentation.wazuh.com/current/user-manual/capabilities/system-calls-monitoring/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count, takewhile
from typing import Any

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import as_text, at, event_in, every, first, grade, techniques

_MANAGER_ITSELF = "000"


def _matches(document: Document) -> bool:
    value = document.value
    return at(value, "rule.description") is not None and at(value, "agent.id") is not None


def _fields(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    manager = as_text(first(value, "manager.name"))
    yield {
        "source": f"wazuh/{manager}" if manager else "wazuh",
        "id": first(value, "id") or document.name,
        "title": first(value, "rule.description"),
        "rule": first(value, "rule.id"),
        "severity": grade(first(value, "rule.level"), 7, 12, 15),
        "time": first(value, "timestamp", "@timestamp"),
        "host": first(value, "agent.name"),
        "hosts": every(value, "agent.ip", "predecoder.hostname"),
        "agent": _agent(value),
        "event": event_in(first(value, "full_log")),
        "process": {
            "pid": first(value, "data.audit.pid", "syscheck.audit.process.id"),
            "command": _command(at(value, "data.audit.execve")),
            "exe": first(value, "data.audit.exe", "syscheck.audit.process.name"),
        },
        "file": {
            "path": first(value, "syscheck.path", "data.audit.file.name"),
            "sha256": first(value, "syscheck.sha256_after"),
        },
        "network": {
            "remote_ip": first(value, "data.srcip"),
            "remote_port": first(value, "data.srcport"),
            "local_ip": first(value, "data.dstip"),
            "local_port": first(value, "data.dstport"),
            "protocol": first(value, "data.protocol"),
        },
        "user": first(value, "data.dstuser", "syscheck.audit.user.name", "data.srcuser"),
        "techniques": techniques(at(value, "rule.mitre.id")),
    }


def _agent(value: Mapping[str, Any]) -> Any:
    agent = first(value, "agent.id")
    return None if agent == _MANAGER_ITSELF else agent


def _command(execve: Any) -> str | None:
    """The arguments `a0`, `a1` ... of execve joined by single spaces, as the graph has them."""
    if not isinstance(execve, Mapping):
        return None
    given = takewhile(lambda text: text is not None, (execve.get(f"a{number}") for number in count()))
    return " ".join(map(as_text, given)) or None


FORMAT = Format("wazuh", "Wazuh", _matches, _fields)
