"""Wrapped lines: escapes, several records on a line, records on several lines, cut lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest.pyauparse import Event, Parser
from provenance.ingest.pyauparse.columns import Columns
from provenance.ingest.pyauparse.values.saddr import parse_saddr
from tests.ingest.script import derive, parse

STAMP = "msg=audit(1795166101.150:502):"
SOCKADDR = f"type=SOCKADDR {STAMP} saddr=020020FBCB00714D0000000000000000"
SADDR = "SADDR={ saddr_fam=inet laddr=203.0.113.77 lport=8443 }"
SYSCALL = f'type=SYSCALL {STAMP} arch=c000003e syscall=42 success=yes exit=0 a0=5 a1=7 a2=10 a3=0 items=0 ppid=1 pid=2 key="k"'
NAMES = 'ARCH=x86_64 SYSCALL=connect AUID="kim"'


def read(text: str | bytes) -> tuple[list[Event], Parser]:
    parser = Parser()
    data = text.encode() if isinstance(text, str) else text
    events = parser.feed(data) + parser.close()
    counts = parser.counts
    assert counts.lines == counts.records + counts.corrupt + counts.blank + counts.other
    return events, parser


@pytest.mark.parametrize("written", ["\x1d", "#035", "#029", "\\x1d", "\\035", "\\u001d", "^]", " ", ""])
@pytest.mark.parametrize("prefix", ["", "Nov 20 09:48:20 edge07 audispd: "])
def test_the_separator_however_it_is_written(written: str, prefix: str) -> None:
    [event], _ = read(f"{prefix}{SYSCALL}{written}{NAMES}\n{prefix}{SOCKADDR}{written}{SADDR}\n")
    syscall, sockaddr = event.records
    assert (syscall["key"], syscall.enriched["AUID"]) == ("k", "kim")
    assert sockaddr["saddr"] == "020020FBCB00714D0000000000000000"


def test_nothing_inside_a_value_is_an_escape() -> None:
    [event], _ = read(f'type=PATH {STAMP} item=0 name="/tmp/#035A=#012b#303" inode=1 dev=fd:00\n')
    assert event.records[0]["name"] == "/tmp/#035A=#012b#303"


def test_escaped_bytes_of_an_interpreted_name() -> None:
    [event], _ = read(f'{SYSCALL}#035AUID="j#303#266rg"\n')
    assert event.records[0].enriched["AUID"] == "jörg"


@pytest.mark.parametrize("end", ["#012", "#015#012", "#000", "\\n", "^J"])
def test_an_escaped_end_of_a_line_is_no_part_of_the_last_value(end: str) -> None:
    [event], _ = read(f"Nov 20 09:48:20 edge07 audispd: {SOCKADDR}{end}\n")
    assert event.records[0]["saddr"] == "020020FBCB00714D0000000000000000"


@pytest.mark.parametrize("between", [" ", "  ", "#012", "\\n", "\t", "; ", " | ", ", "])
def test_records_of_one_event_on_a_line(between: str) -> None:
    [event], parser = read(f"Nov 20 09:48:20 edge07 audispd: {SYSCALL}{between}{SOCKADDR}\n")
    assert [record.type for record in event.records] == ["SYSCALL", "SOCKADDR"]
    assert (event.records[0]["key"], event.node, parser.counts.records) == ("k", "edge07", 1)
    assert event.raw.count(b"type=SOCKADDR") == 1


def test_records_of_several_events_and_hosts_on_a_line() -> None:
    other = SYSCALL.replace(":502)", ":503)")
    events, _ = read(
        f"Nov 20 09:48:20 a audispd: {SYSCALL} Nov 20 09:48:20 b audispd: {other} <85>1 2026-11-20T09:48:20Z c x - - - {other}\n"
    )
    assert sorted((event.node, event.serial, event.records[0]["key"]) for event in events) == [
        ("a", 502, "k"),
        ("b", 503, "k"),
        ("c", 503, "k"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        f'type=PATH {STAMP} item=0 name="/etc{SYSCALL}',
        f"type=SOCKADDR {STAMP} saddr=0200{SYSCALL}",
        f"type=USER_CMD {STAMP} pid=1 msg='cmd= {SYSCALL}",
    ],
)
def test_a_record_inside_another_is_damage(line: str) -> None:
    events, parser = read(line + "\n")
    assert events == [] and parser.counts.corrupt == 1


def frame(text: str) -> bytes:
    return str(len(text.encode())).encode() + b" " + text.encode()


@given(st.lists(st.sampled_from(["fd0=3 fd1=4", "fd0=10 fd1=11", "fd0=1 fd1=2 x=ü"]), min_size=1, max_size=9))
@settings(deadline=None, max_examples=30)
def test_octet_counting_separates_messages_without_newlines(bodies: list[str]) -> None:
    frames = [
        frame(f"<85>1 2026-11-20T09:48:20Z web1 x - - - type=FD_PAIR msg=audit(1.000:{number}): {body}")
        for number, body in enumerate(bodies, 1)
    ]
    events, parser = read(b"".join(frames) + b"\n")
    assert [event.records[0].value("fd1") for event in events] == [body.split("fd1=")[1].split()[0] for body in bodies]
    assert parser.counts.corrupt == 0


def test_a_line_that_a_container_runtime_has_parted() -> None:
    time = "2026-11-20T09:38:21.000123456Z"
    half = len(SYSCALL) // 2
    [event], parser = read(
        f"{time} stdout P {SYSCALL[:half]}\n{time} stderr F other\n{time} stdout F {SYSCALL[half:]}\n{time} stdout F {SOCKADDR}\n"
    )
    assert [record.type for record in event.records] == ["SYSCALL", "SOCKADDR"] and event.records[0]["key"] == "k"
    assert (parser.counts.records, parser.counts.other, parser.counts.corrupt) == (2, 1, 1)


def test_an_unfinished_line_of_a_container_runtime_is_read_at_the_end() -> None:
    parser = Parser()
    line = f"2026-11-20T09:38:21.000123456Z stdout P {SYSCALL}\n".encode()
    parser.feed(line)
    assert parser.pending() == line
    [event] = parser.close()
    assert event.records[0].type == "SYSCALL"


@pytest.mark.parametrize(
    ("body", "argv", "gaps"),
    [
        ('argc=2 a0="curl" a1="http://198.51.1', ["curl", "http://198.51.1..."], [1]),
        ('argc=2 a0="curl" a1="', ["curl", "..."], [1]),
        ('argc=1 a0_len=9 a0[0]="abc" a0[1]="d', ["abcd..."], [0]),
    ],
)
def test_a_line_cut_inside_a_quote_is_marked(body: str, argv: list[str], gaps: list[int]) -> None:
    [event], parser = read(f"type=EXECVE {STAMP} {body}\n{SYSCALL}\n")
    assert (event.argv, event.argv_gaps, event.complete, event.cut) == (argv, gaps, False, True)
    assert parser.counts.incomplete == 1


def test_other_values_that_a_line_cuts_are_marked() -> None:
    [event], _ = read(f'type=CWD {STAMP} cwd="/var/ww\n')
    assert event.cut and event.records[0]["cwd"] == "/var/ww..."
    assert event.records[0].value("cwd") == '"/var/ww' and event.records[0].fields == {"cwd": "/var/ww..."}
    [event], _ = read(f"type=USER_CMD {STAMP} pid=1 uid=0 msg='op=x acct=\"ki\n")
    assert event.cut and event.records[0]["acct"] == "ki..."
    [event], _ = read(f'{SYSCALL}\x1dARCH=x86_64 AUID="ki\n')
    assert "AUID" not in event.records[0].enriched


def test_a_complete_line_is_not_marked_as_cut() -> None:
    [event], _ = read(f"{SYSCALL}\n")
    assert not event.cut and event.complete


def test_an_event_on_a_line_with_another_is_itself_again_when_its_bytes_are_read_again() -> None:
    """A checkpoint keeps the lines of events that were not complete, and the next run reads them again."""
    line = json.dumps({"host": "a", "message": f"{SYSCALL}\n{SOCKADDR.replace(':502)', ':503)')}"})
    first, _ = read(line + "\n")
    assert [event.serial for event in first] == [502, 503]
    again, _ = read(b"".join(event.raw + b"\n" for event in first))
    assert [[record.type for record in event.records] for event in again] == [["SYSCALL"], ["SOCKADDR"]]


@pytest.mark.parametrize(
    "line",
    [
        'node=h type=CWD msg=audit(99999999999.100:5): cwd="/"',
        "node=h type=CWD msg=audit(15/01/2569 10:40:11.100:5) : cwd=/",
        "node=h type=CWD msg=audit(15/01/1931 10:40:11.100:5) : cwd=/",
        '{"ID": "99999999999.100:5", "NODE": "h", "CWD": {"cwd": "/"}}',
        '{"sequence": 5, "timestamp": "99999999999.100", "messages": [{"type": 1307, "data": "cwd=\\"/\\""}]}',
        '{"@timestamp": "2569-01-15T10:40:11.100Z", "auditd": {"sequence": 5, "message_type": "cwd"}}',
        '{"@timestamp": "0001-01-01T00:00:00.000Z", "auditd": {"sequence": 5, "message_type": "cwd"}}',
        '{"_AUDIT_TYPE": "1307", "_AUDIT_ID": "5", "_SOURCE_REALTIME_TIMESTAMP": "99999999999100000", "MESSAGE": "CWD cwd=2F"}',
    ],
)
def test_a_time_that_no_record_can_have_makes_a_line_corrupt(line: str) -> None:
    events, parser = read(f"{SOCKADDR}\n{line}\n")
    assert [event.serial for event in events] == [502] and parser.counts.corrupt == 1


@pytest.mark.parametrize(
    ("line", "field", "text", "written"),
    [
        ("type=PROCTITLE {} proctitle=2F62696E2F736", "proctitle", "/bin/s...", "2F62696E2F736"),
        ("type=CWD {} cwd=2F746D702F61206", "cwd", "/tmp/a ...", "2F746D702F61206"),
        ("type=EXECVE {} argc=2 a0=2F a1=6120622", "a1", "a b...", "6120622"),
        ("type=PATH {} item=0 name=2F612", "name", "/a...", "2F612"),
        ("type=CWD {} cwd=", "cwd", "...", ""),
        ('type=PATH {} item=0 name="/a" inode=12', "inode", "12...", "12"),
        ('type=PATH {} item=0 name="/a" inode=12 dev=08:01 mode=0100', "mode", "0100...", "0100"),
        ("type=FD_PAIR {} fd0=1", "fd0", "1...", "1"),
        ("type=MMAP {} fd=", "fd", "...", ""),
    ],
)
def test_a_line_cut_inside_a_bare_value_is_marked(line: str, field: str, text: str, written: str) -> None:
    """The same after lines of the same kind, whose shapes are known."""
    ending = "2F" if field in ("proctitle", "cwd", "a1", "name") else " rdev=00:00 nametype=NORMAL fd1=4 flags=0x2"
    complete = [f"{line.format(STAMP.replace('502', str(number)))}0{ending}" for number in range(600, 606)]
    events, _ = read("\n".join([*complete, line.format(STAMP), ""]))
    event = next(event for event in events if event.serial == 502)
    record = event.records[0]
    assert event.cut and not event.complete and record.is_cut(field)
    assert (record[field], record.value(field), record.fields[field]) == (text, written, text)
    assert dict(zip(record.shape.names, record.decoded(), strict=True))[field] == text
    assert Columns(record.type, field, text=(field,)).of(record) == (text,)


@pytest.mark.parametrize(
    "line",
    [
        "type=PROCTITLE {} proctitle=2F62696E2F7368",
        "type=PROCTITLE {} proctitle=(null)",
        "type=CWD {} cwd=(null)",
        'type=PROCTITLE {} proctitle="abc"',
        "type=SOCKADDR {} saddr=02000050CB00714D0000000000000000",
        "type=PATH {} item=0 name=(null) inode=12 dev=08:01 mode=0100600 ouid=0 ogid=0 rdev=00:00",
        "type=KERNEL_OTHER {} name=ABC",
    ],
)
def test_values_that_are_not_cut(line: str) -> None:
    events, _ = read("".join(line.format(STAMP.replace("502", str(number))) + "\n" for number in range(600, 606)))
    assert not any(event.cut for event in events)


def test_the_process_of_a_call_whose_line_is_cut_inside_its_pid_is_unknown() -> None:
    """The kernel writes comm, exe and key behind the numbers (kernel/auditsc.c, audit_log_exit)."""
    line = (
        f"type=SYSCALL {STAMP} arch=c000003e syscall=42 success=yes exit=0 a0=5 a1=7 a2=10 a3=0 items=0 ppid=1 pid=61"
    )
    [event], _ = read(line + "\n")
    assert event.cut and event.records[0].value("pid") == "61"
    assert Columns("SYSCALL", "ppid", "pid").first(event) == ("1", "61...")
    facts = derive(parse(line.encode()))
    assert facts.tallies["without pid"] == 1 and not facts.nodes


def test_an_address_that_a_line_cuts_is_unknown() -> None:
    [event], _ = read(f"type=SOCKADDR {STAMP} saddr=02000050CB00714\n")
    assert event.cut and parse_saddr(event.records[0].value("saddr") or "", "c000003e") is None


def test_an_execve_whose_last_arguments_are_missing_is_marked() -> None:
    [event], _ = read(f'type=EXECVE {STAMP} argc=4 a0="sh" a1="-c"\n{SYSCALL}\n')
    assert (event.argv, event.argv_gaps, event.complete) == (["sh", "-c", "...", "..."], [2, 3], False)
    two = f'type=EXECVE {STAMP} argc=3 a0="sh" a1="-c"\ntype=EXECVE {STAMP} a2="id"\n{SYSCALL}\n'
    [event], _ = read(two)
    assert (event.argv, event.argv_gaps, event.complete) == (["sh", "-c", "id"], [], True)


@pytest.mark.parametrize("before", ["", '"2026-11-20T09:15:01Z","web07",', "11,"])
@pytest.mark.parametrize("after", ["", ',"web07"', ",web07,x"])
def test_a_cell_of_a_table(before: str, after: str) -> None:
    """RFC 4180: quotes inside a quoted cell are doubled, and it may have several lines."""
    records = [
        f"{SYSCALL}\x1d{NAMES}",
        f'type=EXECVE {STAMP} argc=4 a0="curl" a1="" a2="a,b" a3="x"',
        SOCKADDR,
        f"type=PROCTITLE {STAMP} proctitle=6375726C002D73",
    ]
    cell = "\n".join(records).replace('"', '""')
    [event], parser = read(f'_raw\n{before}"{cell}"{after}\n')
    assert event.argv == ["curl", "", "a,b", "x"] and parser.counts.corrupt == 0
    assert [record.type for record in event.records] == ["SYSCALL", "EXECVE", "SOCKADDR", "PROCTITLE"]
    assert (event.records[0]["key"], event.records[0].enriched["AUID"]) == ("k", "kim")
    assert event.records[3]["proctitle"] == "curl\0-s"
    again, _ = read(event.raw + b"\n")
    assert [record.fields for record in again[0].records] == [record.fields for record in event.records]


def test_lines_of_auditd_that_look_like_cells_are_not_changed() -> None:
    lines = [
        f'type=EXECVE {STAMP} argc=3 a0="x" a1="" a2=""',
        f'type=CWD {STAMP} cwd="/tmp/a",',
        f'type=USER_CMD {STAMP} pid=1 msg=\'op="x", cwd="/"\'',
    ]
    [event], _ = read("\n".join(lines) + "\n")
    assert event.argv == ["x", "", ""] and event.records[1]["cwd"] == "/tmp/a"
    assert event.records[2]["op"] == "x" and event.records[2]["cwd"] == "/"


def test_damaged_records_in_a_list_make_its_line_corrupt() -> None:
    damaged = f'type=PATH {STAMP} item=0 name="/etc{SYSCALL}'
    value = {"results": [{"_raw": SYSCALL}, {"_raw": damaged}, {"_raw": "other"}]}
    assert read(json.dumps(value) + "\n")[1].counts.corrupt == 1
    del value["results"][1]
    [event], parser = read(json.dumps(value) + "\n")
    assert event.serial == 502 and parser.counts.corrupt == 0


@pytest.mark.parametrize(
    "value", [{"results": 1}, {"hits": {"hits": [1]}}, {"resourceLogs": [{"scopeLogs": [{"logRecords": [{}]}]}]},
              {"data": {"result": [{"values": [[1], 2, ["1", {}]]}]}}]
)  # fmt: skip
def test_lists_of_other_shapes_hold_no_record(value: dict[str, object]) -> None:
    assert read(json.dumps(value) + "\n")[0] == []
