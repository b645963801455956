"""The fields that are read from the body of an alert."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from provenance.alerts import form
from provenance.alerts.alert import Alert
from provenance.alerts.fields import AlertFields, FileFields, NetworkFields, ProcessFields

COMPLETE: dict[str, Any] = {
    "source": "ndr",
    "id": "17",
    "title": "a shell",
    "severity": "high",
    "time": "2026-11-24T03:28:58.271Z",
    "host": "web01",
    "hosts": ["192.0.2.10", "i-0a1b2c"],
    "agent": "007",
    "user": "www-data",
    "rule": "R1",
    "event": "1795490938.271:4711",
    "techniques": ["T1059.004"],
    "process": {"pid": 7, "command": "nc -l 80", "exe": "/usr/bin/nc", "start": "2026-11-24T03:28:50.000Z"},
    "file": {"path": "/tmp/x", "sha256": "a" * 64},
    "network": {
        "remote_ip": "203.0.113.9",
        "remote_port": 4444,
        "local_ip": "192.0.2.10",
        "local_port": 0,
        "protocol": "tcp",
    },
}


def fields(body: dict[str, Any]) -> AlertFields:
    return Alert("a1", "ndr", "17", "a shell", body).fields


def test_every_field_of_the_form_is_read() -> None:
    made = form.alert(COMPLETE | {"colour": "red"}, "provenance", "{}", strict=True)
    read = asdict(made.fields)
    whole = {"source": made.source, "id": made.external_id, "title": made.title} | read
    for path in form.PATHS:
        written, found = COMPLETE, whole
        for name in path.split("."):
            written, found = written[name], found[name]
        assert found == (tuple(written) if isinstance(written, list) else written), path
    assert (made.fields.format, made.fields.unread) == ("provenance", ("'colour': unknown field",))


@pytest.mark.parametrize("wrong", [[], {}, "", True, -1, 1 << 32, 0.5, None])
def test_a_field_of_a_wrong_type_counts_as_missing(wrong: Any) -> None:
    times = {"time", "process.start"}
    body: dict[str, Any] = {name: wrong for name in form.PATHS if "." not in name and name not in times}
    assert fields(body) == AlertFields()
    assert (
        fields(dict.fromkeys(("process", "file", "network", "format", "unread", "said_hosts"), wrong)) == AlertFields()
    )
    parts: dict[str, Any] = {}
    for path in form.PATHS:
        part, _, name = path.rpartition(".")
        if part and path not in times:
            parts.setdefault(part, {})[name] = wrong
    read = fields(parts)
    assert (read.process, read.file, read.network) == (ProcessFields(), FileFields(), NetworkFields())


def test_a_time_of_a_wrong_type_is_read_as_text() -> None:
    assert fields({"time": 5, "process": {"start": 6}}) == AlertFields(time="5", process=ProcessFields(start="6"))
