"""Zeek's conn.log, as `zeek -r` writes it and as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.fleet import ZeekConn, parse_conn_log

TSV = """#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tconn
#open\t2026-11-24-22-31-19
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration
#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval
1795491437.967123\tCx1\t10.77.0.10\t47202\t10.77.0.20\t22\ttcp\tssh\t0.364010
1795491441.959000\tCx2\tfe80::1\t47204\tfe80::2\t22\ttcp\t-\t-
#close\t2026-11-24-22-32-19
"""
FIRST = ZeekConn(1795491437967, "tcp", "10.77.0.10", 47202, "10.77.0.20", 22, 364)


def test_reads_tab_separated() -> None:
    second = ZeekConn(1795491441959, "tcp", "fe80::1", 47204, "fe80::2", 22, None)
    assert parse_conn_log(TSV.splitlines(keepends=True)) == ([FIRST, second], 0)


def test_reads_another_separator() -> None:
    text = TSV.replace("\\x09", "\\x7c").replace("\t", "|")
    assert parse_conn_log(text.split("\n")).connections[0] == FIRST


@pytest.mark.parametrize("ts", [1795491437.967123, "2026-11-24T22:17:17.967123Z"])
def test_reads_json(ts: object) -> None:
    row = {"ts": ts, "id.orig_h": "10.77.0.10", "id.orig_p": 47202, "id.resp_h": "10.77.0.20", "id.resp_p": 22}
    found = parse_conn_log([json.dumps({**row, "proto": "tcp", "duration": 0.36401})])
    assert found.unreadable == 0 and found.connections[0][1:] == FIRST[1:]
    if isinstance(ts, float):
        assert found.connections[0] == FIRST


@pytest.mark.parametrize(
    "line",
    [
        "text without fields",
        "{",
        "[" * 100_000,
        '{"ts": true}',
        '{"ts": "NaN", "id.orig_h": "a", "id.orig_p": 1, "id.resp_h": "b", "id.resp_p": 2}',
        '{"ts": 1, "id.orig_h": "a", "id.orig_p": 70000, "id.resp_h": "b", "id.resp_p": 2}',
        '{"ts": 1, "id.orig_h": ["a"], "id.orig_p": 1, "id.resp_h": "b", "id.resp_p": 2}',
    ],
)
def test_counts_what_it_cannot_read(line: str) -> None:
    assert parse_conn_log([line]) == ([], 1)


@pytest.mark.parametrize("separator", ["#separator \\xzz", "#separator"])
def test_a_separator_that_is_none_is_a_tabulator(separator: str) -> None:
    assert parse_conn_log(TSV.replace("#separator \\x09", separator).splitlines()).connections[0] == FIRST


def test_a_separator_written_as_it_is() -> None:
    text = (
        TSV.replace("#separator \\x09", "#separator ,")
        .replace("#set_separator\t,", "#set_separator,;")
        .replace("\t", ",")
    )
    assert parse_conn_log(text.splitlines()).connections[0] == FIRST


def test_a_time_without_a_zone_is_utc() -> None:
    ends = {"id.orig_h": "a", "id.orig_p": 1, "id.resp_h": "b", "id.resp_p": 2}
    stamps = ("2026-11-24T22:17:17.967123Z", "2026-11-24T22:17:17.967123")
    with_zone, without = (parse_conn_log([json.dumps({"ts": stamp, **ends})]) for stamp in stamps)
    assert with_zone == without and without.unreadable == 0
    assert parse_conn_log([json.dumps({"ts": "24 November at T", **ends})]) == ([], 1)


@given(st.lists(st.text()))
def test_never_raises(lines: list[str]) -> None:
    found = parse_conn_log(lines)
    assert len(found.connections) + found.unreadable <= len(lines)
