"""The same fields picked out of whole events and of events put together from single lines."""

from __future__ import annotations

import gc

import pytest

from provenance.ingest.pyauparse import Columns, Event, Parser
from provenance.ingest.pyauparse.event import Layout

PATHS = Columns("PATH", "item", "name", "rdev", "nametype|objtype", text=("name",))


def opened(*names: str, node: str = "", nametype: str = "nametype", serial: int = 42) -> bytes:
    """openat by a PATH record a name, each as it is written in the log."""
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


def whole(data: bytes) -> Event:
    """The event, matched at once."""
    parser = Parser()
    [event] = parser.feed(data) + parser.close()
    assert event.layout is not None
    return event


def in_pieces(data: bytes) -> Event:
    """The event, read line by line."""
    parser = Parser()
    for line in data.splitlines(keepends=True):
        parser.feed(line)
    [event] = parser.close()
    assert event.layout is None
    return event


both = pytest.mark.parametrize("read", [whole, in_pieces])


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
def test_the_first_of_several_names_that_is_there(read: object) -> None:
    event = read(opened('"/x"', nametype="objtype"))  # type: ignore[operator]
    assert PATHS.all(event) == [("0", "/x", None, "NORMAL")]


@both
def test_what_is_not_asked_to_be_text_stays_as_it_is(read: object) -> None:
    event = read(opened("2F78"))  # type: ignore[operator]
    assert Columns("PATH", "name").all(event) == [("2F78",)]


@both
def test_no_record_of_the_type(read: object) -> None:
    event = read(opened('"/x"'))  # type: ignore[operator]
    assert Columns("EXECVE", "argc").first(event) is None
    assert Columns("EXECVE", "argc").all(event) == []


@both
def test_records_that_somebody_has_looked_at_give_the_same(read: object) -> None:
    event = read(opened('"/x"', "2F79"))  # type: ignore[operator]
    before = PATHS.all(event)
    assert [record["name"] for record in event.records if record.type == "PATH"] == ["/x", "/y"]
    assert PATHS.all(event) == before


def test_nothing_is_kept_of_a_parser_that_is_gone() -> None:
    def layouts() -> int:
        gc.collect()
        return sum(isinstance(thing, Layout) for thing in gc.get_objects())

    before = layouts()
    event = whole(opened('"/x"'))
    PATHS.all(event)
    assert layouts() == before + 1
    del event
    assert layouts() == before
