"""The host of a line: the innermost header names it, and text that is not a host name is never used."""

from __future__ import annotations

import json

import pytest

from provenance.ingest.pyauparse import Event, Parser

RECORD = (
    "type=USER_CMD msg=audit(1795168100.000:110): pid=1 uid=0 auid=1000 ses=3 msg='cmd=6964 terminal=pts/0 res=success'"
)
LINES = {
    "Nov 20 09:48:20 web1 audispd: {}": "web1",
    "Nov  2 09:48:20 web1 audisp-syslog[1495]: {}": "web1",
    "<85>Nov 20 09:48:20 web1 audispd: {}": "web1",
    "<85>1 2026-11-20T09:48:20.000Z web1 audispd 77 - - {}": "web1",
    "133 <85>1 2026-11-20T09:48:20.000Z web1 audispd - - - {}": "web1",
    '<85>1 2026-11-20T09:48:20+01:00 web1 audispd - - [meta x="1"] {}': "web1",
    "2026-11-20T09:48:20.123456+00:00 web1 auditd {}": "web1",
    "Nov 20 2026 09:48:20 web1 audispd: {}": "web1",
    "Nov 20 09:48:20 UTC web1 audispd: {}": "web1",
    # relays
    "Nov 20 09:48:20 10.9.9.9 Nov 20 09:48:20 web1 audispd: {}": "web1",
    "<134>1 2026-11-20T09:48:20Z relay - - - - <85>Nov 20 09:48:20 web1 audispd: {}": "web1",
    "<134>1 2026-11-20T09:48:20Z relay - - - - <85>1 2026-11-20T09:48:20Z web1 audispd - - - {}": "web1",
    "Nov 20 09:48:20 relay 1 2026-11-20T09:48:20.000Z web1 audispd - - - {}": "web1",
    "210 <134>1 2026-11-20T09:48:20Z relay - - - - Nov 20 09:48:20 web1 audispd: {}": "web1",
    "Nov 20 09:48:20 hub2 Nov 20 09:48:20 hub1 Nov 20 09:48:20 web1 audispd: {}": "web1",
    "2026-11-20 09:48:20\tLocal0.Info\t10.9.9.9\tNov 20 09:48:20 web1 audispd: {}": "web1",
    "Nov 20 09:48:20 s_net@web1/relay audispd: {}": "web1",
    # container run-times name streams
    "2026-11-20T09:38:21.000123456Z stdout F {}": None,
    "2026-11-20T09:38:21.000123456+08:00 stderr F {}": None,
    "2026-11-20T09:38:21.000123456Z stdout F Nov 20 09:48:20 web1 audispd: {}": "web1",
    # others
    "2026 Nov 20 09:25:01 (web1) 10.20.0.12->/var/log/audit/audit.log {}": "web1",
    "2026 Nov 20 09:25:01 web1->/var/log/audit/audit.log {}": "web1",
    "2026-11-20 09:48:20 INFO {}": None,
    "<85>1 2026-11-20T09:48:20Z - audispd - - - {}": None,
    "Nov 20 09:48:20 audispd: {}": None,
    "audispd: {}": None,
    "[Fri Nov 20 09:48:20 2026] audit: {}": None,
    "[Fri Nov  6 09:48:20 2026] audit: {}": None,
    "5,1042,95120334,-;audit: {}": None,
    "Nov 20 09:48:20 web1 kernel: [   95.120334][  T811] audit: {}": "web1",
    "{}": None,
}


def read(text: str, node: str | None = None) -> list[Event]:
    parser = Parser(node)
    events = parser.feed(text.encode() + b"\n") + parser.close()
    assert parser.counts.corrupt == 0
    return events


@pytest.mark.parametrize("line", LINES)
def test_the_innermost_prefix_names_the_host(line: str) -> None:
    [event] = read(line.replace("{}", RECORD))
    assert event.node == LINES[line]
    assert [record["terminal"] for record in event.records] == ["pts/0"]


@pytest.mark.parametrize("line", LINES)
def test_node_names_the_host_before_any_prefix_and_a_given_name_before_these(line: str) -> None:
    [event] = read(line.replace("{}", f"node=other {RECORD}"), "given")
    assert event.node == "other"
    [event] = read(line.replace("{}", RECORD), "given")
    assert event.node == "given"


OBJECTS = [
    {"host": {"name": "web1"}, "message": RECORD},
    {"host": "web1", "message": RECORD},
    {"host": "collector", "message": f"Nov 20 09:48:20 web1 audispd: {RECORD}"},
    {"agent": {"hostname": "web1"}, "event": {"original": RECORD}, "message": "parsed"},
    {"host": {"hostname": "web1"}, "event": {"original": [RECORD]}},
    {"hostname": "web1", "msg": " " + RECORD},
    {"kubernetes": {"host": "web1"}, "stream": "stdout", "log": RECORD + "\n"},
    {"_source": {"host": {"name": "web1"}, "message": RECORD}},
    {"_source": {"host.name": "web1", "message": RECORD}},
    {"host": "web1", "message": json.dumps({"log": RECORD})},
    {"Computer": "web1", "SyslogMessage": RECORD},
    {"agent": {"name": "web1"}, "full_log": RECORD},
    {"HOST": "web1", "MESSAGE": RECORD},
]


@pytest.mark.parametrize("value", OBJECTS, ids=[str(number) for number in range(len(OBJECTS))])
@pytest.mark.parametrize("prefix", ["", "@cee: ", "[", "Nov 20 09:48:20 collector fluentd: "])
def test_a_collectors_object_names_the_host(value: dict[str, object], prefix: str) -> None:
    [event] = read(prefix + json.dumps(value))
    assert event.node == "web1"
    assert [record["terminal"] for record in event.records] == ["pts/0"]


def test_an_object_behind_a_syslog_header_that_names_no_host_is_the_headers() -> None:
    [event] = read("Nov 20 09:48:20 web1 fluentd: " + json.dumps({"message": RECORD}))
    assert event.node == "web1"


def test_lines_of_other_programs_in_objects_are_no_damaged_records() -> None:
    parser = Parser()
    parser.feed(json.dumps({"host": "a", "message": "sshd[1]: Accepted publickey"}).encode() + b"\n")
    parser.feed(json.dumps({"host": "a", "message": "type=SYSCALL msg=aud"}).encode() + b"\n")
    assert (parser.counts.other, parser.counts.corrupt) == (1, 1)
