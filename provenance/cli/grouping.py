"""Groups of processes by the program that they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provenance.ingest.identity import EntityKind
from provenance.render.lines import COMMAND, HEADING, TIME, Line, Span
from provenance.store.interface import Node
from provenance.text.escape import visible
from provenance.text.times import Zone, instant

GROUP_FORMAT = "provenance-find-groups/1"
_HOSTS = 3
"""The most hosts that a line of text names."""


@dataclass(slots=True)
class Group:
    """The processes of one program; `first` and `last` are the moments at which the first and the last of them began."""

    program: str
    first: int
    last: int
    count: int = 0
    hosts: set[str] = field(default_factory=set)


SORTS = ("time", "newest", "host", "label")
"""The orders that `provenance find --sort` knows."""
_ORDERS: Mapping[str | None, Callable[[Group], tuple[Any, ...]]] = {
    None: lambda group: (-group.count, group.program),
    "time": lambda group: (group.first, group.program),
    "newest": lambda group: (-group.last, group.program),
    "host": lambda group: (sorted(group.hosts), group.program),
    "label": lambda group: (group.program,),
}


def by_program(nodes: Iterable[Node], order: str | None = None) -> list[Group]:
    """The groups of the processes among the nodes in an order of `SORTS`; by default the largest first."""
    groups: dict[str, Group] = {}
    for node in nodes:
        if node.kind is not EntityKind.PROCESS:
            continue
        program = program_of(node)
        group = groups.setdefault(program, Group(program, node.first, node.first))
        group.count += 1
        group.first, group.last = min(group.first, node.first), max(group.last, node.first)
        group.hosts.add(node.host)
    return sorted(groups.values(), key=_ORDERS[order])


def program_of(node: Node) -> str:
    """The program of a process: its executable, else its name (comm), else the first word of its command line."""
    attributes = node.attributes
    known = attributes.get("exe") or attributes.get("comm") or str(attributes.get("command") or "").partition(" ")[0]
    return str(known or "unknown")


def group_json(group: Group) -> dict[str, Any]:
    """A group as JSON."""
    return {
        "program": group.program,
        "count": group.count,
        "hosts": sorted(group.hosts),
        "first": instant(group.first),
        "last": instant(group.last),
    }


def group_lines(groups: Iterable[Group], zone: Zone) -> Iterator[Line]:
    """A line for each group."""
    for group in groups:
        hosts = sorted(group.hosts)
        named = ", ".join(hosts[:_HOSTS]) + (f" and {len(hosts) - _HOSTS} more" if len(hosts) > _HOSTS else "")
        span = zone.stamp(group.first) + ("" if group.last == group.first else f" to {zone.stamp(group.last)}")
        yield (
            Span(f"{group.count:>7,}  ", HEADING),
            Span(visible(group.program), COMMAND, hang=True),
            Span(f"  {visible(named)}  "),
            Span(span, TIME),
        )
