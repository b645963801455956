"""The rules of docs/audit-format.md; the number in the name of a test is that of the section."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path

import pytest

from provenance.ingest.pyauparse import Event, Parser, events
from provenance.ingest.pyauparse.compression import decompressed_chunks
from provenance.ingest.pyauparse.sources import oldest_first
from provenance.ingest.pyauparse.values.saddr import parse_saddr
from provenance.ingest.pyauparse.values.syscalls import syscall_name
from provenance.ingest.pyauparse.values.uring import operation

STAMP = "msg=audit(1700000000.123:42):"


def read(*lines: str | bytes, node: str | None = None) -> list[Event]:
    """The events of lines."""
    parser = Parser(node)
    data = b"".join(
        (line.encode("utf-8", "surrogateescape") if isinstance(line, str) else line) + b"\n" for line in lines
    )
    found = parser.feed(data) + parser.close()
    counts = parser.counts
    assert counts.lines == counts.records + counts.corrupt + counts.blank + counts.other
    assert counts.bytes == len(data)
    return found


def one(*lines: str | bytes) -> Event:
    """The only event of lines."""
    [event] = read(*lines)
    return event


def test_01_interpreted_fields_stand_behind_a_separator() -> None:
    line = f'type=SYSCALL {STAMP} arch=c000003e syscall=257 auid=0\x1dARCH=x86_64 SYSCALL=openat AUID="root"'
    record = one(line).records[0]
    assert record.fields == {"arch": "c000003e", "syscall": "257", "auid": "0"}
    assert dict(record.enriched) == {"ARCH": "x86_64", "SYSCALL": "openat", "AUID": "root"}


def test_01_a_lost_separator() -> None:
    record = one(f'type=PATH {STAMP} item=0 name="/x" inode=5 cap_frootid=0OUID="root" OGID="root"').records[0]
    assert record["cap_frootid"] == "0" and record.enriched["OUID"] == "root" and record.enriched["OGID"] == "root"


@pytest.mark.parametrize("interpretation", ["{ saddr_fam=local sockaddr len too short }", "unknown family(0)"])
def test_02_interpreted_values_hold_spaces(interpretation: str) -> None:
    record = one(f"type=SOCKADDR {STAMP} saddr=0100\x1dSADDR={interpretation}").records[0]
    assert record["saddr"] == "0100" and record.enriched["SADDR"] == interpretation


def test_03_what_is_hexadecimal_depends_on_the_field() -> None:
    execve = one(f'type=EXECVE {STAMP} argc=3 a0=top a1=2F746D70 a2="3005"').records[0]
    assert (execve["a0"], execve["a1"], execve["a2"]) == ("top", "/tmp", "3005")
    syscall = one(f"type=SYSCALL {STAMP} pid=3005 exe=2F746D702F61 key=(null)").records[0]
    assert (syscall["pid"], syscall["exe"], syscall["key"]) == ("3005", "/tmp/a", "(null)")
    assert syscall.value("exe") == "2F746D702F61"


def test_04_an_argument_in_chunks_over_several_records() -> None:
    event = one(
        f"type=EXECVE {STAMP} argc=2 a0=sh a1_len=12 a1[0]=6162",
        f"type=EXECVE {STAMP}  a1[1]=6364",
        f"type=EXECVE {STAMP}  a1[2]=6566",
    )
    assert event.argv == ["sh", "abcdef"] and event.argv_gaps == []


def test_04_a_missing_chunk_is_a_gap_and_order_does_not_matter() -> None:
    event = one(
        f"type=EXECVE {STAMP} argc=2 a0=sh a1_len=12",
        f"type=EXECVE {STAMP} a1[2]=6566",
        f"type=EXECVE {STAMP} a1[0]=6162",
    )
    assert event.argv == ["sh", "ab...ef"] and event.argv_gaps == [1]


def test_04_an_empty_argument_can_be_missing() -> None:
    assert one(f'type=EXECVE {STAMP} argc=3 a0="x" a2="z"').argv == ["x", "", "z"]


def test_05_the_title_can_be_forged_and_execve_is_the_truth() -> None:
    event = one(f'type=EXECVE {STAMP} argc=2 a0="nc" a1="-l"', f"type=PROCTITLE {STAMP} proctitle=6C73002D6C")
    assert event.argv == ["nc", "-l"] and event.records[1]["proctitle"] == "ls\0-l"


def test_06_events_interleave_come_out_of_order_and_daemons_count_apart() -> None:
    found = read(
        "type=SYSCALL msg=audit(1700000000.123:43): syscall=1 items=1",
        "type=SYSCALL msg=audit(1700000000.119:42): syscall=2 items=0",
        'type=PATH msg=audit(1700000000.123:43): item=0 name="/a"',
        "type=DAEMON_START msg=audit(1700000000.100:42): op=start",
    )
    assert {(event.ms % 1000, event.serial, event.daemon) for event in found} == {
        (123, 43, False), (119, 42, False), (100, 42, True)
    }  # fmt: skip
    assert [event.serial for event in found if not event.daemon] == [42, 43]
    assert all(event.complete for event in found)


def test_06_serials_begin_anew_at_boot() -> None:
    lines = [f"type=USER_CMD msg=audit(1700000000.000:{serial}): pid=1" for serial in (900_001, 900_002)]
    lines += [f"type=USER_CMD msg=audit(1700000100.000:{serial}): pid=1" for serial in (5, 6)]
    found = read(*lines)
    assert [event.serial for event in found] == [900_001, 900_002, 5, 6] and not any(event.late for event in found)


def test_07_records_that_stand_alone_can_share_an_event() -> None:
    event = one(
        f'type=AVC {STAMP} avc:  denied  {{ read }} for  pid=9 comm="x"',
        f"type=SYSCALL {STAMP} syscall=2 items=0",
        f"type=EOE {STAMP} ",
    )
    assert [record.type for record in event.records] == ["AVC", "SYSCALL"] and event.complete


def test_08_node_can_be_missing_on_some_lines() -> None:
    for named in (0, 1):
        lines = [f"type=SYSCALL {STAMP} syscall=2 items=1", f'type=PATH {STAMP} item=0 name="/a"']
        lines[named] = "node=web " + lines[named]
        event = one(*lines)
        assert event.node == "web" and len(event.records) == 2


def test_09_avc_and_apparmor() -> None:
    avc = one(f'type=AVC {STAMP} avc:  denied  {{ read write }} for  pid=9 comm="a b" tclass=file').records[0]
    assert (avc["seresult"], avc["seperms"], avc["comm"], avc["tclass"]) == ("denied", "read,write", "a b", "file")
    line = f'type=AVC {STAMP} apparmor="STATUS" info="same as current profile, skipping" pid=9'
    assert one(line).records[0]["info"] == "same as current profile, skipping"


def test_10_inner_fields_never_win_over_outer_ones() -> None:
    line = f"type=USER_CMD {STAMP} pid=5 uid=1000 msg='cwd=\"/root\" cmd=6C73 uid=0 note=it's res=success'"
    record = one(line).records[0]
    assert record["uid"] == "1000" and record.inner["uid"] == "0"
    assert record["cmd"] == "ls" and record["res"] == "success"


def test_11_values_of_older_kernels() -> None:
    login = one(f"type=LOGIN {STAMP} login pid=5 uid=0 old auid=4294967295 new auid=500 old ses=1 new ses=2").records[0]
    assert (login["pid"], login["auid"], login["ses"]) == ("5", "500", "2")
    subject = one(f"type=USER_AUTH {STAMP} user pid=7 subj==/usr/sbin/ntpd (enforce) res=1").records[0]
    assert subject["pid"] == "7" and subject["subj"].startswith("=/usr/sbin/ntpd")
    assert one(f"type=AVC {STAMP} subj=/{{,usr/}}sbin/dhclient pid=1").records[0]["subj"] == "/{,usr/}sbin/dhclient"


def test_12_path_records_keep_their_order_and_names() -> None:
    event = one(
        f"type=SYSCALL {STAMP} syscall=82 items=2",
        f'type=PATH {STAMP} item=1 name="b" objtype=CREATE',
        f'type=PATH {STAMP} item=0 name="a" nametype=UNKNOWN',
    )
    assert [(record["item"], record["name"]) for record in event.all("PATH")] == [("1", "b"), ("0", "a")]
    assert event.all("PATH")[1].get("inode") is None


@pytest.mark.parametrize(
    ("arch", "number", "name"),
    [("c000003e", 59, "execve"), ("40000003", 11, "execve"), ("c00000b7", 221, "execve"), ("80000016", 11, "execve"),
     ("c00000f3", 221, "execve"), ("40000028", 11, "execve"), ("c0000015", 11, "execve")],
)  # fmt: skip
def test_13_the_architecture_chooses_the_table(arch: str, number: int, name: str) -> None:
    assert syscall_name(arch, number) == name


def test_13_and_the_byte_order_of_addresses() -> None:
    for text, arch in (("0200005000000000", "c000003e"), ("0002005000000000", "80000016")):
        address = parse_saddr(text, arch)
        assert address is not None and address.family == "inet"


def test_14_socket_addresses() -> None:
    unix = parse_saddr("01002F746D702F7300A0B1C2D3", "c000003e")
    assert unix is not None and unix.path == "/tmp/s"
    abstract = parse_saddr("0100002F746D702F73", "c000003e")
    assert abstract is not None and abstract.abstract
    mapped = parse_saddr("0A000050000000000000000000000000" + "0000FFFFC633642D" + "00000000", "c000003e")
    assert mapped is not None and (mapped.ip, mapped.port) == ("198.51.100.45", 80)
    assert parse_saddr("0100", "c000003e") is not None


def test_15_a_key_can_be_several() -> None:
    record = one(f"type=SYSCALL {STAMP} syscall=2 key=6B310163686F776E").records[0]
    assert record["key"] == "k1\x01chown"


def test_16_exit_is_a_number_or_a_name() -> None:
    record = one(f"type=SYSCALL {STAMP} arch=c000003e syscall=42 success=no exit=-115").records[0]
    assert record["exit"] == "-115" and record.interpreted["exit"].startswith("EINPROGRESS")
    assert one(f"type=SYSCALL {STAMP} exit=EACCES").records[0]["exit"] == "EACCES"


def test_17_corruption_is_counted_and_kept() -> None:
    parser = Parser()
    bad = [
        b"type=UNKNOWN[1329] msg=g",
        b"type=CKADDR msg=audit(16523210---): x",
        f"type=SYSCALL {STAMP} a=1type=PATH {STAMP} b=2".encode(),
        b"\xff\xfe\x00",
    ]
    found = parser.feed(b"\n".join([*bad, f"type=USER_CMD {STAMP} pid=1".encode()])) + parser.close()
    assert [event.serial for event in found] == [42]
    assert parser.counts.corrupt == len(bad) and [line.raw for line in parser.counts.corrupt_lines] == bad


@pytest.mark.parametrize(
    "line",
    [
        f"Nov 14 22:13:20 web audispd: node=web type=USER_CMD {STAMP} pid=1",
        f"<13>Nov 14 22:13:20 web audisp-syslog[77]: node=web type=USER_CMD {STAMP} pid=1",
        f"node=web type=USER_CMD {STAMP} pid=1",
        "node=web type=USER_CMD msg=audit(11/14/2023 22:13:20.123:42) : pid=1",
    ],
)
def test_18_wrappers_are_removed(line: str) -> None:
    event = one(line)
    assert (event.node, event.ms, event.serial, event.records[0]["pid"]) == ("web", 1_700_000_000_123, 42, "1")


def test_18_json_lines_of_laurel() -> None:
    value = {
        "ID": "1700000000.123:42",
        "NODE": "web",
        "SYSCALL": {
            "arch": "0xc000003e",
            "syscall": 59,
            "success": "yes",
            "exit": 0,
            "pid": 9,
            "ppid": 1,
            "comm": "a b",
        },
        "EXECVE": {"argc": 2, "ARGV": ["sh", "-c x"]},
        "PATH": [
            {"item": 0, "name": "/bin/sh", "inode": 7, "nametype": "NORMAL"},
            {"item": 1, "name": "/lib/ld", "inode": 8, "nametype": "NORMAL"},
        ],
    }
    event = one(json.dumps(value))
    assert (event.node, event.ms, event.serial) == ("web", 1_700_000_000_123, 42)
    assert event.argv == ["sh", "-c x"] and event.records[0]["comm"] == "a b"
    assert [record["inode"] for record in event.all("PATH")] == ["7", "8"]
    assert event.records[0].get("a0") is None, "what the format lost stays absent"


def test_18_json_lines_of_auditbeat() -> None:
    value = {
        "@timestamp": "2023-11-14T22:13:20.123Z",
        "host": {"name": "web"},
        "auditd": {
            "sequence": 42, "message_type": "syscall", "result": "success",
            "data": {"syscall": "execve", "arch": "x86_64", "exit": "0"},
            "paths": [{"item": "0", "name": "/bin/ls", "inode": "7"}],
        },
        "process": {"pid": 9, "parent": {"pid": 1}, "args": ["ls", "-l"], "working_directory": "/root", "executable": "/bin/ls"},
        "user": {"id": "0"},
    }  # fmt: skip
    event = one(json.dumps(value))
    assert (event.node, event.ms, event.serial, event.argv) == ("web", 1_700_000_000_123, 42, ["ls", "-l"])
    assert event.records[0]["pid"] == "9" and event.first("CWD")["cwd"] == "/root"  # type: ignore[index]


def test_18_the_journal() -> None:
    export = [
        "__CURSOR=x", "_TRANSPORT=audit", "_HOSTNAME=web", "_AUDIT_TYPE_NAME=USER_CMD", "_AUDIT_ID=42",
        "_SOURCE_REALTIME_TIMESTAMP=1700000000123000", "MESSAGE=USER_CMD pid=1", "",
    ]  # fmt: skip
    event = one(*export)
    assert (event.node, event.ms, event.serial, event.records[0]["pid"]) == ("web", 1_700_000_000_123, 42, "1")
    fields = dict(line.split("=", 1) for line in export[:-1])
    assert one(json.dumps(fields)).records[0].type == "USER_CMD"


def test_18_compressed_files(tmp_path: Path) -> None:
    data = f"type=USER_CMD {STAMP} pid=1\n".encode()
    for name, content in {"a.gz": gzip.compress(data), "a.xz": lzma.compress(data), "a.log": data}.items():
        (tmp_path / name).write_bytes(content)
        assert [event.serial for event in events(tmp_path / name)] == [42]
    with (tmp_path / "a.gz").open("rb") as stream:
        assert b"".join(decompressed_chunks(stream, "a.gz")) == data


def test_18_rotated_files_are_read_oldest_first() -> None:
    names = [
        "audit.log",
        "audit.log.1",
        "audit.log.10.gz",
        "audit.log.2.xz",
        "audit.log-20231101",
        "audit.log-20231114.gz",
    ]
    ordered = oldest_first(names)
    assert ordered[-1] == "audit.log"
    assert [name for name in ordered if "-" not in name] == [
        "audit.log.10.gz",
        "audit.log.2.xz",
        "audit.log.1",
        "audit.log",
    ]
    assert ordered.index("audit.log-20231101") < ordered.index("audit.log-20231114.gz")


def test_19_names_come_from_the_log_only() -> None:
    raw = one(f"type=SYSCALL {STAMP} arch=c000003e syscall=2 uid=0 auid=1000").records[0]
    assert raw.interpreted["uid"] in ("0", "root", "unknown(0)") and raw.interpreted["auid"] in (
        "1000",
        "unknown(1000)",
    )
    enriched = one(f'type=SYSCALL {STAMP} syscall=2 uid=0 auid=1000\x1dUID="toor" AUID="alice"').records[0]
    assert (enriched.interpreted["uid"], enriched.interpreted["auid"]) == ("toor", "alice")


def test_20_memory_is_bounded_and_late_and_incomplete_events_are_marked() -> None:
    parser = Parser()
    events: list[Event] = parser.feed(f"type=SYSCALL {STAMP} syscall=2 items=3\n".encode())
    most = 0
    for serial in range(43, 20_000):
        line = f"type=USER_CMD msg=audit({1_700_000_000 + serial // 50}.500:{serial}): pid=1\n"
        events += parser.feed(line.encode())
        most = max(most, len(parser.pending()))
    events += parser.feed(b"type=USER_CMD msg=audit(1700000001.000:44): pid=9\n") + parser.close()
    assert most < 200_000, "events wait for a bounded time"
    assert [event.serial for event in events if not event.complete] == [42]
    assert [event.serial for event in events if event.late] == [44]
    assert parser.counts.events == len(events) and parser.counts.late == parser.counts.incomplete == 1


def test_21_the_innermost_header_names_the_host() -> None:
    relayed = one(f"Nov 20 09:48:20 relay Nov 20 09:48:20 web01 audispd: type=USER_CMD {STAMP} pid=1")
    assert relayed.node == "web01"
    assert one(f"2026-11-20T09:38:21.000123456Z stdout F type=USER_CMD {STAMP} pid=1").node is None


def test_22_an_escaped_separator() -> None:
    record = one(f'Nov 20 09:48:20 web01 audispd: type=SYSCALL {STAMP} syscall=2 key="k"#035AUID="kim"#012').records[0]
    assert (record["key"], record.enriched["AUID"]) == ("k", "kim")
    assert one(f'type=PATH {STAMP} item=0 name="/tmp/#035A=x"').records[0]["name"] == "/tmp/#035A=x"


def test_23_several_records_on_a_line() -> None:
    joined = one(f'type=SYSCALL {STAMP} syscall=59 key="k" type=EXECVE {STAMP} argc=1 a0="ls" type=CWD {STAMP} cwd="/"')
    assert [record.type for record in joined.records] == ["SYSCALL", "EXECVE", "CWD"] and joined.argv == ["ls"]


def test_24_a_value_that_its_line_cuts() -> None:
    event = one(f'type=EXECVE {STAMP} argc=2 a0="curl" a1="http://198.51.1')
    assert (event.argv, event.argv_gaps, event.cut) == (["curl", "http://198.51.1..."], [1], True)
    event = one(f"type=PROCTITLE {STAMP} proctitle=2F62696E2F736")
    assert (event.cut, event.records[0]["proctitle"]) == (True, "/bin/s...")
    event = one(f'type=PATH {STAMP} item=0 name="/etc/shadow" inode=52')
    assert (event.cut, event.records[0]["inode"]) == (True, "52...")


def test_24_a_cut_after_an_even_number_of_digits() -> None:
    """`/home/al ice` is written in digits for its space, which the cut took away; what still has a reason may be complete."""
    whole = "2F686F6D652F616C20696365"
    for digits, expected in ((whole[:16], "/home/al..."), (whole[:18], "/home/al "), (whole, "/home/al ice")):
        event = one(f"type=CWD {STAMP} cwd={digits}")
        assert event.records[0]["cwd"] == expected
        event = one(f'type=EXECVE {STAMP} argc=2 a0="cat" a1={digits}')
        assert (event.argv, event.argv_gaps) == (["cat", expected], [1] if expected.endswith("...") else [])
        assert event.cut == expected.endswith("...")
    assert one(f"type=PROCTITLE {STAMP} proctitle=cafe").records[0]["proctitle"] == "\udcca\udcfe", "no kernel wrote it"
    assert one(f"type=PATH {STAMP} item=0 name=2F746D70 inode=5 rdev=00:00").records[0]["name"] == "/tmp", "not the end"


@pytest.mark.parametrize("limit", [1024, 2048, 4096, 8192])
@pytest.mark.parametrize(("beyond", "cut"), [(-2, False), (-1, True), (0, True), (1, False)])
def test_24_a_line_that_ends_where_collectors_cut(limit: int, beyond: int, cut: bool) -> None:
    size = limit + beyond
    heads = [f'type=EXECVE {STAMP} argc=3 a0="{program}" a1="-c" a2=6563686F20' for program in ("sh", "ash")]
    (head,) = [head for head in heads if (size - len(head)) % 2 == 0]
    event = one((head + "41" * limit)[:size])
    assert event.argv is not None
    assert (event.argv_gaps, event.argv[2].endswith("AA...")) == ([2] if cut else [], cut)


def test_25_the_order_of_day_and_month() -> None:
    line = "type=CWD msg=audit({}/11/2026 10:00:00.000:{}) : cwd=/ "
    assert [event.ms % 86_400_000 for event in read(line.format(12, 1), line.format(13, 2))] == [36_000_000] * 2
    first, second = read(line.format(12, 1), line.format(13, 2))
    assert second.ms - first.ms == 86_400_000


def test_26_percent_encoding_of_laurel() -> None:
    event = one(
        json.dumps(
            {
                "ID": "1700000000.123:42",
                "EXECVE": {"argc": 2, "ARGV": ["curl", "/a%2525?q=1%2b1"]},
                "SOCKADDR": [{"saddr": "%02%00%00P%c63dM%00%00%00%00%00%00%00%00"}],
            }
        )
    )
    assert event.argv == ["curl", "/a%25?q=1+1"]
    assert event.records[1]["saddr"] == "02000050C633644D0000000000000000"


@pytest.mark.parametrize(("number", "name"), [(1423, "LANDLOCK_ACCESS"), (1427, "BPF_LSM_ACCESS"), (1337, "OPENAT2")])
def test_27_types_that_a_daemon_did_not_know(number: int, name: str) -> None:
    assert one(f"type=UNKNOWN[{number}] {STAMP} pid=1").types == (name,)


def test_28_an_operation_of_io_uring() -> None:
    record = one(f"type=URINGOP {STAMP} uring_op=18 success=yes exit=5 ppid=1 pid=2").records[0]
    assert operation(record["uring_op"]) == "openat"
