"""One log of many hosts, as a collector writes it: each event belongs to the node that its own lines name."""

from __future__ import annotations

from ingest.pyauparse import Parser


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


def test_what_one_host_taught_reads_the_others_under_their_own_names() -> None:
    names = [f"host{number}.example" for number in range(50)]
    data = b"".join(event(f"node={name} ", serial) for serial in range(1, 4) for name in names)
    parser = Parser("other")
    found = parser.feed(data) + parser.close()
    assert len(found) == 150 and parser.counts.incomplete == parser.counts.late == 0
    assert all(given.records[1]["cwd"] == f"/{given.node}" for given in found)
    for name in names:
        assert [given.serial for given in found if given.node == name] == [1, 2, 3]


def test_patterns_do_not_grow_with_the_hosts() -> None:
    parser = Parser()
    for number in range(200):
        parser.feed(event(f"node=host{number} ", 1))
    assert sum(len(known) for known in parser._patterns._known.values()) == 1


def test_lines_that_name_no_node_are_the_callers() -> None:
    parser = Parser("mine")
    found = parser.feed(event("", 1) + event("node=web ", 2) + event("", 3)) + parser.close()
    assert sorted((given.serial, given.node) for given in found) == [(1, "mine"), (2, "web"), (3, "mine")]


def test_lines_of_two_nodes_with_one_stamp_are_two_events() -> None:
    learned = b"".join(event("node=a ", serial) for serial in (1, 2))
    parser = Parser()
    found = parser.feed(learned + event("node=a ", 3, "node=b ", "node=a ")) + parser.close()
    types = {(given.node, given.serial): [record.type for record in given.records] for given in found}
    assert types["a", 3] == ["SYSCALL", "PROCTITLE"] and types["b", 3] == ["CWD"]
