"""Files without facts: they are reported, and the exit code is 2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenance.cli.main import main

RECORD = (
    'type=SYSCALL msg=audit(1795166101.150:{}): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=2 uid=0 comm="a"'
)


def document(serial: int, **auditd: object) -> str:
    """A document as an unknown future version of auditbeat may write it."""
    return json.dumps(
        {"@timestamp": "2026-11-20T10:00:01.000Z", "host": {"name": "a"}, "auditd": {"sequence": serial, **auditd}}
    )


NOTHING = {
    "renamed fields": [document(number, call={"name": "execve", "process": number}) for number in range(9)],
    "a system call without a process": [
        document(number, message_type="syscall", data={"syscall": "execve"}) for number in range(9)
    ],
    "calls of an unknown architecture": [
        RECORD.format(number).replace("c000003e", "80000008").replace("syscall=59", "syscall=5057")
        for number in range(9)
    ],
    "unknown types": [f"type=AUOMS_EXECVE msg=audit(1652292621.986:{number}): pid=1" for number in range(9)],
    "parts of calls": [f'type=CWD msg=audit(1652292621.986:{number}): cwd="/"' for number in range(9)],
}


def ingest(tmp_path: Path, capsys: pytest.CaptureFixture[str], *files: Path, jobs: int = 1) -> tuple[int, str]:
    code = main(["ingest", "--store", str(tmp_path / "s.db"), "--jobs", str(jobs), *map(str, files)])
    captured = capsys.readouterr()
    return code, captured.err


@pytest.mark.parametrize("kind", NOTHING)
def test_a_file_of_which_every_event_gives_no_fact(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.log"
    path.write_text("\n".join(NOTHING[kind]) + "\n", "utf-8")
    code, error = ingest(tmp_path, capsys, path)
    assert code == 2
    assert f"{path}: 9 events, and no fact in any of them" in error and "docs/shippers.md" in error


def test_a_file_of_records_that_are_no_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.log"
    path.write_text("".join(f"node=a type=EOE msg=audit(1652292621.986:{number}): \n" for number in range(9)), "utf-8")
    code, error = ingest(tmp_path, capsys, path)
    assert code == 2 and f"{path}: 9 records, and no event" in error


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_other_files_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str], jobs: int) -> None:
    odd, good = tmp_path / "odd.log", tmp_path / "good.log"
    odd.write_text("\n".join(NOTHING["renamed fields"]) + "\n", "utf-8")
    good.write_text("".join(f"node=b {RECORD.format(number)}\n" for number in range(9)), "utf-8")
    code, error = ingest(tmp_path, capsys, odd, good, jobs=jobs)
    assert code == 2 and f"{odd}: 9 events" in error and str(good) not in error


@pytest.mark.parametrize(
    "lines",
    [
        [RECORD.format(1)],
        [RECORD.format(1), *(line.replace("1652292621.986", "1795166101.150") for line in NOTHING["parts of calls"])],
        [
            "type=USER_LOGIN msg=audit(1652292621.986:1): pid=7 uid=0 auid=1000 ses=3 msg='op=login id=1000 "
            'exe="/usr/sbin/sshd" hostname=? addr=198.51.100.7 terminal=ssh res=success\''
        ],
        [RECORD.format(1).replace("syscall=59", "syscall=59 items=2")],
        ["type=URINGOP msg=audit(1652292621.986:1): uring_op=0 success=yes exit=0 ppid=1 pid=2"],
    ],
    ids=["call", "call-and-parts", "login", "incomplete", "uring"],
)
def test_a_file_that_holds_little_is_no_error(
    lines: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "small.log"
    path.write_text("".join(f"node=a {line}\n" for line in lines), "utf-8")
    assert ingest(tmp_path, capsys, path)[0] == 0
    assert ingest(tmp_path, capsys, path)[0] == 0, "read again it holds nothing new, which is no error either"


DAEMON = "type=DAEMON_START msg=audit({}.986:1): op=start ver=3.0.9"
SERVICE = "type=SERVICE_START msg=audit({}.986:{}): pid=1 uid=0 msg='unit=x comm=\"systemd\" res=success'"
QUIET = [SERVICE.format(1795166200, 20), "type=BPF msg=audit(1795166201.986:21): prog-id=5 op=LOAD"]
NOTHING_TO_TRACE = "there is nothing to trace"


@pytest.mark.parametrize(
    "lines",
    [
        QUIET,
        QUIET[:1],
        QUIET[1:],
        [DAEMON.format(1652292621)],
        [NOTHING["parts of calls"][0]],
        [f"type=PROCTITLE msg=audit(1652292621.986:{number}): proctitle=2D" for number in range(2)],
    ],
    ids=["service-and-bpf", "service", "bpf", "daemon", "directory", "titles"],
)
def test_an_ingest_that_gives_nothing_to_trace_is_an_error_with_advice(
    lines: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "quiet.log"
    path.write_text("".join(f"node=a {line}\n" for line in lines), "utf-8")
    code, error = ingest(tmp_path, capsys, path)
    assert code == 2
    assert f"of a none is about what a process did, nor a login, so {NOTHING_TO_TRACE}" in error
    assert "auditctl -l" in error and "docs/shippers.md" in error


@pytest.mark.parametrize("of_unread_types", [False, True])
@pytest.mark.parametrize("later", [False, True])
def test_a_quiet_time_of_a_log_is_no_error(
    later: bool, of_unread_types: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is a file of a rotation, or what came since the ingest before."""
    busy, quiet = tmp_path / "audit.log.1", tmp_path / "audit.log"
    lines = QUIET[1:] if of_unread_types else QUIET
    busy.write_text("".join(f"node=a {RECORD.format(number)}\n" for number in range(9)), "utf-8")
    quiet.write_text("".join(f"node=a {line}\n" for line in lines), "utf-8")
    if later:
        assert ingest(tmp_path, capsys, busy)[0] == 0
    code, error = ingest(tmp_path, capsys, *([] if later else [busy]), quiet)
    assert code == 0 and NOTHING_TO_TRACE not in error


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_quiet_host_among_others_is_reported_and_no_error(
    jobs: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet, good = tmp_path / "quiet.log", tmp_path / "good.log"
    quiet.write_text("".join(f"node=a {line}\n" for line in QUIET), "utf-8")
    good.write_text("".join(f"node=b {RECORD.format(number)}\n" for number in range(9)), "utf-8")
    code, error = ingest(tmp_path, capsys, quiet, good, jobs=jobs)
    assert (
        code == 0 and f"of 2 events of a none is about what a process did, nor a login, so {NOTHING_TO_TRACE}" in error
    )


def test_a_journal_without_serials_is_an_error_with_advice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "journal.log"
    path.write_text("Nov 20 09:20:01 a audit[701]: SYSCALL arch=c000003e syscall=59 success=yes exit=0\n" * 3, "utf-8")
    code, error = ingest(tmp_path, capsys, path)
    assert code == 2 and "journalctl -o export" in error


def test_dates_that_can_be_read_two_ways_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "interpreted.log"
    body = "arch=x86_64 syscall=execve success=yes exit=0 ppid=1 pid=2 auid=kim uid=root comm=a exe=/a"
    path.write_text(f"type=SYSCALL msg=audit(11/12/2026 09:51:00.100:900) : {body} \n", "utf-8")
    code, error = ingest(tmp_path, capsys, path)
    assert code == 0 and "its dates, such as 11/12/2026, are ambiguous" in error and "--dates day-first" in error
    assert main(["ingest", "--store", str(tmp_path / "t.db"), "--dates", "day-first", str(path)]) == 0
    assert "ambiguous" not in capsys.readouterr().err
    assert main(["stats", "--store", str(tmp_path / "t.db")]) == 0
    assert "2026-12-11" in capsys.readouterr().out


def test_dates_that_contradict_each_other_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "interpreted.log"
    body = "arch=x86_64 syscall=execve success=yes exit=0 ppid=1 pid=2 auid=kim uid=root comm=a exe=/a"
    dates = ("11/13/2026 09:51:00.100:900", "14/11/2026 09:51:00.100:901")
    path.write_text("".join(f"type=SYSCALL msg=audit({date}) : {body} \n" for date in dates), "utf-8")
    code, error = ingest(tmp_path, capsys, path)
    assert code == 2 and "14/11/2026 09:51:00" in error


def test_a_corrupt_line_is_of_the_host_that_its_prefix_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "syslog.log"
    path.write_text(
        f'Nov 20 09:41:00 b audispd: 00.44/payload"\nNov 20 09:41:00 a audispd: {RECORD.format(1)}\n', "utf-8"
    )
    assert ingest(tmp_path, capsys, path)[0] == 0
    main(["stats", "--store", str(tmp_path / "s.db"), "--format", "json"])
    hosts = {host["host"]: host["tallies"] for host in json.loads(capsys.readouterr().out)["hosts"]}
    assert hosts["b"] == {"corrupt": 1} and "corrupt" not in hosts["a"]
