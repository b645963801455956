"""Files of collectors that took records apart, or with events of another source: refused with advice, never read in part."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenance.cli.main import main
from provenance.ingest.pyauparse import Parser

SYSCALL = 'type=SYSCALL msg=audit(1795166101.150:502): arch=c000003e syscall=59 pid=101 comm="curl" exe="/usr/bin/curl"'
PARTS = dict(part.split("=", 1) for part in SYSCALL.split())
TIME = "2026-11-20T09:15:01.150Z"
CONTENTS = {
    "filebeat auditd module": json.dumps(
        {
            "@timestamp": TIME,
            "event": {"module": "auditd", "dataset": "auditd.log", "action": "syscall"},
            "auditd": {"log": {"record_type": "SYSCALL", "sequence": 502, "a0": "55d0"}},
            "process": {"pid": 101, "executable": "/usr/bin/curl"},
        }
    ),
    "logstash kv": json.dumps({"@timestamp": TIME, "host": "web07", **PARTS}),
    "syslog-ng linux-audit-parser": json.dumps({"PROGRAM": "audispd", "HOST": "web07", "auditd": PARTS}),
    "nxlog im_linuxaudit": json.dumps(
        {"SourceModuleType": "im_linuxaudit", "type": "SYSCALL", "seq": 502, "pid": "101"}
    ),
    "elasticsearch fields": json.dumps(
        {"_index": "x", "fields": {"auditd.sequence": [502], "process.pid": [101], "@timestamp": [TIME]}}
    ),
    "fluent bit stdout": '[0] tail.0: [1795166101.150000000, {"log"=>"' + SYSCALL.replace('"', '\\"') + '"}]',
    "osquery process_events": json.dumps(
        {
            "name": "pack_ir_process_events",
            "hostIdentifier": "web07",
            "unixTime": 1795166101,
            "columns": {"pid": "101", "path": "/usr/bin/curl", "cmdline": "curl x", "syscall": "execve"},
            "action": "added",
        }
    ),
    "tetragon": json.dumps({"process_exec": {"process": {"pid": 101, "binary": "/usr/bin/curl"}}, "time": TIME}),
    "ausearch csv": "NODE,EVENT,DATE,TIME,SERIAL_NUM,EVENT_KIND\nweb07,SYSCALL,11/20/2026,09:15:01,502,audit-rule",
    "ausearch text": "At 09:15:01 11/20/2026 kim, acting as kim, successfully executed /usr/bin/curl",
    "aureport": "Executable Report\n====\n1. 11/20/2026 09:15:01 /usr/bin/curl pts0 ? 1000 502",
    "journalctl": 'Nov 20 09:15:01 web07 audit[101]: SYSCALL arch=c000003e syscall=59 pid=101 comm="curl"',
    "cef": "CEF:0|auditd|auditd|3.0|SYSCALL|execve|5|rt=1795166101150 spid=101",
    "objects over several lines": json.dumps({"message": SYSCALL}, indent=2),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_file_without_records_is_refused_with_advice(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = Parser()
    assert parser.feed(f"{CONTENTS[name]}\n".encode()) + parser.close() == []
    assert parser.counts.records == 0
    log, store = tmp_path / "input", tmp_path / "case.db"
    log.write_text(f"{CONTENTS[name]}\n", "utf-8")
    assert main(["ingest", "--store", str(store), str(log)]) == 2
    assert "it holds no audit record in a known format" in capsys.readouterr().err
    assert not store.exists()
