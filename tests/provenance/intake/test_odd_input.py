"""Damaged and unusual input: problems are reported, and the readable rest is read."""

from __future__ import annotations

import lzma
import multiprocessing
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.ingest.clock import FIRST, LAST, ms_of
from provenance.ingest.pyauparse import AuditInputError
from provenance.intake.reading.progress import Progress
from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.store.interface import EventKey, Selector
from tests.conftest import ROOT
from tests.ingest.pyauparse.journal import journal_of, json_of
from tests.provenance.intake.logs import digest_of, ingest_into, recorded, tallies_of, write_log
from tests.provenance.recordings.recordings import run

LINES = 3_000


def test_corrupt_lines_are_counted_once_and_stored_as_notes(tmp_path: Path) -> None:
    lines = recorded(LINES).splitlines(keepends=True)
    lines[1000:1000] = [b"\xff\xfe what is this\n", b"type=SYSCALL msg=audit(\n"]
    log = write_log(tmp_path / "audit.log", b"".join(lines))
    store = tmp_path / "s.db"
    assert ingest_into(store, [log]).corrupt == 2
    ingest_into(store, [log])
    with closing(open_store(str(store))) as opened:
        notes = [note.text for note in opened.notes("web01", FIRST, LAST) if note.type == "CORRUPT"]
    assert len(notes) == 2 and all(str(log) in note for note in notes)
    assert any("\udcff\udcfe what is this" in note and "line 1001" in note for note in notes)
    assert tallies_of(store)["web01"]["corrupt"] == 2


def test_a_log_with_zeros_near_its_beginning(tmp_path: Path) -> None:
    """A machine lost power while it wrote: the file has a block there that was never written."""
    lines = recorded(LINES).splitlines(keepends=True)
    log = write_log(tmp_path / "audit.log", b"".join((*lines[:100], bytes(4096), b"\n", *lines[100:])))
    result = ingest_into(tmp_path / "s.db", [log])
    assert (result.corrupt, result.lines) == (1, LINES + 1)
    expected = ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "whole.log", b"".join(lines))])
    assert result.events == expected.events


@pytest.mark.parametrize("lines", ["keep", "reference"])
@pytest.mark.parametrize(
    ("form", "end", "serial"), [(journal_of, b"\n\n", b"_AUDIT_ID=%d\n"), (json_of, b"\n", b'"_AUDIT_ID":"%d"')]
)
def test_lines_of_a_journal_are_recognized(
    tmp_path: Path, form: Callable[[bytes], bytes], end: bytes, serial: bytes, lines: str
) -> None:
    """It is read twice, the first time cut within an event; an export has a record on several lines."""
    log = recorded(LINES)
    exported, cut = form(log), form(b"".join(log.splitlines(keepends=True)[:1001]))
    assert exported.startswith(cut)
    journal, store = write_log(tmp_path / "journal.log", cut), tmp_path / "s.db"
    assert run("ingest", "--store", store, "--lines", lines, journal)[0] == 0
    journal.write_bytes(exported)
    assert run("ingest", "--store", store, "--lines", lines, journal)[0] == 0
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "audit.log", log)])
    assert digest_of(store) == digest_of(tmp_path / "expected.db")
    with closing(open_store(str(store))) as opened:
        keys = [EventKey("web01", *map(int, found)) for found in {_stamp(line) for line in log.splitlines()}]
        events = list(opened.raw(keys))
    assert len(events) > 500
    for event in events:
        entries = (event.raw + b"\n").removesuffix(end).split(end)
        assert exported[event.offset :].startswith(entries[0] + end)
        assert all(entry + end in exported and serial % event.key.serial in entry + b"\n" for entry in entries)


def test_a_log_without_host_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = write_log(tmp_path / "audit.log", recorded(LINES).replace(b"node=web01 ", b""))
    ingest_into(tmp_path / "named.db", [log], host="web01")
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "node.log", recorded(LINES))])
    assert digest_of(tmp_path / "named.db") == digest_of(tmp_path / "expected.db")
    code, output = run("ingest", "--store", tmp_path / "unnamed.db", log)
    assert code == 0 and "unnamed" in output
    assert "name their host with --host NAME" in capsys.readouterr().err


