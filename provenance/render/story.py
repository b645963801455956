"""The story of an incident on one screen: who came in from where, what they ran, touched and called, and what the log
cannot show. Every sentence is a finding of the trace; nothing is judged here."""

from __future__ import annotations

import posixpath
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from provenance.ingest.clock import ms_of, rfc3339
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind, format_id
from provenance.render.lines import ALERT, COMMAND, ENDPOINT, FILE, HEADING, QUIET, TIME, Line, Span
from provenance.render.touches import WRITES
from provenance.store.interface import Direction, Node
from provenance.text.escape import cut, visible, width
from provenance.text.labels import label, paths
from provenance.text.times import Zone
from provenance.trace.result import Entry, Step, Trace

_MARGIN = 11
_COLUMNS = 100
_STARTS = 3
_OTHERS = 1
_STEPS = 28
_FILES = 14
_CALLS = 8
_BESIDE = 5
"""Files of one folder that are told by name."""
_BLIND = 3
_HIDDEN = 4
_WRAPPED = 3

_INWARD = frozenset({FlowKind.ACCEPTED})
_TALK = frozenset({FlowKind.CONNECTED, FlowKind.SENT, FlowKind.RECEIVED})
_ACTS = WRITES | _TALK | {FlowKind.SPAWNED}


def story(traces: Sequence[Trace], zone: Zone, store: str | None = None) -> Iterator[Line]:
    """The story told by one trace, or by a backward trace and the forward trace from its way in, which then says what
    was touched and called: what came before the way in is no part of it.

    `store` is what the proposed command has to name; None when it is the default.
    """
    yield from _question(traces[0], zone)
    yield from _entries(traces[0], zone)
    passing = _passing(traces)
    steps = [step for trace in traces for step in trace.chain if step.node not in passing]
    who = {id: label(node) for trace in traces for id, node in (*trace.context.items(), *trace.slice.nodes.items())}
    yield from _steps(steps, who, len(_hosts(traces)) > 1, zone)
    yield from _section("Touched", _files(traces[-1:]), FILE, _FILES)
    yield from _section("Called", _calls(traces[-1:]), ENDPOINT, _CALLS)
    yield from _hidden(traces)
    if len(_hosts(traces)) > 1:
        yield from _section("Hosts", _hosts(traces), "", _CALLS)
    yield from _blind(traces, zone)
    for trace in traces:
        yield from _left_out(trace)
    yield _field("Next", Span(next_command(traces, store), COMMAND, uncut=True))


def next_command(traces: Sequence[Trace], store: str | None) -> str:
    """What a responder would type next, quoted for a shell: forward from the way in when only the way back is known,
    then the raw lines behind the way in, or behind what a forward trace ends with."""
    where = ["--store", store] if store else []
    trace = traces[0]
    nodes = {**trace.context, **trace.slice.nodes}
    if trace.entries:
        entry = trace.entries[0]
        gate = _gate(trace, entry)
        if len(traces) == 1 and trace.slice.direction is Direction.BACKWARD:
            since = rfc3339(ms_of(entry.moment))
            words = ["forward", *where, "--id", format_id(gate.kind, gate.id), "--since", since]
        else:
            words = ["evidence", *where, entry.edge or format_id(gate.kind, gate.id)]
    elif trace.chain:
        step = trace.chain[-1]
        words = ["evidence", *where, step.edge or format_id(nodes[step.node].kind, step.node)]
    else:
        start = trace.slice.start[0]
        words = ["show", *where, format_id(nodes[start].kind, start)]
    return shlex.join(["provenance", *words])


def _gate(trace: Trace, entry: Entry) -> Node:
    """The process that took what came from outside; the entry's own node when no edge names one."""
    nodes = {**trace.context, **trace.slice.nodes}
    for edge in trace.slice.edges:
        if edge.id == entry.edge and nodes[edge.target].kind is EntityKind.PROCESS:
            return nodes[edge.target]
    return nodes[entry.node]


def _named(node: Node) -> Line:
    if node.kind is not EntityKind.PROCESS:
        return (Span(label(node), ENDPOINT if node.kind is EntityKind.ENDPOINT else FILE),)
    who = node.attributes.get("user") or (f"uid {node.attributes['uid']}" if "uid" in node.attributes else "")
    about = ", ".join(part for part in (f"pid {node.attributes.get('pid', '?')}", visible(str(who))) if part)
    return Span(label(node), COMMAND), Span(f" ({about})", QUIET)


