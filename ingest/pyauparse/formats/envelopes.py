"""JSON objects of collectors in which a line of a log is one text among what they say of it.

Filebeat and Elastic Agent (`message`, `event.original`), Logstash, Fluent Bit and Fluentd (`log`, `message`), Docker's
json-file (`log`), Vector (`message`), rsyslog and syslog-ng (`msg`, `MESSAGE`), Splunk (`_raw`, `event`), Graylog
(`short_message`, `full_message`), Wazuh (`full_log`), Google Cloud (`textPayload`), Azure (`SyslogMessage`),
Loki (`line`), NXLog (`Message`), Datadog (`attributes`). An answer of a store can hold a list of such objects. The host is the
one that they name, unless the line itself names another.
"""

from __future__ import annotations

from typing import Any

from .text import at

_INSIDE = ("_source", "result", "jsonPayload", "fields", "record", "body", "attributes")
"""Objects that hold what was collected, in what a store or a queue says of it."""
_TEXTS = (
    ("event", "original"),
    ("full_log",),
    ("message",),
    ("log",),
    ("log", "original"),
    ("MESSAGE",),
    ("Message",),
    ("msg",),
    ("rawmsg",),
    ("_raw",),
    ("raw",),
    ("full_message",),
    ("short_message",),
    ("textPayload",),
    ("SyslogMessage",),
    ("RawData",),
    ("event",),
    ("event", "message"),
    ("line",),
    ("body",),
    ("data",),
    ("text",),
    ("value",),
)
"""Where the text of a line can stand; what is nearest to the line as it was comes first."""
_HOSTS = (
    ("host", "name"),
    ("host", "hostname"),
    ("agent", "hostname"),
    ("beat", "hostname"),
    ("beat", "name"),
    ("agent", "name"),
    ("hostname",),
    ("host",),
    ("HOST",),
    ("HOSTNAME",),
    ("Hostname",),
    ("_HOSTNAME",),
    ("Computer",),
    ("HostName",),
    ("kubernetes", "host"),
    ("kubernetes", "node", "name"),
    ("kubernetes", "node_name"),
    ("source_host",),
    ("fromhost",),
    ("labels", "host"),
    ("labels", "hostname"),
    ("labels", "node_name"),
    ("logStream",),
)


def texts(value: dict[str, Any]) -> list[str]:
    """The texts in an object that can be lines of a log, the best first: only the first that is one is to be read."""
    found: list[str] = []
    for path in _TEXTS:
        text = at(value, *path)
        if isinstance(text, list) and text and all(isinstance(part, str) for part in text):
            text = "\n".join(text)
        if isinstance(text, str) and text:
            found.append(text)
    return found


def inner(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects in an object that can be what was collected."""
    found = [value[name] for name in _INSIDE if isinstance(value.get(name), dict)]
    found += [value[name] for name in ("event", "message", "log") if isinstance(value.get(name), dict)]
    return found


_SEVERAL = (("results",), ("events",), ("logEvents",), ("hits", "hits"), ("messages",), ("records",))
"""Lists of what was collected: in answers of Splunk, CloudWatch Logs, Elasticsearch and Graylog, and of an array on one line."""


def several(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects in the lists of an object that can be what was collected."""
    found = [one for path in _SEVERAL for one in _objects(at(value, *path))]
    for resource in _objects(value.get("resourceLogs")):
        found += _of_opentelemetry(resource)
    for table in _objects(value.get("tables")):
        names = [str(column.get("name")) for column in _objects(table.get("columns"))]
        rows = table.get("rows")
        found += [
            dict(zip(names, row, strict=False))
            for row in rows or ()
            if isinstance(rows, list) and isinstance(row, list)
        ]
    for stream in _objects(at(value, "data", "result")) + _objects(value.get("streams")):
        pairs = stream.get("values")
        lines = (
            [pair[1] for pair in pairs if isinstance(pair, list) and len(pair) > 1] if isinstance(pairs, list) else []
        )
        found += [{"line": line, "labels": stream.get("stream")} for line in lines]
    return found


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _of_opentelemetry(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """The log records of OpenTelemetry in its JSON form (opentelemetry-proto, logs/v1/logs.proto)."""
    named = {
        one.get("key"): at(one, "value", "stringValue") for one in _objects(at(resource, "resource", "attributes"))
    }
    return [
        {"message": at(record, "body", "stringValue"), "hostname": named.get("host.name")}
        for scope in _objects(resource.get("scopeLogs"))
        for record in _objects(scope.get("logRecords"))
    ]


def host(value: dict[str, Any]) -> str | None:
    """The host that an object names."""
    for path in _HOSTS:
        name = at(value, *path)
        if isinstance(name, str) and name and " " not in name:
            return name
    return None


def nested(value: dict[str, Any]) -> dict[str, Any]:
    """An object whose names have dots (`auditd.data.syscall`) with objects in their place."""
    if not any("." in name for name in value):
        return value
    found: dict[str, Any] = {}
    for name, one in value.items():
        *path, last = name.split(".")
        target = found
        for part in path:
            inside = target.setdefault(part, {})
            if not isinstance(inside, dict):
                break
            target = inside
        else:
            if isinstance(one, dict) and isinstance(target.get(last), dict):
                target[last].update(one)
            else:
                target.setdefault(last, one)
    return found
