"""Matches of Sigma rules, as Zircolite and Chainsaw write them.

Sources: https://github.com/wagga40/Zircolite/blob/master/docs/Usage.md (a rule with its `matches`; audit lines become flat
fields in zircolite.py, `auditdLine2JSON`), https://github.com/WithSecureLabs/chainsaw (src/cli.rs, `print_json`). The fields
of an event are those of Sigma's taxonomy (https://sigmahq.io/docs/basics/log-sources.html), of audit, or ECS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count, takewhile
from typing import Any

from provenance.alerts.documents import Document, name_of
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import as_text, at, first, techniques
from provenance.errors import InputError

_NO_HOST = "offline"
"""The host that Zircolite writes for an audit line without a host."""


def _is_zircolite(document: Document) -> bool:
    value = document.value
    return value is not None and "rule_level" in value and isinstance(value.get("matches"), list)


def _is_chainsaw(document: Document) -> bool:
    value = document.value
    return (
        value is not None
        and {"group", "kind", "name"} <= value.keys()
        and bool({"document", "documents"} & value.keys())
    )


def _zircolite(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    matches = value.get("matches")
    listed = matches if isinstance(matches, list) else []
    objects = [match for match in listed if isinstance(match, Mapping)]
    for match in objects:
        yield {
            "source": "zircolite",
            "id": _name(first(value, "id", "title"), match),
            "title": first(value, "title"),
            "rule": first(value, "id"),
            "severity": first(value, "rule_level"),
            "techniques": techniques(at(value, "tags")),
            **_event(match),
        }
    if len(objects) < len(listed):
        raise InputError(f"{len(listed) - len(objects)} of its {len(listed)} matches are not JSON objects")


def _chainsaw(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    several = value.get("documents")
    for item in several if isinstance(several, list) else [value.get("document")]:
        data = at(item, "data")
        event = data if isinstance(data, Mapping) else {}
        values = _event(event)
        yield {
            "source": "chainsaw",
            "id": _name(first(value, "id", "name"), event),
            "title": first(value, "name"),
            "rule": first(value, "id"),
            "severity": first(value, "level"),
            "techniques": techniques(at(value, "tags")),
            **values,
            "time": values["time"] or first(value, "timestamp"),
        }


def _name(rule: Any, event: Mapping[str, Any]) -> str:
    return name_of([rule, dict(event)])


def _event(event: Mapping[str, Any]) -> Fields:
    inner = at(event, "Event.EventData")
    values: Mapping[str, Any] = {**event, **inner} if isinstance(inner, Mapping) else event
    host = first(values, "Computer", "host.name", "hostname", "node", "host", "Event.System.Computer")
    return {
        "time": _utc(values)
        or first(values, "SystemTime", "@timestamp", "timestamp", "Event.System.TimeCreated_attributes.SystemTime"),
        "host": None if host == _NO_HOST else host,
        "process": {
            "pid": first(values, "ProcessId", "process.pid", "pid"),
            "command": first(values, "CommandLine", "process.command_line", "cmdline") or _arguments(values),
            "exe": first(values, "Image", "process.executable", "exe"),
        },
        "file": {"path": first(values, "TargetFilename", "file.path", "name")},
        "network": {
            "remote_ip": first(values, "DestinationIp", "destination.ip"),
            "remote_port": first(values, "DestinationPort", "destination.port"),
            "local_ip": first(values, "SourceIp", "source.ip"),
            "local_port": first(values, "SourcePort", "source.port"),
            "protocol": first(values, "Protocol"),
        },
        "user": first(values, "User", "user.name"),
    }


def _utc(values: Mapping[str, Any]) -> str | None:
    """The time of a Sysmon event, which is in UTC but has no offset."""
    time = as_text(first(values, "UtcTime"))
    return f"{time}Z" if time else None


def _arguments(values: Mapping[str, Any]) -> str | None:
    """The command line of an event: `a0`, `a1` ... of an EXECVE record, else `proctitle`. In SYSCALL records, `a0` ... are
    registers."""
    if values.get("type") == "EXECVE":
        given = takewhile(lambda text: text is not None, (values.get(f"a{number}") for number in count()))
        return " ".join(map(as_text, given)) or None
    return as_text(first(values, "proctitle")) or None


ZIRCOLITE = Format("zircolite", "Sigma matches of Zircolite", _is_zircolite, _zircolite)
CHAINSAW = Format("chainsaw", "Sigma matches of Chainsaw", _is_chainsaw, _chainsaw)