def _field(name: str, *spans: Span) -> Line:
    return (Span(name.ljust(_MARGIN), HEADING), *spans)


def _wrapped(name: str, text: str, style: str = "") -> Iterator[Line]:
    """A text over as many lines as it needs, up to _WRAPPED; the last one is cut."""
    lines = textwrap.wrap(text, _COLUMNS - _MARGIN, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines[:_WRAPPED]):
        more = " …" if number == _WRAPPED - 1 and len(lines) > _WRAPPED else ""
        yield _field("" if number else name, Span(line + more, style))


def _question(trace: Trace, zone: Zone) -> Iterator[Line]:
    slice_ = trace.slice
    way = "Back from" if slice_.direction is Direction.BACKWARD else "On from"
    for number, id in enumerate(slice_.start[:_STARTS]):
        node = slice_.nodes[id]
        at = "" if slice_.at is None else f", {zone.stamp(slice_.at)}"
        told = Span(f" on {visible(node.host)}{at}" if node.host else at)
        yield _field("" if number else way, *(Span(span.text, ALERT) for span in _named(node)), told)
        if slice_.direction is Direction.BACKWARD and slice_.bounds[id] < node.first:
            yield _field("", Span(f"it is first seen at {zone.stamp(node.first)}, after that time", ALERT))
    if len(slice_.start) > _STARTS:
        yield _field("", Span(f"and {len(slice_.start) - _STARTS} more", QUIET))


def _entries(trace: Trace, zone: Zone) -> Iterator[Line]:
    """The best way in, how often its peer came, and the best of the ways that others may have taken."""
    if not trace.entries:
        return
    nodes = {**trace.context, **trace.slice.nodes}
    best = trace.entries[0]
    source, gate = nodes[best.node], _gate(trace, best)
    yield _field("Way in", *_named(source), Span(f", {zone.stamp(best.moment)}"))
    if gate.id != source.id:
        yield _field("", Span("through "), *_named(gate), Span(f" on {visible(gate.host)}"))
    yield from _wrapped("", visible(best.reason), QUIET)
    same = [entry for entry in trace.entries[1:] if _peer(nodes[entry.node]) == _peer(source)]
    if same:
        first = min(entry.moment for entry in same)
        times = f"{len(same)} more {'times' if len(same) > 1 else 'time'}"
        yield _field("", Span(f"the same peer came {times}, first at {zone.stamp(first)}"))
    others = {_peer(nodes[entry.node]): entry for entry in reversed(trace.entries) if entry not in (best, *same)}
    for entry in sorted(others.values(), key=lambda entry: entry.rank)[:_OTHERS]:
        about = f": {visible(entry.reason)}"
        yield _field("", Span(f"or {entry.rank}. ", QUIET), *_named(nodes[entry.node]), Span(about, QUIET))


def _peer(node: Node) -> object:
    """What makes two arrivals those of one peer: its address whatever the port, or the entity itself."""
    return node.attributes.get("ip") or node.id


def _passing(traces: Sequence[Trace]) -> set[int]:
    """Images that only went on to run another program: they changed nothing, spoke with nobody and started nobody."""
    edges = [edge for trace in traces for edge in trace.slice.edges]
    acting = {edge.source for edge in edges if edge.kind in _ACTS} | {
        edge.target for edge in edges if edge.kind in _INWARD | _TALK
    }
    return {edge.source for edge in edges if edge.kind is FlowKind.EXECUTED} - acting


def _steps(steps: Iterable[Step], who: Mapping[int, str], hosts: bool, zone: Zone) -> Iterator[Line]:
    told = {(step.moment, step.host, step.text): step for step in steps}
    ordered = sorted(told.values(), key=lambda step: step.moment)
    day = ""
    for number, step in enumerate(ordered[:_STEPS]):
        if zone.day(step.moment) != day:
            day = zone.day(step.moment)
            yield _field("Then" if number == 0 else "", Span(day, TIME))
        where = f"{visible(step.host)} " if hosts else ""
        when = f"{zone.time(step.moment)}  "
        room = _COLUMNS - _MARGIN - width(when) - width(where)
        yield _field("", Span(when, TIME), Span(where, QUIET), Span(_told(step, who.get(step.node, ""), room)))
    if len(ordered) > _STEPS:
        yield _field("", Span(f"and {len(ordered) - _STEPS} more steps, all of them in --format json", QUIET))


