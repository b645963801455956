"""Events that another parser has read are put in order; what an event has already is left out."""

from __future__ import annotations

from provenance.ingest.pyauparse import Event, Parser

STAMP = b"msg=audit(1795490938.271:%d): "
SYSCALL = (
    b"type=SYSCALL "
    + STAMP
    + b'arch=c000003e syscall=2 success=yes exit=3 items=1 ppid=1 pid=7 comm="x" exe="/bin/x"\n'
)
PATH = b"type=PATH " + STAMP + b'item=0 name="/tmp/x" inode=5\n'
AVC = b"type=AVC " + STAMP + b'apparmor="DENIED" operation="open" name="%s" pid=7 comm="x"\n'
DAEMON = b"type=DAEMON_START " + STAMP + b"op=start ver=3.0.9 pid=1 res=success\n"


def read(*lines: bytes) -> list[Event]:
    parser = Parser()
    return parser.feed(b"".join(lines)) + parser.close()


def inserted(held: bytes, events: list[Event]) -> list[Event]:
    """The events of a parser that has read the lines `held`, after the events of another one were put among them."""
    parser = Parser()
    assert parser.feed(held) == []
    return parser.insert(events) + parser.close()


def test_a_record_that_the_event_has_already_is_left_out_and_another_one_is_added() -> None:
    """An event has one SYSCALL; of denials it may have several, which differ in their values."""
    one, other = AVC % (5, b"/a"), AVC % (5, b"/b")
    (event,) = inserted(SYSCALL % 5 + one, read(SYSCALL % 5, one, other, PATH % 5))
    assert [record.type for record in event.records] == ["SYSCALL", "AVC", "AVC", "PATH"]
    assert event.raw == (SYSCALL % 5 + one + other + PATH % 5).rstrip(b"\n")


def test_records_that_stand_on_one_line_are_added_with_that_line() -> None:
    """Some shippers write several records on a line."""
    line = (SYSCALL % 5).rstrip(b"\n") + b" " + PATH % 5
    (event,) = inserted(AVC % (5, b"/a"), read(line))
    assert [record.type for record in event.records] == ["AVC", "SYSCALL", "PATH"]


def test_events_of_the_daemon_are_not_put_in_order_by_their_serials() -> None:
    events = inserted(SYSCALL % 5, read(DAEMON % 9000))
    assert [(event.serial, event.daemon) for event in events] == [(5, False), (9000, True)]
