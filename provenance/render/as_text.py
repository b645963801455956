"""Text output for a terminal: the story on one screen, then the tree of processes in order of time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TextIO

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.render.fold import summarise
from provenance.render.lines import (
    ALERT,
    COMMAND,
    ENDPOINT,
    FILE,
    GUIDE,
    HEADING,
    PROCESS,
    QUIET,
    TIME,
    Line,
    Span,
    columns_of,
    write_lines,
    write_wrapped,
)
from provenance.render.story import story
from provenance.render.touches import Touch, loose
from provenance.render.tree import Branch, Row, by_host, forest, rows
from provenance.text.accounts import accounts_text
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.text.labels import label
from provenance.text.times import Zone
from provenance.trace.limits.unwritten import Unwritten
from provenance.trace.result import Slice, Trace, TraceEdge

_DEEPEST = 16
"""The most levels of indentation; deeper levels are all indented alike."""
_STYLES = {EntityKind.FILE: FILE, EntityKind.ENDPOINT: ENDPOINT, EntityKind.PROCESS: PROCESS}
_PEERS = 3


def write_text(
    trace: Trace,
    out: TextIO,
    zone: Zone | None = None,
    store: str | None = None,
    wide: bool = False,
    every: bool = False,
    file: Unwritten | None = None,
) -> None:
    """Writes the story and the tree, both wrapped to the terminal. In a file or pipe, the tree has one line for each of its items
    unless the environment variable COLUMNS is set. `wide` never wraps. `store` is the --store option of the proposed command,
    `every` shows every step. `file` is what the trace starts from if nothing wrote that."""
    when = zone or Zone()
    columns = None if wide else columns_of(out)
    write_wrapped(story([trace], when, store, columns, every, file=file), out, columns)
    write_lines(_tree(trace.slice, when), out, wide)


def _tree(slice_: Slice, zone: Zone) -> Iterator[Line]:
    counts = Counter(node.kind for node in slice_.nodes.values())
    totals = ", ".join(counted(counts[kind], kind.name.lower()) for kind in sorted(counts))
    yield ()
    yield (Span(f"The trace: {totals}, {counted(len(slice_.edges), 'flow')}", HEADING),)
    pipes, guessed = _pipe_ends(slice_), _guessed(slice_)
    for host, roots in by_host(forest(slice_)).items():
        yield ()
        day = ""
        for row in rows(roots):
            if zone.day(row.moment) != day:
                day = zone.day(row.moment)
                yield (Span(f"{visible(host)}, {day}", HEADING),)
            yield (
                Span(zone.time(row.moment) + "  ", TIME),
                Span(_guides(row), GUIDE),
                *_item(row, slice_, pipes, guessed),
            )
    yield from _loose(slice_, zone)


def _guides(row: Row) -> str:
    if not row.guides:
        return ""
    shown = row.guides[-_DEEPEST:]
    own = "├" if shown[-1] else "└"
    deeper = "⋯" if len(row.guides) > _DEEPEST else ""
    return deeper + "".join("│  " if more else "   " for more in shown[:-1]) + own + ("─ " if _is_branch(row) else " ")


def _is_branch(row: Row) -> bool:
    return isinstance(row.item, Branch)


def _item(
    row: Row, slice_: Slice, pipes: Mapping[int, tuple[set[int], set[int]]], guessed: Mapping[int, TraceEdge]
) -> Line:
    if isinstance(row.item, Branch):
        return _process(row.item, slice_, guessed)
    touch = row.item
    thing = touch.objects[0]
    several = len(touch.objects) > 1
    name = summarise(touch.objects) if several else _object(touch, slice_, pipes)
    return Span(f"{touch.verb} ", hang=True), Span(name, _STYLES.get(thing.kind, ""))


def _guessed(slice_: Slice) -> dict[int, TraceEdge]:
    """By process, the flow that says where it comes from when no record does."""
    spawned = [edge for edge in slice_.edges if edge.kind is FlowKind.SPAWNED]
    certain = {edge.target for edge in spawned if edge.confidence == 1}
    return {edge.target: edge for edge in spawned if edge.target not in certain}


def _process(branch: Branch, slice_: Slice, guessed: Mapping[int, TraceEdge]) -> Line:
    node = branch.images[-1]
    attributes = node.attributes
    start = any(image.id in slice_.start for image in branch.images)
    who = accounts_text(node)
    marks = [
        *(["exec"] if branch.replaced else []),
        *(["forked copy of its parent"] if attributes.get("forked") else []),
        *(["no records of its own"] if attributes.get("observed_only") else []),
        *(
            f"placed here {(edge.detail or {}).get('reason', 'by guess')}, confidence {edge.confidence:.2f}"
            for edge in map(guessed.get, (image.id for image in branch.images))
            if edge is not None
        ),
    ]
    return (
        Span(f"{attributes.get('pid', '?')} ", PROCESS, hang=True),
        Span(f"{who} " if who else "", QUIET),
        Span(f"({', '.join(marks)}) " if marks else "", QUIET),
        Span("" if label(node) == f"pid {attributes.get('pid')}" else label(node), ALERT if start else COMMAND),
        Span("  ◀ start" if start else "", ALERT),
    )


def _pipe_ends(slice_: Slice) -> dict[int, tuple[set[int], set[int]]]:
    """The processes that write into each pipe, and those that read from it."""
    ends: dict[int, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for edge in slice_.edges:
        if edge.kind is FlowKind.PIPED:
            ends[edge.target][0].add(edge.source)
            ends[edge.source][1].add(edge.target)
    return ends


def _object(touch: Touch, slice_: Slice, pipes: Mapping[int, tuple[set[int], set[int]]]) -> str:
    thing = touch.objects[0]
    if thing.kind is EntityKind.PROCESS:
        return f"{thing.attributes.get('pid', '?')} {label(thing)}"
    if thing.kind is not EntityKind.PIPE or thing.id not in pipes:
        return label(thing)
    writers, readers = pipes[thing.id]
    peers = sorted({slice_.nodes[id].attributes.get("pid", 0) for id in (readers if not touch.inward else writers)})
    known = ", ".join(str(pid) for pid in peers[:_PEERS]) + (", ..." if len(peers) > _PEERS else "")
    return f"{label(thing)} {'written' if touch.inward else 'read'} by {known}" if known else label(thing)


def _loose(slice_: Slice, zone: Zone) -> Iterator[Line]:
    edges = loose(slice_)
    if not edges:
        return
    yield ()
    yield (Span("Between hosts and sessions", HEADING),)
    for edge in edges:
        source, target = slice_.nodes[edge.source], slice_.nodes[edge.target]
        sure = f" (confidence {edge.confidence:.2f})" if edge.confidence < 1 else ""
        yield (
            Span(zone.time(edge.first) + "  ", TIME),
            Span(f"{visible(source.host)} {label(source)}", _STYLES.get(source.kind, ""), hang=True),
            Span(f" {edge.kind.name.lower().replace('_', ' ')} ", ""),
            Span(f"{visible(target.host)} {label(target)}{sure}", _STYLES.get(target.kind, "")),
        )
