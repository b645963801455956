"""OSSEC, with `jsonout_output`.

Sources: https://www.ossec.net/docs/docs/formats/json.html and the writer itself,
https://github.com/ossec/ossec-hids/blob/master/src/analysisd/format/to_json.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import as_text, at, event_in, first, grade

_AGENT = re.compile(r"\((?P<name>[^)]+)\) (?P<address>[^\s>]+?)(?:->.*)?", re.DOTALL)
_MANAGER = re.compile(r"(?P<name>[^\s()>/]+)->.*", re.DOTALL)


def _matches(document: Document) -> bool:
    value = document.value
    nested = at(value, "rule.sidid") is not None and at(value, "rule.comment") is not None
    return nested or (value is not None and {"rule", "level", "comment"} <= value.keys())


def _fields(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    names = [name for path in ("location", "hostname") for name in _hosts(as_text(first(value, path)))]
    yield {
        "source": "ossec",
        "id": first(value, "id") or document.name,
        "title": first(value, "rule.comment", "comment"),
        "rule": first(value, "rule.sidid", "sidid", "rule"),
        "severity": grade(first(value, "rule.level", "level"), 7, 12, 15),
        "time": first(value, "TimeStamp", "timestamp"),
        "host": next(iter(names), None),
        "hosts": names[1:] or None,
        "event": event_in(first(value, "full_log")),
        "file": {"path": first(value, "SyscheckFile.path", "file.path")},
        "network": {
            "remote_ip": first(value, "srcip"),
            "remote_port": first(value, "srcport"),
            "local_ip": first(value, "dstip"),
            "local_port": first(value, "dstport"),
            "protocol": first(value, "protocol"),
        },
        "user": first(value, "dstuser", "srcuser"),
    }


def _hosts(text: str) -> list[str]:
    """The host names and addresses in `(agent) address->log`, `manager->log` or a plain host name."""
    agent = _AGENT.fullmatch(text)
    if agent:
        return [agent["name"], *([] if agent["address"] == "any" else [agent["address"]])]
    manager = _MANAGER.fullmatch(text)
    return [manager["name"]] if manager else [text] if text and "/" not in text else []


FORMAT = Format("ossec", "OSSEC", _matches, _fields)
