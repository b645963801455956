"""Tables that a store of logs exports: each row's records are of the host that its cell names."""

from __future__ import annotations

import csv
import io

import pytest

from provenance.ingest.pyauparse import Parser

HOSTS = ("web1", "db2", "web1", "db2")
STAMP = "msg=audit(1795168100.{:03d}:{}):"


def records(number: int) -> list[str]:
    stamp = STAMP.format(number, 100 + number)
    return [
        f"type=SYSCALL {stamp} arch=c000003e syscall=59 success=yes exit=0 items=0 ppid=1 pid={number} uid=0 auid=0"
        f' comm="a;b" exe="/bin/a,b"\x1dARCH=x86_64 SYSCALL=execve AUID="root"',
        f"type=EXECVE {stamp} argc=2 a0=612062 a1=22",
        f"type=PROCTITLE {stamp} proctitle=61",
    ]


def table(head: list[str], rows: list[list[str]], separator: str = ",", end: str = "\n") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end)
    writer.writerows([head, *rows])
    return text.getvalue()


def by_event(head: list[str], row: str, separator: str = ",", end: str = "\n") -> str:
    """A table with an event in each row, `row` being its cells, with T for the text and H for the host."""
    rows = [
        [{"T": "\n".join(records(number)), "H": host}.get(cell, cell) for cell in row.split()]
        for number, host in enumerate(HOSTS)
    ]
    return table(head, rows, separator, end)


TABLES = {
    "splunk": by_event(["_raw", "_time", "host", "source"], "T 1795168100 H /var/log/audit/audit.log"),
    "splunk without times": by_event(["host", "_raw"], "H T"),
    "graylog": by_event(["timestamp", "source", "message"], "2026-11-20T09:48:20Z H T"),
    "kibana": by_event(["@timestamp", "_id", "host.name", "agent.name", "message"], "x y H - T"),
    "elastic agent": by_event(["@timestamp", "event.original", "message", "host.hostname"], "x T audit H"),
    "cloudwatch": by_event(["@timestamp", "@message", "@logStream"], "x T H"),
    "azure": by_event(["TimeGenerated [UTC]", "Computer", "Facility", "SyslogMessage"], "x H authpriv T"),
    "semicolons": by_event(["host", "message"], "H T", ";"),
    "tabs": by_event(["host", "_raw", "x"], "H T y", "\t"),
    "windows": by_event(["host", "_raw"], "H T", end="\r\n"),
    "a record a row": table(
        ["host", "_raw"], [[host, line] for number, host in enumerate(HOSTS) for line in records(number)]
    ),
    "newest first": table(["host", "_raw"], [[HOSTS[number], "\n".join(records(number))] for number in (3, 2, 1, 0)]),
    "with a mark": "\ufeff" + by_event(["_raw", "host"], "T H"),
    "two tables": table(["_raw", "host"], [["\n".join(records(n)), HOSTS[n]] for n in (0, 1)])
    + table(["host", "x", "_raw"], [[HOSTS[n], "x", "\n".join(records(n))] for n in (2, 3)]),
    "other programs": by_event(["_raw", "host"], "T H") + '"cron: ""job"" ended",web1\n,\n"sshd\nsays",web1\n',
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
def test_records_are_of_the_host_in_their_row(name: str, size: int) -> None:
    data = TABLES[name].encode()
    parser = Parser()
    events = [event for begin in range(0, len(data), size) for event in parser.feed(data[begin : begin + size])]
    events += parser.close()
    found = {(event.node, event.serial): event for event in events}
    assert sorted(found) == sorted((host, 100 + number) for number, host in enumerate(HOSTS))
    for event in found.values():
        assert event.types == ("SYSCALL", "EXECVE", "PROCTITLE") and event.complete
        call, execve, _ = event.records
        assert (call["exe"], call["comm"], call.enriched["AUID"]) == ("/bin/a,b", "a;b", "root")
        assert (execve["a0"], execve["a1"]) == ("a b", '"')
    counts = parser.counts
    assert counts.corrupt == 0
    assert counts.lines == counts.records + counts.blank + counts.other == data.count(b"\n")


def test_a_given_host_wins_over_the_cell_and_node_over_both() -> None:
    """As with every other collector's host (docs/shippers.md)."""
    one, other = records(1), [f"node=own {line}" for line in records(2)]
    log = table(["_raw", "host"], [["\n".join(one), "web1"], ["\n".join(other), "web1"]]).encode()
    for given, expected in ((None, {"web1", "own"}), ("given", {"given", "own"})):
        parser = Parser(given)
        assert {event.node for event in parser.feed(log) + parser.close()} == expected
    assert parser.overridden_hostnames == {"web1"}


def test_a_quote_that_nothing_closes_hides_no_other_row() -> None:
    rows = by_event(["_raw", "host"], "T H")
    log = f'{rows}"cron: no end,web1\n' + "".join(f"{line}\n" for number in (7, 8) for line in records(number))
    parser = Parser("x")
    events = parser.feed(log.encode()) + parser.close()
    assert {event.serial for event in events} >= {100, 101, 102, 103, 107, 108}
    counts = parser.counts
    assert counts.lines == counts.records + counts.blank + counts.other + counts.corrupt


@pytest.mark.parametrize(
    "head", ["message", "_raw,host", "a,b", "message,host,message", "the message, as it was", '"x']
)
def test_lines_that_look_like_a_head_change_no_log(head: str) -> None:
    log = f"{head}\n" + "".join(f"{line}\n" for number in range(4) for line in records(number))
    parser = Parser()
    events = parser.feed(log.encode()) + parser.close()
    assert [event.serial for event in events] == [100, 101, 102, 103]
    assert all(event.complete for event in events)


def test_a_damaged_record_in_a_row_is_corrupt() -> None:
    parser = Parser()
    log = by_event(["_raw", "host"], "T H") + '"type=SYSCALL msg=audit(17951",web1\n'
    assert len(parser.feed(log.encode()) + parser.close()) == 4
    assert parser.counts.corrupt == 1