def _stamp(line: bytes) -> tuple[str, str]:
    found = re.search(rb"audit\((\d+)\.(\d+):(\d+)\)", line)
    assert found is not None
    return (found[1] + found[2]).decode(), found[3].decode()


def _sent(log: bytes, header: bytes) -> list[bytes]:
    return log.replace(b"node=web01 ", header).splitlines(keepends=True)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_central_log_of_several_hosts_without_node(tmp_path: Path, jobs: int) -> None:
    """A collector writes the lines of two hosts in turn; only their syslog headers name the hosts."""
    log = recorded(LINES)
    one, two = (
        _sent(log, b"Nov 24 12:00:00 web01 audispd: "),
        _sent(log, b"<13>1 2026-11-24T12:00:00Z db01 audisp - - - "),
    )
    mixed = write_log(tmp_path / "messages.log", b"".join(line for pair in zip(one, two, strict=True) for line in pair))
    result = ingest_into(tmp_path / "s.db", [mixed], jobs=jobs)
    assert (result.hosts, result.known, result.unnamed, result.overridden_hostnames) == (
        {"web01", "db01"},
        0,
        False,
        set(),
    )
    with_node = [
        write_log(tmp_path / f"{name}.log", b"".join(_sent(log, b"node=" + name.encode() + b" ")))
        for name in result.hosts
    ]
    ingest_into(tmp_path / "expected.db", with_node)
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "expected.db")


