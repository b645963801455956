"""The trace as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html), for a page of notes.

Mermaid draws at most 500 edges (its `maxEdges`), so many objects that one process touched in the same way are drawn as one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from provenance.ingest.facts import LINEAGE
from provenance.ingest.identity import EntityKind, format_id
from provenance.render.fold import summarise
from provenance.render.touches import Touch, loose, touches
from provenance.store.interface import Node
from provenance.text.escape import cut, visible
from provenance.text.labels import label
from provenance.trace.result import Trace

_SHAPES = {
    EntityKind.PROCESS: ('["', '"]'),
    EntityKind.FILE: ('[/"', '"/]'),
    EntityKind.ENDPOINT: ('(["', '"])'),
    EntityKind.PIPE: ('>"', '"]'),
    EntityKind.SESSION: ('{{"', '"}}'),
}
_COLUMNS = 60
_ENTITIES = str.maketrans({char: f"#{ord(char)};" for char in '"#&<>`\\;'})
"""Characters that would end a string or begin markup, and the `#NN;` that Mermaid reads as the character."""


def write_mermaid(trace: Trace, out: TextIO) -> None:
    """Writes the processes with their parents and touches, many touches of one sort as a summary, and each host as a
    subgraph."""
    slice_ = trace.slice
    out.write("flowchart LR\n")
    drawn: set[str] = set()
    hosts = sorted({node.host for node in slice_.nodes.values()})
    for number, host in enumerate(hosts):
        out.write(f'  subgraph host{number}["{_text(host)}"]\n')
        for node in _processes(slice_.nodes.values(), host):
            begin, end = _SHAPES[node.kind]
            text = f"{node.attributes.get('pid', '?')} {label(node)}"
            out.write(f"    {_id(node)}{begin}{_text(text)}{end}\n")
        out.write("  end\n")
    for process, found in touches(slice_).items():
        for number, touch in enumerate(found):
            _write_touch(out, slice_.nodes[process], touch, number, drawn)
    for edge in sorted(slice_.edges, key=lambda edge: (edge.first, edge.id)):
        if edge.kind in LINEAGE:
            source, target = slice_.nodes[edge.source], slice_.nodes[edge.target]
            arrow = "==>" if edge.kind.name == "EXECUTED" else "-->"
            out.write(f"  {_id(source)} {arrow} {_id(target)}\n")
    for edge in loose(slice_):
        source, target = slice_.nodes[edge.source], slice_.nodes[edge.target]
        for node in (source, target):
            _write_thing(out, node, _id(node), label(node), drawn)
        out.write(f'  {_id(source)} -->|"{edge.kind.name.lower()}"| {_id(target)}\n')


def _processes(nodes: Iterable[Node], host: str) -> list[Node]:
    return sorted(
        (node for node in nodes if node.kind is EntityKind.PROCESS and node.host == host),
        key=lambda node: (node.first, node.id),
    )


def _write_touch(out: TextIO, process: Node, touch: Touch, number: int, drawn: set[str]) -> None:
    many = len(touch.objects) > 1
    thing = touch.objects[0]
    name = f"{_id(process)}t{number}" if many else _id(thing)
    if thing.kind is not EntityKind.PROCESS:
        _write_thing(out, thing, name, summarise(touch.objects) if many else label(thing), drawn)
    arrow = f'-.->|"{_text(touch.verb)}"|'
    if touch.inward:
        out.write(f"  {name} {arrow} {_id(process)}\n")
    else:
        out.write(f"  {_id(process)} {arrow} {name}\n")


def _write_thing(out: TextIO, node: Node, name: str, text: str, drawn: set[str]) -> None:
    if name not in drawn:
        drawn.add(name)
        begin, end = _SHAPES[node.kind]
        out.write(f"  {name}{begin}{_text(text)}{end}\n")


def _id(node: Node) -> str:
    return format_id(node.kind, node.id)


def _text(text: str) -> str:
    return cut(visible(text), _COLUMNS).translate(_ENTITIES)