def _told(step: Step, who: str, room: int) -> str:
    """The text of a step. A long command leaves room for what it did, which says more than its end."""
    did = step.text.removeprefix(who)
    if not who or did == step.text or width(visible(step.text)) <= room:
        return visible(step.text)
    return cut(visible(who), max(room - width(visible(did)), room // 2)) + visible(did)


def _section(name: str, items: Sequence[str], style: str, most: int) -> Iterator[Line]:
    """Names one after another, in at most as many lines as they need for `most` of them."""
    if not items:
        return
    more = f"and {len(items) - most} more" if len(items) > most else ""
    line = ""
    for item in [*items[:most], *([more] if more else [])]:
        if line and width(line) + width(item) + 2 > _COLUMNS - _MARGIN:
            yield _field(name, Span(line + ",", style))
            name, line = "", ""
        line = f"{line}, {item}" if line else item
    yield _field(name, Span(line, style))


def _files(traces: Sequence[Trace]) -> list[str]:
    """Names of the files that were written, renamed, ..., in order of time. Many of one folder are told as one;
    a folder is not told beside what is in it."""
    found: dict[str, str] = {}
    for trace in traces:
        for edge in sorted(trace.slice.edges, key=lambda edge: (edge.first, edge.id)):
            target = trace.slice.nodes[edge.target]
            if edge.kind in WRITES and target.kind is EntityKind.FILE and paths(target):
                found.setdefault(label(target), visible(posixpath.dirname(paths(target)[0])))
    folders = set(found.values())
    beside = Counter(folder for name, folder in found.items() if name not in folders)
    told = (
        name if beside[folder] <= _BESIDE else f"{beside[folder]} in {folder.rstrip('/')}/"
        for name, folder in found.items()
        if name not in folders
    )
    return list(dict.fromkeys(told))


def _calls(traces: Sequence[Trace]) -> list[str]:
    """Network peers that a process connected or sent to, in order of time."""
    found: dict[str, None] = {}
    for trace in traces:
        served = {edge.source for edge in trace.slice.edges if edge.kind in _INWARD}
        for edge in sorted(trace.slice.edges, key=lambda edge: (edge.first, edge.id)):
            for end in (edge.source, edge.target):
                node = trace.slice.nodes[end]
                if edge.kind in _TALK and "ip" in node.attributes and end not in served:
                    found.setdefault(label(node))
    return list(found)


def _hosts(traces: Sequence[Trace]) -> list[str]:
    return list(dict.fromkeys(visible(host.host) for trace in traces for host in trace.hosts))


def _hidden(traces: Sequence[Trace]) -> Iterator[Line]:
    found = {(decoded.text): (trace, decoded) for trace in reversed(traces) for decoded in reversed(trace.decoded)}
    shown = list(reversed(found.values()))
    for number, (trace, decoded) in enumerate(shown[:_HIDDEN]):
        node = {**trace.context, **trace.slice.nodes}[decoded.node]
        told = f"{visible(decoded.encoding)} in pid {node.attributes.get('pid', '?')}: {visible(decoded.text)}"
        yield from _wrapped("" if number else "Hidden", told)
    if len(shown) > _HIDDEN:
        yield _field("", Span(f"and {len(shown) - _HIDDEN} more", QUIET))


def _blind(traces: Sequence[Trace], zone: Zone) -> Iterator[Line]:
    blinds = list(dict.fromkeys(blind for trace in traces for blind in trace.blinds))
    for number, blind in enumerate(blinds[:_BLIND]):
        between = f"{zone.stamp(blind.first)} to {zone.stamp(blind.last)}"
        yield from _wrapped("" if number else "Blind", f"{visible(blind.host)}, {between}: {visible(blind.why)}")
    if len(blinds) > _BLIND:
        yield _field("", Span(f"and {len(blinds) - _BLIND} more blind intervals", QUIET))
    if not blinds:
        yield _field("Blind", Span("no known gap in the log crosses this", QUIET))


def _left_out(trace: Trace) -> Iterator[Line]:
    truncated = trace.slice.truncated
    if truncated is not None:
        told = (
            f"{visible(truncated.why)}; {truncated.left_out_edges} flows at {len(truncated.at)} entities not followed"
        )
        yield _field("Cut", Span(told, ALERT))