def test_a_given_host_applies_to_lines_without_node(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine has another name before its own is set, and its log may contain a name that is not in use."""
    lines = _sent(recorded(LINES), b"Nov 24 12:00:00 localhost audispd: ")
    lines[LINES // 2 :] = [line.replace(b" localhost ", b" ip-10-0-0-7 ") for line in lines[LINES // 2 :]]
    log = write_log(tmp_path / "messages.log", b"".join(lines))
    assert run("ingest", "--store", tmp_path / "s.db", "--host", "web01", log)[0] == 0
    assert "each line gets the host in its syslog header: ip-10-0-0-7, localhost" in capsys.readouterr().err
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "node.log", recorded(LINES))])
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "expected.db")


def test_a_named_pipe(tmp_path: Path) -> None:
    """What a shell makes of `<(...)`: it can be read once, and has no place to go back to."""
    log, store = recorded(LINES), tmp_path / "piped.db"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(log,), daemon=True)
    writer.start()
    assert ingest_into(store, [pipe]).lines == LINES
    writer.join(10)
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "audit.log", log)])
    assert digest_of(store) == digest_of(tmp_path / "expected.db")


def test_two_parts_of_a_host_that_appears_late(tmp_path: Path) -> None:
    """The second host turns up only after the part of a file that is looked at before it is read."""
    own = recorded(LINES)
    hidden = b"".join(line.replace(b"node=web01 ", b"node=db01 ") for line in own.splitlines(keepends=True))
    other = hidden[: hidden.rindex(b"\n", 0, len(hidden) // 2) + 1]
    mixed = write_log(tmp_path / "mixed.log", own + hidden)
    other_log = write_log(tmp_path / "alone.log", other)
    result = ingest_into(tmp_path / "one.db", [mixed, other_log])
    assert result.hosts == {"web01", "db01"}
    try:
        ingest_into(tmp_path / "s.db", [mixed, other_log], jobs=3)
    except InputError as error:
        assert "use --jobs 1" in str(error)
        ingest_into(tmp_path / "s.db", [mixed, other_log])
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "one.db")


def test_a_late_host_waits_for_the_process_that_reads_it(tmp_path: Path) -> None:
    """The earlier file has its first part, the later and much shorter one hides the second behind another host's records."""
    own = recorded(LINES)
    long = recorded(8 * LINES).splitlines(keepends=True)
    hidden = b"".join(line.replace(b"node=web01 ", b"node=db01 ") for line in long)
    middle = hidden.rindex(b"\n", 0, len(hidden) * 9 // 10) + 1
    first = write_log(tmp_path / "1.log", hidden[:middle])
    second = write_log(tmp_path / "2.log", own + hidden[middle:])
    ingest_into(tmp_path / "one.db", [first, second])
    ingest_into(tmp_path / "s.db", [first, second], jobs=2)
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "one.db")


def test_a_worker_that_is_killed_is_an_error(tmp_path: Path) -> None:
    """As the kernel does when memory is short. The worker waits for a writer of the pipe that it reads."""
    pipe = tmp_path / "audit.pipe"
    os.mkfifo(pipe)
    others = multiprocessing.active_children()

    def kill() -> None:
        while not (workers := [one for one in multiprocessing.active_children() if one not in others]):
            time.sleep(0.01)
        workers[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(InputError, match=r"a worker process exited before it was done \(exit code -9\)"):
        ingest_into(tmp_path / "s.db", [pipe], jobs=2)
    killer.join()


def test_the_readable_part_of_a_truncated_archive_is_ingested(tmp_path: Path) -> None:
    packed = lzma.compress(recorded(30_000), preset=0)
    log = write_log(tmp_path / "audit.log.xz", packed[: len(packed) * 2 // 3])
    result = ingest_into(tmp_path / "s.db", [log])
    assert result.events > 500 and len(result.problems) == 1 and "audit.log.xz" in result.problems[0]


@pytest.mark.parametrize("content", [b"", b"\x7fELF\0\0\0", b"hello\nworld\n"], ids=["empty", "binary", "text"])
def test_a_file_that_is_no_log(tmp_path: Path, content: bytes) -> None:
    log = write_log(tmp_path / "audit.log", content)
    with pytest.raises((InputError, AuditInputError), match=r"audit\.log"):
        ingest_into(tmp_path / "s.db", [log])
    assert run("ingest", "--store", tmp_path / "s.db", log)[0] == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_counts_bytes_of_the_files(tmp_path: Path, jobs: int) -> None:
    lines = recorded(20_000).splitlines(keepends=True)
    logs = [
        write_log(tmp_path / f"{name}.log.xz", lzma.compress(b"".join(part), preset=0))
        for name, part in (("1", lines[:10_000]), ("2", lines[10_000:]))
    ]
    total = sum(log.stat().st_size for log in logs)
    reports: list[Progress] = []
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        ingest(store, list(map(str, logs)), jobs=jobs, report=reports.append)
    done = [progress.bytes_done for progress in reports]
    assert done == sorted(done) and max(done) == total
    assert {progress.bytes_total for progress in reports} == {total}


_MEASURED = r"""
import re, sys
from contextlib import closing
from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.store.interface import EventKey, Selector
with closing(open_store(sys.argv[1])) as store:
    ingest(store, sys.argv[2:])
print(re.search(r"VmHWM:\s*(\d+) kB", open("/proc/self/status").read())[1])
"""
"""Prints the peak of the process's own memory in KiB. getrusage()'s ru_maxrss does not do: execve() keeps the peak of the
memory that is replaced, so a program started by vfork() begins with that of the tests themselves."""


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """300,000 lines: the recording four times, each later than the one before."""
    base = recorded(75_000)
    copies = [base.replace(b"audit(17954", b"audit(%d" % (17954 + number)) for number in range(4)]
    log = write_log(tmp_path / "audit.log", b"".join(copies))
    output = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(tmp_path / "s.db"), str(log)], cwd=ROOT, capture_output=True, check=True
    )
    assert int(output.stdout) < 256 << 10, "KiB at the most"


def test_an_unreadable_file_does_not_stop_the_others(tmp_path: Path) -> None:
    readable = write_log(tmp_path / "good.log", recorded(LINES))
    ingest_into(tmp_path / "expected.db", [readable])
    empty = write_log(tmp_path / "empty.log", b"")
    other = write_log(tmp_path / "mail.log", b"Dear all,\n" * 100)
    for jobs in (1, 2):
        store = tmp_path / f"{jobs}.db"
        result = ingest_into(store, [empty, readable, other], jobs=jobs)
        first, second = sorted(result.problems)
        assert first == f"{empty}: the file is empty"
        assert second.startswith(f"{other}: it holds no audit record in a known format (docs/shippers.md lists them)")
        assert digest_of(store) == digest_of(tmp_path / "expected.db")
    assert run("ingest", "--store", tmp_path / "c.db", empty, readable)[0] == 2


@pytest.mark.parametrize("missing_bytes", [1, 40, 300])
def test_a_file_with_a_truncated_last_line(tmp_path: Path, missing_bytes: int) -> None:
    complete = recorded(LINES)
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "whole.log", complete)])
    half = complete.index(b"\n", len(complete) // 2) + 1
    cut = write_log(tmp_path / "cut.log", complete[: half - missing_bytes])
    result = ingest_into(tmp_path / "s.db", [cut, write_log(tmp_path / "again.log", complete)])
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "expected.db")
    assert result.corrupt == 0 and result.bytes == half - missing_bytes + len(complete)


