"""Selected columns are equal for events read at once and for events read line by line."""

from __future__ import annotations

import gc

import pytest

from provenance.ingest.pyauparse import Columns, Event, Parser
from provenance.ingest.pyauparse.event import Layout
from provenance.ingest.pyauparse.patterns import _WORTH_A_PATTERN

PATHS = Columns("PATH", "item", "name", "rdev", "nametype|objtype", text=("name",))


def opened(*names: str, node: str = "", nametype: str = "nametype", serial: int = 42) -> bytes:
    """openat with a PATH record for each name, each name as it is written in the log."""
    stamp = f"msg=audit(1700000000.123:{serial}):"
    records = [
        f'type=SYSCALL {stamp} arch=c000003e syscall=257 success=yes exit=3 a0=0 items={len(names)} pid=7 comm="sh"',
        f'type=CWD {stamp} cwd="/"',
        *(
            f"type=PATH {stamp} item={item} name={name} inode=5 dev=fe:00 {nametype}=NORMAL"
            for item, name in enumerate(names)
        ),
        f"type=PROCTITLE {stamp} proctitle=7368",
    ]
    return "".join(f"{node}{record}\n" for record in records).encode()


def whole_event(data: bytes) -> Event:
    """The event, matched at once: its kind was met often enough to have a pattern."""
    parser = Parser()
    for serial in range(42 - _WORTH_A_PATTERN, 42):
        parser.feed(data.replace(b":42):", b":%d):" % serial))
    event = [*parser.feed(data), *parser.close()][-1]
    assert event.layout is not None
    return event


def line_by_line(data: bytes) -> Event:
    """The event, read line by line."""
    parser = Parser()
    for line in data.splitlines(keepends=True):
        parser.feed(line)
    [event] = parser.close()
    assert event.layout is None
    return event


both = pytest.mark.parametrize("read", [whole_event, line_by_line])


@both
def test_quoted_hexadecimal_and_absent_names(read: object) -> None:
    event = read(opened('"/a b"', "2F746D702F0A", "(null)", '"(null)"'))  # type: ignore[operator]
    assert PATHS.all(event) == [
        ("0", "/a b", None, "NORMAL"),
        ("1", "/tmp/\n", None, "NORMAL"),
        ("2", None, None, "NORMAL"),
        ("3", "(null)", None, "NORMAL"),
    ]
    assert PATHS.first(event) == ("0", "/a b", None, "NORMAL")


@both
def test_the_first_existing_name_of_several(read: object) -> None:
    event = read(opened('"/x"', nametype="objtype"))  # type: ignore[operator]
    assert PATHS.all(event) == [("0", "/x", None, "NORMAL")]


@both
def test_values_are_decoded_only_if_requested(read: object) -> None:
    event = read(opened("2F78"))  # type: ignore[operator]
    assert Columns("PATH", "name").all(event) == [("2F78",)]


@both
def test_no_record_of_the_type(read: object) -> None:
    event = read(opened('"/x"'))  # type: ignore[operator]
    assert Columns("EXECVE", "argc").first(event) is None
    assert Columns("EXECVE", "argc").all(event) == []


@both
def test_records_read_before_have_the_same_columns(read: object) -> None:
    event = read(opened('"/x"', "2F79"))  # type: ignore[operator]
    before = PATHS.all(event)
    assert [record["name"] for record in event.records if record.type == "PATH"] == ["/x", "/y"]
    assert PATHS.all(event) == before


def test_a_deleted_parser_leaves_no_cache() -> None:
    def layouts() -> int:
        gc.collect()
        return sum(isinstance(thing, Layout) for thing in gc.get_objects())

    before = layouts()
    event = whole_event(opened('"/x"'))
    PATHS.all(event)
    assert layouts() == before + 1
    del event
    assert layouts() == before
