"""Unknown JSON through a mapping file, and errors in mapping files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.alerts.form import PATHS
from provenance.alerts.mapping import parse_mapping
from provenance.alerts.reading import Reading, read
from provenance.errors import UsageError

ACME = """
name = "acme"
[when]
kind = "detection"
[fields]
id = "uid"
title = ["rule.name", "rule.id"]
severity = "level"
time = "seen"
host = "device.name"
hosts = "device.addresses"
"process.pid" = "proc.0.pid"
"process.command" = "proc.0.cmd"
"network.remote_ip" = "peer"
[fixed]
"network.protocol" = "tcp"
[severity]
"1" = "low"
"9" = "critical"
"""
SEEN = {
    "kind": "detection",
    "uid": 77,
    "rule": {"id": "r-1"},
    "level": 9,
    "seen": 1795490938271,
    "device": {"name": "web01", "addresses": ["192.0.2.10", "fe80::1"]},
    "proc": [{"pid": "7184", "cmd": "bash -i"}],
    "peer": "198.51.100.45",
}


def mapped(text: str, *values: Any) -> Reading:
    body = "\n".join(json.dumps(value) for value in values).encode()
    return read(body, mapping=parse_mapping(text, "acme.toml"))


def test_fields_are_found_where_the_mapping_says() -> None:
    (alert,) = mapped(ACME, SEEN).alerts
    assert {name: value for name, value in alert.body.items() if name != "original"} == {
        "source": "acme",
        "id": "77",
        "title": "r-1",
        "severity": "critical",
        "time": "2026-11-24T03:28:58.271Z",
        "host": "web01",
        "hosts": ["192.0.2.10", "fe80::1"],
        "process": {"pid": 7184, "command": "bash -i"},
        "network": {"remote_ip": "198.51.100.45", "protocol": "tcp"},
        "format": "acme",
    }


def test_other_alerts_are_recognised_beside_a_mapping() -> None:
    own = {"source": "ndr", "id": "1", "title": "t"}
    reading = mapped(ACME, SEEN | {"kind": "heartbeat"}, own)
    assert [alert.source for alert in reading.alerts] == ["ndr"]
    assert [reject.place for reject in reading.rejects] == ["line 1"]


def test_a_list_of_alerts_inside() -> None:
    text = 'name = "acme"\neach = "data.items"\n[when]\nok = true\n[fields]\ntitle = "t"\n'
    reading = mapped(text, {"data": {"items": [{"t": "one", "ok": True}, {"t": "two"}, 3, {"t": "three", "ok": True}]}})
    assert [alert.title for alert in reading.alerts] == ["one", "three"]
    assert len({alert.id for alert in reading.alerts}) == 2


def test_an_invalid_value_is_left_out_and_reported() -> None:
    (alert,) = mapped(ACME, SEEN | {"peer": "nobody", "level": 5}).alerts
    assert alert.body["unread"] == [
        "severity: 5 is not one of low, medium, high, critical",
        "network.remote_ip: 'nobody' is not an IP address",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ?\n", r"acme\.toml: invalid TOML: .*line 1, column 8"),
        ('name = "a"', r"acme\.toml: fields: missing"),
        ('[fields]\ntitle = "t"', r"acme\.toml: name: missing"),
        ('name = 3\n[fields]\ntitle = "t"', r"acme\.toml: name: invalid value: expected a text"),
        ('name = "a"\nfields = 3', r"acme\.toml: fields: invalid value: expected a table"),
        ('name = "a"\n[field]\ntitle = "t"', r"acme\.toml: field: unknown key"),
        ('name = "a"\n[fields]\ntitel = "t"', r"acme\.toml: fields\.titel: unknown field; the fields are source, id"),
        ('name = "a"\n[fields]\ntitle = "t"\nprocess.pid = "p"', r"fields\.process: .* write it as \"process\.pid\""),
        ('name = "a"\n[fields]\ntitle = []', r"fields\.title: invalid value: expected a path or a list of paths"),
        ('name = "a"\n[fields]\ntitle = [1]', r"fields\.title: invalid value: expected a path or a list of paths"),
        ('name = "a"\n[fields]\nid = "i"', r"acme\.toml: fields\.title: missing"),
        (
            'name = "a"\n[fields]\ntitle = "t"\n[severity]\n1 = "bad"',
            r"severity\.1: invalid severity: expected one of low",
        ),
        ('name = "a"\n[fields]\ntitle = "t"\n[fixed]\nx = 1', r"fixed\.x: unknown field"),
        (
            'name = "a"\n[fields]\ntitle = "a' + ".a" * 12 + '"',
            r"fields\.title: invalid path: expected at most 12 keys",
        ),
        ('name = "a"\neach = ""\n[fields]\ntitle = "t"', r"each: invalid value: expected a text"),
    ],
)
def test_the_error_of_a_mapping_gives_the_place(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_mapping(text, "acme.toml")


@given(
    st.dictionaries(
        st.sampled_from(PATHS), st.lists(st.sampled_from(["a", "a.b", "c.0", "", "x..y", "0"]), min_size=1)
    ),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4) | st.floats(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "c", "0", ""]), inner),
        max_leaves=8,
    ),
)
@settings(deadline=None)
def test_no_mapping_of_no_value_raises(fields: dict[str, list[str]], value: Any) -> None:
    lines = [f"{json.dumps(path)} = {json.dumps([each or '-' for each in paths])}" for path, paths in fields.items()]
    text = 'name = "m"\n[fields]\n' + "\n".join({'"title" = "a"', *lines} if "title" not in fields else lines)
    reading = mapped(text, value)
    assert reading.alerts or reading.rejects
