"""A log of many hosts from a collector: each event belongs to the node of its own lines."""

from __future__ import annotations

from itertools import chain, zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest.pyauparse import Event, Parser


def event(node: str, serial: int, *nodes: str) -> bytes:
    """A call of three lines; `nodes` names others for the lines after the first."""
    stamp = f"msg=audit(1700000000.{serial:03}:{serial}):"
    lines = [
        f"type=SYSCALL {stamp} arch=c000003e syscall=2 success=yes exit=3 a0=1 items=0 pid={serial}",
        f'type=CWD {stamp} cwd="/{node.strip("= ").removeprefix("node=")}"',
        f"type=PROCTITLE {stamp} proctitle=6C73",
    ]
    names = [node, *(nodes or (node, node))]
    return "".join(name + line + "\n" for name, line in zip(names, lines, strict=True)).encode()


def test_patterns_of_one_host_keep_the_names_of_others() -> None:
    names = [f"host{number}.example" for number in range(50)]
    data = b"".join(event(f"node={name} ", serial) for serial in range(1, 4) for name in names)
    parser = Parser("other")
    found = parser.feed(data) + parser.close()
    assert len(found) == 150 and parser.counts.incomplete == parser.counts.late == 0
    assert all(event_read.records[1]["cwd"] == f"/{event_read.node}" for event_read in found)
    for name in names:
        assert [event_read.serial for event_read in found if event_read.node == name] == [1, 2, 3]


def test_patterns_do_not_grow_with_the_hosts() -> None:
    parser = Parser()
    for number in range(200):
        parser.feed(event(f"node=host{number} ", 1))
    assert sum(len(known) for known in parser._patterns._known.values()) == 1


def test_lines_without_a_node_get_the_given_one() -> None:
    parser = Parser("mine")
    found = parser.feed(event("", 1) + event("node=web ", 2) + event("", 3)) + parser.close()
    assert sorted((event_read.serial, event_read.node) for event_read in found) == [
        (1, "mine"),
        (2, "web"),
        (3, "mine"),
    ]


def test_lines_of_two_nodes_with_one_stamp_are_two_events() -> None:
    learned = b"".join(event("node=a ", serial) for serial in (1, 2))
    parser = Parser()
    found = parser.feed(learned + event("node=a ", 3, "node=b ", "node=a ")) + parser.close()
    types = {
        (event_read.node, event_read.serial): [record.type for record in event_read.records] for event_read in found
    }
    assert types["a", 3] == ["SYSCALL", "PROCTITLE"] and types["b", 3] == ["CWD"]


HEADERS = [
    "Nov 25 12:00:00 {} audispd: ",
    "Nov  5 12:00:00 {} audisp-syslog[77]: ",
    "<13>Nov 25 12:00:00.123 {} audispd: ",
    "Nov 25 2026 12:00:00 {} ",
    "2026-11-25T12:00:00.123456+00:00 {} audispd: ",
    "2026-11-25 12:00:00 {} audispd: ",
    "<13>1 2026-11-25T12:00:00Z {} audisp-syslog - - - ",
    '<13>1 2026-11-25T12:00:00.123+01:00 {} audisp-syslog 77 id [a b="c"] \ufeff',
    "Nov 25 12:00:00 {} kernel: [   12.3] audit: ",
]
SENDERS = ["web01", "db01.example.org", "198.51.100.7", "2001:db8::7"]


def read(data: bytes, node: str | None = None) -> list[Event]:
    parser = Parser(node)
    return parser.feed(data) + parser.close()


def lines(header: str, serial: int) -> list[bytes]:
    return event(header, serial, header, header).splitlines(keepends=True)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("sender", SENDERS)
def test_the_host_of_a_syslog_header_is_the_node_of_lines_without_one(header: str, sender: str) -> None:
    (found,) = read(event(header.format(sender), 1))
    assert found.node == sender and len(found.records) == 3
    (found,) = read(event(header.format(sender) + "node=other ", 1))
    assert found.node == "other"


@pytest.mark.parametrize(
    "header",
    [
        *("Nov 25 12:00:00 audispd: ", "<13>Nov 25 12:00:00 audisp-syslog[77]: ", "Nov 25 12:00:00 ", "audispd: "),
        *("<13>1 2026-11-25T12:00:00Z - audisp-syslog - - - ", "<13>1 - - audisp - - - ", "key=1 web01 audispd: "),
    ],
)
def test_a_syslog_header_that_names_no_host(header: str) -> None:
    assert [found.node for found in read(event(header, 1))] == [None]


@pytest.mark.parametrize("header", HEADERS)
def test_lines_of_two_senders_with_one_stamp_are_two_events(header: str) -> None:
    """Both count from the same serial at the same time; of each event one line names a node itself."""
    pairs = (zip(*(lines(header.format(sender), serial) for sender in ("a", "b")), strict=True) for serial in (1, 2, 3))
    data = b"".join(line for pair in chain(*pairs) for line in pair)
    found = read(data)
    assert sorted((event_read.node, event_read.serial, len(event_read.records)) for event_read in found) == [
        (node, serial, 3) for node in "ab" for serial in (1, 2, 3)
    ]
    with_node = data.replace(
        header.format("a").encode() + b"type=CWD", header.format("a").encode() + b"node=A type=CWD"
    )
    assert {(event_read.node, len(event_read.records)) for event_read in read(with_node)} == {("A", 3), ("b", 3)}


def test_a_given_node_replaces_the_senders() -> None:
    parser = Parser("mine")
    data = b"".join(event(HEADERS[0].format(sender), serial) for serial, sender in enumerate("ab", 1))
    found = parser.feed(data + event("node=web ", 3)) + parser.close()
    assert [(event_read.node, event_read.serial) for event_read in found] == [("mine", 1), ("mine", 2), ("web", 3)]
    assert parser.overridden_hostnames == {"a", "b"}


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.sampled_from([*HEADERS, "node={} "]), min_size=1, max_size=4), min_size=2, max_size=3),
    st.integers(1, 400),
)
def test_interleaved_lines_keep_their_hosts(ways: list[list[str]], size: int) -> None:
    """Each host has its own formats; the lines alternate, and the input is split anywhere."""
    sent = [
        [line for serial, way in enumerate(own, 1) for line in lines(way.format(f"host{number}"), serial)]
        for number, own in enumerate(ways)
    ]
    data = b"".join(chain(*zip_longest(*sent, fillvalue=b"")))
    parser = Parser()
    found = [
        event_read for start in range(0, len(data), size) for event_read in parser.feed(data[start : start + size])
    ]
    found += parser.close()
    assert sorted((str(event_read.node), event_read.serial, len(event_read.records)) for event_read in found) == sorted(
        (f"host{number}", serial, 3) for number, own in enumerate(ways) for serial in range(1, len(own) + 1)
    )
