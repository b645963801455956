"""`provenance show`: prints one entity with its names, times, flows, neighbours and other records."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provenance.cli.evidence import events_of
from provenance.cli.naming import check_id, entity_of, from_input
from provenance.cli.options import Argument, Command, Options, Parsed, output_options, store_options
from provenance.cli.stores import opened
from provenance.errors import NothingFound
from provenance.ingest.clock import LAST
from provenance.ingest.facts import Flow, FlowKind, Note
from provenance.ingest.identity import format_id
from provenance.render.as_json import dump, event_json, node_json, printed_ids
from provenance.render.lines import COMMAND, HEADING, QUIET, TIME, Line, Span, write_lines
from provenance.store.interface import Node, Store
from provenance.text.accounts import accounts_text
from provenance.text.escape import visible
from provenance.text.labels import dated_hashes, dated_paths, label
from provenance.text.times import Zone, instant

_KIND_WIDTH = max(len(kind.name) for kind in FlowKind)
_MOST = 40
"""The most flows in each direction, and the most other records, in text output."""
_OWN_LINES = ("command", "path", "argv", "end", "incarnation", "users")
_PROPERTIES = {
    "forked": "a copy of its parent that executed no program",
    "observed_only": "no records of its own: others name it",
    "listening": "a port of this host that a program listens on",
}


@dataclass(frozen=True, slots=True)
class _Neighbourhood:
    node: Node
    entering: Sequence[Flow]
    leaving: Sequence[Flow]
    others: Mapping[int, Node]
    notes: Sequence[Note]


def run(options: Options) -> int:
    """Prints the entities: as JSON, one is a document of its own, and several are a list."""
    with opened(options.store, credentials=options.credentials) as store:
        found = [_read(store, text) for text in from_input(options.ids)]
    if not found:
        raise NothingFound("standard input holds no id")
    if options.format == "json":
        one, *more = map(_document, found)
        dump({"format": "provenance-entities/1", "entities": [one, *more]} if more else one, sys.stdout)
        return 0
    for number, each in enumerate(found):
        if number:
            sys.stdout.write("\n")
        write_lines(_lines(each, options.timezone), sys.stdout, options.wide)
    return 0


def _read(store: Store, text: str) -> _Neighbourhood:
    _, id = entity_of(store, text)
    node = store.nodes([id]).get(id)
    if node is None:
        raise NothingFound(f"no entity {text} in the store")
    entering, leaving = list(store.flows(None, id)), list(store.flows(id, None))
    others = store.nodes({flow.source for flow in entering} | {flow.target for flow in leaving})
    notes = list(store.notes(node.host, node.first, LAST, [id]))
    return _Neighbourhood(node, entering, leaving, others, notes)


def _document(found: _Neighbourhood) -> dict[str, Any]:
    nodes = {**found.others, found.node.id: found.node}
    names = printed_ids(nodes.values())
    return {
        "format": "provenance-entity/1",
        "entity": node_json(found.node),
        "names": [
            {"path": name.path, "first": instant(name.first), "last": instant(name.last)}
            for name in dated_paths(found.node)
        ],
        "flows": [
            {
                "id": f"{flow.kind.name}-{names[flow.source]}-{names[flow.target]}",
                "kind": flow.kind.name,
                "source": names[flow.source],
                "target": names[flow.target],
                "first": instant(flow.first),
                "last": instant(flow.last),
                "count": flow.times,
                "evidence": [event_json(key) for key in events_of(flow, nodes)],
            }
            for flow in sorted((*found.entering, *found.leaving), key=lambda flow: (flow.first, flow.kind))
        ],
        "neighbours": [
            node_json(node) for node in sorted(found.others.values(), key=lambda node: (node.first, node.id))
        ],
        "notes": [
            {"time": instant(note.moment), "serial": note.serial, "type": note.type, "text": note.text}
            for note in found.notes
        ],
    }


def _lines(found: _Neighbourhood, zone: Zone) -> Iterator[Line]:
    node = found.node
    yield (
        Span(f"{node.kind.name.lower()} {format_id(node.kind, node.id)}", HEADING),
        Span(f" on {visible(node.host)}"),
    )
    yield (Span(label(node), COMMAND),)
    end = node.attributes.get("end")
    yield (Span(f"from {zone.stamp(node.first)}" + ("" if end is None else f" to {zone.stamp(end)}")),)
    known = ", ".join(_known(node))
    if known:
        yield (Span(visible(known), QUIET),)
    for verb, names in (("path", dated_paths(node)), ("hash", dated_hashes(node))):
        for name in names:
            yield (
                Span(f"  {verb} "),
                Span(f"{visible(name.path)} ", hang=True),
                Span(f"{zone.stamp(name.first)} to {zone.stamp(name.last)}", TIME),
            )
    yield from _flows("Flows from", found.entering, [flow.source for flow in found.entering], found.others, zone)
    yield from _flows("Flows to", found.leaving, [flow.target for flow in found.leaving], found.others, zone)
    if found.notes:
        yield (Span("Other records", HEADING),)
    for note in found.notes[:_MOST]:
        yield (
            Span(f"  {zone.stamp(note.moment)}  ", TIME),
            Span(f"{visible(note.type)}: {visible(note.text)}", hang=True),
        )
    yield from _more(len(found.notes))


def _known(node: Node) -> Iterator[str]:
    """What the records show of an entity, by the names of the log's fields; a property that it lacks is left out."""
    for name, value in node.attributes.items():
        if name == "accounts":
            yield f"accounts {accounts_text(node)}"
        elif isinstance(value, bool):
            if value:
                yield _PROPERTIES.get(name, name)
        elif name not in _OWN_LINES:
            yield f"{name} {value}"


def _flows(
    heading: str, flows: Sequence[Flow], ends: Sequence[int], others: Mapping[int, Node], zone: Zone
) -> Iterator[Line]:
    if flows:
        yield (Span(heading, HEADING),)
    for flow, end in list(zip(flows, ends, strict=True))[:_MOST]:
        times = f" x{flow.times}" if flow.times > 1 else ""
        yield (
            Span(f"  {zone.stamp(flow.first)}  ", TIME),
            Span(f"{flow.kind.name:<{_KIND_WIDTH}} "),
            Span(f"{format_id(others[end].kind, end)} ", QUIET),
            Span(f"{label(others[end])}{times}", hang=True),
        )
    yield from _more(len(flows))


def _more(count: int) -> Iterator[Line]:
    if count > _MOST:
        yield (Span(f"  and {count - _MOST} more; --format json lists all", QUIET),)


command = Command(
    "show",
    run,
    "Show all that the store holds about an entity: every name it had, its times, the flows into and out of it, and other records"
    " about it. `provenance evidence` prints the raw log lines behind them.",
    [
        Argument(
            "ids",
            "ID...",
            "id of the entity, as other commands print it; the beginning of an id is enough; `-` reads ids from standard input",
            type=Parsed("id", check_id),
            nargs=-1,
            required=True,
        ),
        *store_options(),
        *output_options(),
    ],
    ("provenance show p156e4d6df08fa4a5", "provenance find --command curl | provenance show -"),
)