def test_parts_split_anywhere_are_one_log(tmp_path: Path) -> None:
    complete = recorded(LINES)
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "whole.log", complete)])
    size = len(complete) // 7 + 1
    parts = [write_log(tmp_path / f"x{n:02}", complete[n * size : (n + 1) * size]) for n in range(7)]
    assert ingest_into(tmp_path / "s.db", parts).corrupt == 0
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "expected.db")


def test_events_that_wait_for_more_records_are_counted_once(tmp_path: Path) -> None:
    """Without PROCTITLE and EOE nothing ends an event but many later ones."""
    call = "type=SYSCALL msg=audit(%d.250:%d): arch=c000003e syscall=57 success=yes exit=%d ppid=1 pid=7 uid=0\n"
    lines = [(call % (1_795_000_000 + 60 * number, 500 + number, 20 + number)).encode() for number in range(4)]
    store, log = tmp_path / "s.db", write_log(tmp_path / "audit.log", b"".join(lines[:3]))
    first, second = (ingest_into(store, [log], host="web01") for _ in range(2))
    assert (first.events, first.known, second.events, second.known) == (3, 0, 0, 3)
    third = ingest_into(store, [write_log(log, b"".join(lines))], host="web01")
    assert (third.events, third.known) == (1, 3)
    with closing(open_store(str(store), create=False)) as opened:
        (host,) = opened.hosts()
    assert (ms_of(host.first), ms_of(host.last)) == (1_795_000_000_250, 1_795_000_180_250)


@pytest.mark.parametrize("content", [b"no log", b"no log\n]", b'[\n {\n  "a": 1\n }\n]', b'{"a": 1}\n{"b": 2}'])
def test_a_file_without_a_record_is_an_error_whatever_its_last_line_is(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no audit record in a known format"):
        ingest_into(tmp_path / "s.db", [write_log(tmp_path / "audit.log", content)])


@pytest.mark.parametrize("content", [b"type=SYSC", b"Nov 20 09:48:20 edge07 audit: ", b'{"ID": "1795166101.150:5'])
def test_the_beginning_of_a_log_is_no_error(content: bytes, tmp_path: Path) -> None:
    result = ingest_into(tmp_path / "s.db", [write_log(tmp_path / "audit.log", content)])
    assert result.problems == [] and result.cut == [str(tmp_path / "audit.log")]


def test_a_message_that_is_as_long_as_it_says_is_complete_without_a_newline(tmp_path: Path) -> None:
    """Octet counting (RFC 6587) needs no newlines."""
    record = (
        'type=SYSCALL msg=audit(1795166101.150:%d): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=%d comm="x"'
    )
    messages = [f"<14>1 2026-11-20T09:48:20Z edge07 audispd - - - {record % (pid, pid)}" for pid in (11, 12)]
    content = "".join(f"{len(message)} {message}" for message in messages).encode()
    for data, pids in ((content, {11, 12}), (content[:-1], set())):
        store = tmp_path / f"{len(data)}.db"
        result = ingest_into(store, [write_log(tmp_path / "audit.log", data)])
        assert bool(result.cut) is not bool(pids)
        with closing(open_store(str(store), create=False)) as opened:
            assert {pid for pid in (11, 12) if list(opened.find(Selector(pid=pid)))} == pids
