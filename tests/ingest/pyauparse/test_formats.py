"""Formats other than auditd's lines: all content is read or counted, no exception is raised, and nothing is invented."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest.pyauparse import Event, FormatError, Parser, events
from provenance.ingest.pyauparse.__main__ import main
from provenance.ingest.pyauparse.compression import decompressed_chunks
from provenance.ingest.pyauparse.formats.envelopes import nested
from provenance.ingest.pyauparse.sources import check, expand
from tests.ingest.pyauparse.journal import journal_of

LAUREL = {
    "ID": "1700000000.123:42",
    "NODE": "web",
    "SYSCALL": {"arch": "0xc000003e", "syscall": 59, "success": "yes", "exit": 0, "pid": 9, "comm": "a b"},
    "EXECVE": {"argc": 2, "ARGV": ["sh", "-c x"]},
    "PATH": [{"item": 0, "name": "/bin/sh"}],
    "SOCKADDR": {"SADDR": {"saddr_fam": "inet", "addr": "198.51.100.1", "port": 80}},
}
AUDITBEAT = {
    "@timestamp": "2023-11-14T22:13:20.123Z",
    "host": {"name": "web"},
    "auditd": {
        "sequence": 42,
        "message_type": "syscall",
        "result": "success",
        "data": {"syscall": "execve", "arch": "x86_64", "exit": "0", "tty": "pts0"},
        "paths": [{"item": "0", "name": "/bin/ls"}],
    },
    "process": {"pid": 9, "parent": {"pid": 1}, "args": ["ls", "-l"], "working_directory": "/", "name": "ls"},
    "user": {"id": "0", "audit": {"id": "1"}},
}
JOURNAL = {
    "_AUDIT_TYPE_NAME": "USER_CMD",
    "_AUDIT_ID": "42",
    "_SOURCE_REALTIME_TIMESTAMP": "1700000000123000",
    "MESSAGE": "USER_CMD pid=1",
    "_HOSTNAME": "web",
}
GO_AUDIT = {
    "sequence": 42,
    "timestamp": "1700000000.123",
    "messages": [{"type": 1105, "data": "pid=1 uid=0 auid=1000 msg='op=PAM:session_open acct=\"kim\" res=success'"}],
    "uid_map": {"0": "root", "1000": "kim"},
    "hostname": "web",
}
LINE = "type=USER_CMD msg=audit(1700000000.123:42): pid=1"
ODD: list[Any] = [
    *(
        None,
        True,
        -1,
        1e308,
        10**30,
        float("nan"),
        "",
        "²",
        "\u0661",
        "9" * 5000,
        f"1.1:{'9' * 5000}",
        "1.1:4294967296",
    ),
    *([], [1], ["a", None], [256], [0xD8], {}, {"id": []}, {"family": "unix", "path": 5}, "\ud800", "a\nb"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", {"saddr_fam": "inet", "addr": "::1", "port": [1]}),
]


def read(data: bytes) -> tuple[list[Event], Parser]:
    """Parse an input, read every property of every event and check the counts."""
    parser = Parser()
    found = parser.feed(data) + parser.close()
    for event in found:
        assert isinstance(event.raw, bytes) and event.time is not None
        assert event.argv is None or len(event.argv) >= len(event.argv_gaps)
        for record in event.records:
            assert record.interpreted.keys() == record.fields.keys()
    counts = parser.counts
    assert counts.lines == counts.records + counts.corrupt + counts.blank + counts.other
    assert counts.bytes == len(data)
    return found, parser


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to each value in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield (*before, name)
        yield from places(part, (*before, name))


def changed(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    copy = json.loads(json.dumps(value))
    target = copy
    for name in place[:-1]:
        target = target[name]
    target[place[-1]] = new
    return copy


@pytest.mark.parametrize(
    "value", [LAUREL, AUDITBEAT, JOURNAL, GO_AUDIT], ids=["laurel", "auditbeat", "journal", "go-audit"]
)
def test_no_value_of_a_json_line_raises(value: dict[str, Any]) -> None:
    for place in places(value):
        for odd in ODD:
            read(json.dumps(changed(value, place, odd)).encode() + b"\n")


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_json_nested_without_end_is_a_corrupt_line(opening: bytes) -> None:
    found, parser = read(b'{"a":' + opening * 100_000 + b"\n" + json.dumps(JOURNAL).encode() + b"\n")
    assert parser.counts.corrupt == 1 and [event.serial for event in found] == [42]


def go_audit(**changes: Any) -> tuple[list[Event], Parser]:
    return read(json.dumps({**GO_AUDIT, **changes}).encode() + b"\n")


def test_an_event_of_go_audit_names_its_users_when_the_line_does() -> None:
    [event] = go_audit()[0]
    assert (event.node, event.ms, event.serial) == ("web", 1_700_000_000_123, 42)
    assert event.records[0].enriched == {"UID": "root", "AUID": "kim"}
    for users in ({}, {"1000": "UNKNOWN_USER"}, ["kim"], None):
        [event] = go_audit(uid_map=users)[0]
        assert event.records[0].get("auid") == "1000" and "AUID" not in event.records[0].enriched


def test_the_names_that_a_record_of_go_audit_has_already_stay() -> None:
    data = 'pid=1 uid=0 auid=1000\x1dUID="toor" AUID="kimberly"'
    [event] = go_audit(messages=[{"type": 1105, "data": data}])[0]
    assert event.records[0].enriched == {"UID": "toor", "AUID": "kimberly"}


@pytest.mark.parametrize(
    "changes",
    [
        *({"sequence": "x"}, {"sequence": None}, {"sequence": -1}, {"sequence": 1 << 32}),
        *({"timestamp": "yesterday"}, {"timestamp": "1700000000.1234"}, {"timestamp": None}),
    ],
)
def test_an_event_of_go_audit_without_a_time_or_serial_is_a_corrupt_line(changes: dict[str, Any]) -> None:
    found, parser = go_audit(**changes)
    assert found == [] and parser.counts.corrupt == 1


@pytest.mark.parametrize(
    ("address", "port", "ip"),
    [
        ({"saddr_fam": "inet6", "laddr": "2001:db8::7", "lport": 443}, "443", "2001:db8::7"),
        ({"saddr_fam": "inet", "addr": "192.0.2.7", "port": "22"}, "22", "192.0.2.7"),
    ],
)
def test_a_translated_address_is_that_of_the_kernel(address: dict[str, Any], port: str, ip: str) -> None:
    [event] = read(json.dumps({**LAUREL, "SOCKADDR": {"SADDR": address}}).encode() + b"\n")[0]
    record = event.first("SOCKADDR")
    assert record is not None and f"laddr={ip} lport={port}" in record.interpreted["saddr"]


def test_a_translated_address_of_a_virtual_machine() -> None:
    address = {"saddr_fam": "vsock", "cid": 3, "port": 1024}
    [event] = read(json.dumps({**LAUREL, "SOCKADDR": {"SADDR": address}}).encode() + b"\n")[0]
    record = event.first("SOCKADDR")
    assert record is not None and record.get("saddr") == "2800000000040000" + "03000000"


def test_names_with_dots_are_objects_also_when_some_are_both() -> None:
    """Elasticsearch's flattened fields. A name that is a text and an object is the first that the line has."""
    flat = {"host": {"os": "linux"}, "host.name": "web", "agent": "x", "agent.name": "other", "event.original": LINE}
    [event] = read(json.dumps(flat).encode() + b"\n")[0]
    assert (event.node, event.serial) == ("web", 42)
    assert nested({"a.b": 1, "a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}
    assert nested({"a.b": {"c": 1}, "a.b.d": 2, "x.y": 1, "x.y.z": 2}) == {"a": {"b": {"c": 1, "d": 2}}, "x": {"y": 1}}


@pytest.mark.parametrize("identity", ["\u0661", "²", "9" * 5000, "-1", "4294967296", ""])
def test_a_journal_entry_without_a_serial_is_no_record(identity: str) -> None:
    entry = "".join(f"{name}={value}\n" for name, value in {**JOURNAL, "_AUDIT_ID": identity}.items())
    assert read(f"__CURSOR=x\n{entry}\n".encode())[0] == []


@pytest.mark.parametrize("end", ["\n\n", "\n", ""])
def test_the_record_of_a_journal_entry_is_counted(end: str) -> None:
    entry = "\n".join(f"{name}={value}" for name, value in JOURNAL.items())
    found, parser = read(f"__CURSOR=x\n{entry}\n\n__CURSOR=y\n{entry}{end}".encode())
    counts = parser.counts
    assert counts.records == sum(len(event.records) for event in found) == 2
    assert counts.lines == counts.records + counts.corrupt + counts.blank + counts.other


def test_an_endless_journal_entry_keeps_only_the_fields_of_a_record() -> None:
    parser = Parser()
    parser.feed(b"__CURSOR=x\n")
    for number in range(0, 50_000, 500):
        parser.feed(b"".join(b"FIELD_%d=x\n" % place for place in range(number, number + 500)))
    entry = parser._lines._translator._entry
    assert entry is not None and len(entry.fields) < 10
    for _ in range(30):
        parser.feed(b"FIELD=" + bytes(b"x" * 100_000) + b"\n")
    assert len(entry.raw) < 1000


@given(st.integers(1, 3000))
@settings(deadline=None, max_examples=40)
def test_the_offset_of_a_journal_entry_is_correct(size: int) -> None:
    """However the input is cut: an event's bytes stand at its offset, name it, and read again are the same event."""
    log = b"".join(
        b"type=SYSCALL msg=audit(1700000000.%03d:%d): syscall=2 items=1\n"
        b'type=PATH msg=audit(1700000000.%03d:%d): item=0 name="/x"\n' % (serial, serial, serial, serial)
        for serial in range(1, 20)
    )
    data = journal_of(log)
    parser = Parser()
    found = [event for start in range(0, len(data), size) for event in parser.feed(data[start : start + size])]
    found += parser.close()
    assert len(found) == 19 and parser.counts.corrupt == 0
    for event in found:
        assert data[event.offset :].startswith(event.raw)
        assert event.raw.count(b"_AUDIT_ID=%d\n" % event.serial) == 2
        (again,) = read(event.raw + b"\n")[0]
        assert [record.fields for record in again.records] == [record.fields for record in event.records]


def test_a_time_without_a_zone_is_utc_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps({**AUDITBEAT, "@timestamp": "2023-11-14T22:13:20.123"}).encode() + b"\n"
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        [event] = read(line)[0]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert event.ms == 1_700_000_000_123


def test_ausearch_interpreted_records_with_their_frame() -> None:
    text = (
        "----\n"
        "node=web type=PROCTITLE msg=audit(11/14/2023 22:13:20.123:42) : proctitle=cat /etc/shadow \n"
        "node=web type=PATH msg=audit(11/14/2023 22:13:20.123:42) : item=0 name=/etc/shadow inode=131 dev=fe:00 "
        "mode=file,640 ouid=root ogid=shadow rdev=00:00 nametype=NORMAL \n"
        "node=web type=SYSCALL msg=audit(11/14/2023 22:13:20.123:42) : arch=x86_64 syscall=openat success=no "
        "exit=EACCES(Permission denied) a0=AT_FDCWD items=1 ppid=1 pid=9 auid=alice uid=bob exe=/usr/bin/cat key=(null) \n"
    )
    found, parser = read(text.encode())
    [event] = found
    assert (event.node, event.ms, event.serial) == ("web", 1_700_000_000_123, 42)
    assert (parser.counts.records, parser.counts.other) == (3, 1)
    syscall = event.first("SYSCALL")
    assert syscall is not None and (syscall["syscall"], syscall["uid"], syscall["pid"]) == ("openat", "bob", "9")
    assert syscall.get("a1") is None, "what the format lost stays absent"


def test_text_of_ausearch_is_unchanged() -> None:
    head = "type={} msg=audit(11/14/2023 22:13:20.123:42) : "
    [event] = read(
        "".join(
            head.format(type) + body + " \n"
            for type, body in (
                ("PROCTITLE", "proctitle=python3 -c import os;print(1)"),
                ("PATH", "item=0 name=6749 inode=131 dev=fe:00 mode=file,644 nametype=NORMAL"),
                ("PATH", "item=1 name=my file.txt inode=132 dev=fe:00 mode=file,644 nametype=NORMAL"),
                ("CWD", "cwd=/srv/two words"),
                ("EXECVE", "argc=4 a0=python3 a1=-c a2=import os;print(1) a3=beef"),
                (
                    "SYSCALL",
                    "arch=x86_64 syscall=execve success=yes exit=0 pid=9 comm=cafe exe=/opt/my app/cafe key=(null)",
                ),
            )
        ).encode()
    )[0]
    assert event.argv == ["python3", "-c", "import os;print(1)", "beef"]
    assert [record["name"] for record in event.records if record.type == "PATH"] == ["6749", "my file.txt"]
    texts = {name: record[name] for record in event.records for name in ("cwd", "comm", "exe") if name in record.fields}
    assert texts == {"cwd": "/srv/two words", "comm": "cafe", "exe": "/opt/my app/cafe"}
    proctitle, syscall = event.first("PROCTITLE"), event.first("SYSCALL")
    assert proctitle is not None and proctitle["proctitle"] == "python3 -c import os;print(1)"
    assert syscall is not None and syscall["key"] == "(null)"


@pytest.mark.parametrize(
    "body", ["argc=0 a0=", "argc=999999999 a0=x", "argc=1 a0=x a1=y", "argc=2 a0=x a1_len=9 a1[0]=y"]
)
def test_unusual_arguments_of_ausearch_do_not_raise(body: str) -> None:
    [event] = read(f"type=EXECVE msg=audit(11/14/2023 22:13:20.123:42) : {body} \n".encode())[0]
    assert event.records[0].raw and event.argv is not None


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    entry = "".join(f"{name}={value}\n" for name, value in JOURNAL.items())
    for data in (RECORDS.splitlines()[0], json.dumps(LAUREL).encode(), f"__CURSOR=x\n{entry}\n".encode()):
        found, parser = read(b"\xef\xbb\xbf" + data)
        assert parser.counts.corrupt == 0 and found[0].node in (None, "web")


def test_zstd_and_streams() -> None:
    zstd = pytest.importorskip("compression.zstd" if __import__("sys").version_info >= (3, 14) else "backports.zstd")
    line = b"type=USER_CMD msg=audit(1700000000.123:42): pid=1\n"
    for data in (line, zstd.compress(line), zstd.compress(line) + zstd.compress(line.replace(b":42", b":43"))):
        assert b"".join(decompressed_chunks(io.BytesIO(data), "-")).startswith(line)
        assert next(iter(events(io.BytesIO(data)))).serial == 42


def test_a_folder_of_rotated_logs_is_one_log_oldest_first(tmp_path: Path) -> None:
    for place, name in enumerate(("audit.log.2", "audit.log.1", "audit.log")):
        (tmp_path / name).write_text(f"type=USER_CMD msg=audit(1700000000.123:{place}): pid=1\n")
    (tmp_path / "notes.txt").write_text("x")
    assert [Path(path).name for path in expand([str(tmp_path)])] == ["audit.log.2", "audit.log.1", "audit.log"]


def test_rotated_logs_given_in_any_order_are_read_oldest_first(tmp_path: Path) -> None:
    names = ["audit.log", "audit.log.1", "audit.log.10", "audit.log.2", "b.log", "a.log"]
    paths = [str(tmp_path / name) for name in names]
    for path in paths:
        Path(path).write_text("x")
    ordered = [Path(path).name for path in expand(paths)]
    assert ordered == ["audit.log.10", "audit.log.2", "audit.log.1", "audit.log", "b.log", "a.log"]


def test_an_empty_log_after_rotation_is_accepted(tmp_path: Path) -> None:
    for name, text in (("audit.log", ""), ("audit.log.1", "x")):
        (tmp_path / name).write_text(text)
    for path in (str(tmp_path), str(tmp_path / "audit*")):
        assert [Path(found).name for found in expand([path])] == ["audit.log.1"]
    (tmp_path / "audit.log.1").write_text("")
    assert len(expand([str(tmp_path)])) == 2


def test_rotated_logs_named_after_days_and_seconds(tmp_path: Path) -> None:
    names = ["audit.log-20231101-1698800000", "audit.log-2023-11-02", "audit.log-20231103.gz", "audit.log"]
    for name in names:
        (tmp_path / name).write_text("x")
    assert [Path(path).name for path in expand([str(tmp_path)])] == names


RECORDS = b"".join(b"type=USER_CMD msg=audit(1700000000.123:%d): pid=1\n" % serial for serial in range(2000))


def packed() -> bytes:
    """A tar archive of a log."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("audit.log")
        member.size = len(RECORDS)
        tar.addfile(member, io.BytesIO(RECORDS))
    return archive.getvalue()


@pytest.mark.parametrize("size", [1, 4096, 100_000])
@pytest.mark.parametrize("place", [20, 5_000, 5_013, 60_000])
def test_zeros_after_a_power_loss_are_a_corrupt_line(size: int, place: int) -> None:
    """A block that was never written, in the middle of a line."""
    data = RECORDS[:place] + bytes(size) + RECORDS[place:]
    check(data[: 1 << 17], "here")
    found, parser = read(data)
    assert parser.counts.corrupt == 1 and len(found) == 1999


@pytest.mark.parametrize("size", [1, 4096, 100_000])
def test_a_record_behind_zeros_is_read(size: int) -> None:
    """The block stands at the beginning of the file, or of a line."""
    for place in (0, RECORDS.index(b"\n", 5_000) + 1):
        data = RECORDS[:place] + bytes(size) + RECORDS[place:]
        check(data[: 1 << 17], "here")
        found, parser = read(data)
        assert parser.counts.corrupt == 0 and len(found) == 2000


@pytest.mark.parametrize(
    "sample",
    [
        *(b"", b"\x7fELF\0\0", bytes(5000), bytes(100) + b"\x01\x02 no log", RECORDS.decode().encode("utf-16")),
        *(b"text\0and text\n" * 20, b"\x7fELF\2\1\1" + bytes(range(200)) * 20 + b"\n" + RECORDS[:500], packed()),
    ],
    ids=["empty", "short", "zeros", "zeros-first", "utf-16", "words", "program", "tar"],
)
def test_a_file_that_is_no_log_is_a_format_error(sample: bytes) -> None:
    with pytest.raises(FormatError, match=r"^here"):
        check(sample, "here")


def test_the_command_reports_an_unknown_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"SyslogMessage": "type=login user=kim uid=0"}\n' * 3)
    assert main([str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == f"pyauparse: {path}: no audit record in a known format, in 3 lines\n"


@pytest.mark.parametrize(
    "name", ["host", "Host", "HOST", "node", "Node", "machine", "server", "instance", "logsource", "DeviceName"]
)
def test_a_column_of_a_table_names_the_host(name: str) -> None:
    rows = f"time,{name},message\n" + "".join(
        f'1,web0{number},"type=USER_CMD msg=audit(1700000000.123:{number}): pid=7 uid=0 auid=0 ses=1 res=success"\n'
        for number in (1, 2)
    )
    parser = Parser()
    events = parser.feed(rows.encode()) + parser.close()
    assert sorted(event.node or "" for event in events) == ["web01", "web02"]


def test_a_column_that_is_known_to_name_the_host_comes_before_others() -> None:
    row = 'hostname,node,message\nweb01,k8s7,"type=USER_CMD msg=audit(1700000000.123:1): pid=7 uid=0 auid=0 ses=1 res=success"\n'
    parser = Parser()
    events = parser.feed(row.encode()) + parser.close()
    assert [event.node for event in events] == ["web01"]
